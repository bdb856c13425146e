//! What is refused, and why: every reason, and where several hold the first.

use events::money::Money;
use events::prices::{LONGEST_FRESH_MS, PriceCommand, PriceRefusal};
use events::request::Outcome;
use events::time::Timestamp;

use super::table::{check, offer, own, silent, with_tea, withdraw};
use crate::kit::testing::names::source;

#[test]
fn every_reason_is_given() {
    check(
        "
        1   offer a 900            => UNKNOWN_PRODUCT
        1   withdraw a             => UNKNOWN_PRODUCT
        2   own 1000 version=1     => 1000 by us of 0 until ever
        3   offer a 0              => INVALID_PRICE
        3   offer a -1             => INVALID_PRICE
        3   offer a 10001          => INVALID_PRICE
        3   offer a 9              => INVALID_PRICE
        3   offer a 900 seen=64    => OFFER_IN_FUTURE
        40  offer a 900 seen=10    => OFFER_STALE
        40  offer a 900 until=40   => OFFER_STALE
        40  offer a 900 fresh=0    => INVALID_OFFER
        40  offer a 900 seen=-1    => INVALID_OFFER
        40  offer a 900 until=-1   => INVALID_OFFER
        # Just within the bounds.
        40  offer a 10000 seen=100 => applied 2  1000 by us of 1 until ever
        40  offer b 10 seen=11     => applied 3  10 by b of 2 until 41
        # What was seen before the known one is not news, however fresh.
        42  offer c 900 seen=42    => applied 5  1000 by us of 1 until ever 900 by c of 2 until 72
        42  offer c 800 seen=41    => OFFER_STALE
        ",
    );
}

/// Numbers at the end of what can be written, where a sum or a product would not fit.
#[test]
fn the_largest_numbers_there_are_do_not_overflow() {
    let with = |price: i64, seen_at: i64, fresh_ms: u32, until: Option<i64>| match offer("a", price, 0, 1) {
        PriceCommand::Offer { request, sku, source, price, .. } => {
            let (seen_at, until) = (Timestamp::from_millis(seen_at), until.map(Timestamp::from_millis));
            PriceCommand::Offer { request, sku, source, price, seen_at, fresh_ms, until }
        }
        other => other,
    };
    let latest = Timestamp::LATEST.as_millis();
    let table = [
        (with(i64::MAX, 20_000, 1_000, None), PriceRefusal::InvalidPrice),
        (with(i64::MIN, 20_000, 1_000, None), PriceRefusal::InvalidPrice),
        (with(900, i64::MAX, 1_000, None), PriceRefusal::InvalidOffer),
        (with(900, i64::MIN, 1_000, None), PriceRefusal::InvalidOffer),
        (with(900, 20_000, u32::MAX, None), PriceRefusal::InvalidOffer),
        (with(900, 20_000, 1_000, Some(i64::MAX)), PriceRefusal::InvalidOffer),
        (with(900, 20_000, 1_000, Some(i64::MIN)), PriceRefusal::InvalidOffer),
        (with(900, latest, LONGEST_FRESH_MS, Some(latest)), PriceRefusal::OfferInFuture),
        (with(900, 0, LONGEST_FRESH_MS, Some(0)), PriceRefusal::OfferStale),
    ];
    for list_price in [1_000, Money::LARGEST.minor()] {
        let mut fixture = with_tea(list_price);
        for (command, reason) in &table {
            // Beside the dearest tea there is, 900 is absurd, too.
            let absurd = list_price > 100_000 && *reason != PriceRefusal::InvalidOffer;
            let reason = if absurd { PriceRefusal::InvalidPrice } else { *reason };
            let reply = fixture.send(command, 20_000).unwrap().reply.unwrap();
            assert_eq!(reply.outcome, Outcome::OfferRefused { reason }, "beside {list_price}: {command:?}");
        }
    }
}

/// Where several rules are corrupt, the one listed first is named.
#[test]
fn the_first_reason_in_the_list_is_named() {
    let (late, absurd) = (100_000, 50_000);
    let broken = |fresh: u32, price: i64, seen: i64| match offer("a", price, seen, 1) {
        PriceCommand::Offer { request, sku, source, price, seen_at, until, .. } => {
            PriceCommand::Offer { request, sku, source, price, seen_at, fresh_ms: fresh, until }
        }
        other => other,
    };
    let table = [
        (broken(LONGEST_FRESH_MS + 1, absurd, late), PriceRefusal::InvalidOffer),
        (broken(1, absurd, late), PriceRefusal::InvalidPrice),
        (broken(1, 900, late), PriceRefusal::OfferInFuture),
        (broken(1, 900, 1), PriceRefusal::OfferStale),
    ];
    let mut fixture = with_tea(1_000);
    for (command, reason) in table {
        let reply = fixture.send(&command, 20_000).unwrap().reply.unwrap();
        assert_eq!(reply.outcome, Outcome::OfferRefused { reason }, "{command:?}");
        assert_eq!(reply.at, Timestamp::from_millis(20_000));
    }
}

#[test]
fn a_refused_offer_leaves_the_known_one_alone() {
    let mut fixture = with_tea(1_000);
    fixture.send(&offer("a", 900, 10, 30), 10_000).unwrap();
    for refused in [offer("a", 0, 11, 30), offer("a", 800, 200, 30), offer("a", 800, 9, 30)] {
        assert_eq!(fixture.send(&refused, 11_000).unwrap().events, [], "{refused:?}");
    }
    let best = fixture.send(&withdraw("unknown"), 11_000).unwrap();
    assert_eq!(best.events, []);
    assert_eq!(fixture.ledger.stated().next().unwrap().by.source(), Some(&source("a")));
}

#[test]
fn an_offer_without_a_request_gets_no_reply() {
    let mut fixture = with_tea(1_000);
    // The fixture panics at a reply that no request asks for.
    assert_eq!(fixture.send(&silent(offer("a", 900, 1, 30)), 1_000).unwrap().events.len(), 1);
    assert_eq!(fixture.send(&silent(offer("a", 0, 1, 30)), 1_000).unwrap().events.len(), 0);
    assert_eq!(fixture.send(&silent(withdraw("a")), 1_000).unwrap().events.len(), 1);
    assert_eq!(fixture.ledger.refused().get(&PriceRefusal::InvalidPrice), Some(&1));
}

#[test]
fn an_own_price_that_no_product_can_have_is_a_dead_letter_and_changes_nothing() {
    for (name, impossible) in [
        ("less than nothing", own(2, -1, None)),
        ("a sale above the list price", own(2, 1_000, Some((1_001, 1, 2)))),
        ("a sale that ends before it begins", own(2, 1_000, Some((900, 2, 2)))),
    ] {
        let mut fixture = with_tea(1_000);
        assert_eq!(fixture.send(&impossible, 1_000).unwrap().events, [], "{name}");
        assert_eq!(fixture.driver.take_dead_letters().len(), 1, "{name}");
        assert_eq!(fixture.send(&offer("a", 900, 1, 30), 1_000).unwrap().events.len(), 1, "{name}");
    }
}

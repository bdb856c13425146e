//! Tests of the tests: sound prices hold every promise, and each defect breaks the promise it is a defect of.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

use events::ids::{OfferSource, Sku};
use events::money::Money;
use events::prices::{BestPrice, PriceCommand, Winner};
use events::time::Timestamp;

use super::{PriceCheck, Prices, Stated};
use crate::ledgers::prices::PriceRule;
use crate::verify::audit::Whole;
use crate::verify::verdict::Verdict;

const fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn sku() -> Sku {
    Sku::new("tea").unwrap()
}

fn source() -> OfferSource {
    OfferSource::new("shop").unwrap()
}

fn own() -> PriceCommand {
    PriceCommand::OwnPrice { sku: sku(), version: 1, at: at(10), list_price: Money::new(1_000), sale: None }
}

fn offer(seen: i64) -> PriceCommand {
    let (price, seen_at) = (Money::new(900), at(seen));
    PriceCommand::Offer { request: None, sku: sku(), source: source(), price, seen_at, fresh_ms: 100, until: None }
}

fn ours(version: u64, instant: i64) -> BestPrice {
    let price = Money::new(1_000);
    BestPrice {
        sku: sku(),
        version,
        at: at(instant),
        price,
        by: Winner::Own,
        own: price,
        list_price: price,
        on_sale: false,
        offers: 0,
        valid_until: None,
    }
}

fn theirs(version: u64, instant: i64) -> BestPrice {
    let by = Winner::Offer { source: source() };
    let valid_until = Some(at(instant + 100));
    BestPrice { price: Money::new(900), by, offers: 1, valid_until, ..ours(version, instant) }
}

/// A definition, an offer that wins, and the tick after which it is stale.
fn heard() -> Vec<(i64, Option<PriceCommand>)> {
    vec![(10, Some(own())), (50, Some(offer(50))), (150, None)]
}

fn judged(heard: Vec<(i64, Option<PriceCommand>)>, stated: Vec<BestPrice>, inbox: Whole) -> Verdict {
    let (mut prices, mut verdict) = (Prices::default(), Verdict::default());
    heard.into_iter().for_each(|(instant, command)| prices.heard(0, at(instant), command));
    stated.into_iter().for_each(|best| prices.stated(0, best));
    prices.judge(inbox, &mut verdict);
    verdict
}

fn broken(verdict: &Verdict) -> Vec<&'static str> {
    verdict.proof.iter().filter(|(_, holds)| !**holds).map(|(promise, _)| *promise).collect()
}

#[test]
fn sound_prices_hold_and_are_counted() {
    let sound = vec![ours(1, 10), theirs(2, 50), ours(3, 150)];
    let verdict = judged(heard(), sound, Whole::Yes);
    assert_eq!(broken(&verdict), [""; 0], "{:?}", verdict.counterexamples);
    assert_eq!((verdict.counts.prices, verdict.counts.offers, verdict.counts.offers_refused), (1, 1, 0));
}

#[test]
fn each_defect_breaks_its_promise() {
    type Row = (&'static str, fn(&mut Vec<BestPrice>), PriceRule);
    let table: [Row; 5] = [
        ("time runs back", |stated| stated[2].at = at(49), PriceRule::TimeNeverRunsBack),
        ("a number comes twice", |stated| stated[2].version = 2, PriceRule::VersionsRise),
        ("the dearer wins", |stated| stated[1].price = Money::new(1_100), PriceRule::LowestWins),
        ("what is stated is over", |stated| stated[1].valid_until = Some(at(50)), PriceRule::HoldsForAWhile),
        ("our price is made up", |stated| stated[2].list_price = Money::new(1_001), PriceRule::OwnPriceIsOurs),
    ];
    for (name, defect, rule) in table {
        let mut stated = vec![ours(1, 10), theirs(2, 50), ours(3, 150)];
        defect(&mut stated);
        let verdict = judged(heard(), stated, Whole::Yes);
        assert!(broken(&verdict).contains(&rule.name()), "{name}: {:?}", broken(&verdict));
    }
}

#[test]
fn a_price_that_nobody_took_back_is_found_once_time_has_gone_on() {
    let rule = [PriceRule::FollowsCommands.name()];
    let stale = || vec![ours(1, 10), theirs(2, 50)];
    // At the newest instant it may only be undecided yet.
    assert_eq!(broken(&judged(heard(), stale(), Whole::Yes)), [""; 0]);
    let mut later = heard();
    later.push((151, None));
    assert_eq!(broken(&judged(later.clone(), stale(), Whole::Yes)), rule);
    assert_eq!(broken(&judged(later, stale(), Whole::BeginningGone)), [""; 0], "who has not heard all cannot tell");
}

#[test]
fn an_offer_that_was_passed_over_is_found() {
    let mut heard = heard();
    heard.truncate(2);
    heard.push((60, None));
    assert_eq!(broken(&judged(heard, vec![ours(1, 10)], Whole::Yes)), [PriceRule::FollowsCommands.name()]);
}

#[test]
fn statements_that_came_while_the_inbox_was_read_are_no_difference() {
    // What came at 60 is in what was stated, not in what was heard.
    let heard = vec![(10, Some(own())), (50, Some(offer(50)))];
    let stated = vec![ours(1, 10), theirs(2, 50), theirs(3, 60)];
    assert_eq!(broken(&judged(heard, stated, Whole::Yes)), [""; 0]);
}

#[test]
fn a_copy_shows_what_was_stated_and_nothing_older_than_before_the_look() {
    let mut after = Stated::default();
    [ours(1, 10), theirs(2, 50), ours(3, 150)].into_iter().for_each(|best| after.take(best));
    let (since, invented) = (theirs(2, 50), BestPrice { price: Money::new(1), ..theirs(2, 50) });
    let seen = |found: Option<BestPrice>, now: i64| match after.judge(&since, found.as_ref(), at(now), 0) {
        PriceCheck::Agrees => "agrees",
        PriceCheck::Late(_) => "late",
        PriceCheck::Differs(_) => "differs",
    };
    let table = [
        (Some(theirs(2, 50)), 60, "agrees"),
        (Some(ours(3, 150)), 60, "agrees"),
        (Some(ours(1, 10)), 60, "late"),
        (Some(invented), 60, "differs"),
        (Some(ours(4, 160)), 60, "differs"),
        // Its time is over from 150 on, and only then may there be none.
        (None, 149, "late"),
        (None, 150, "agrees"),
    ];
    for (found, now, expected) in table {
        assert_eq!(seen(found.clone(), now), expected, "{found:?} at {now}");
    }
    assert!(matches!(Stated::default().judge(&since, None, at(0), 0), PriceCheck::Differs(_)));
}

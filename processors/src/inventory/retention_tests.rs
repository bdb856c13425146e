//! What time does to the stores: holds and requests are forgotten, each at its time.

use events::inventory::{StockAnswer, StockRefusal};

use super::fixture::{Fixture, commit, hold, release, sku, take_back};
use super::stores::{HOLDS, REQUEST_TABLE};
use crate::policy;

fn refused(reason: StockRefusal) -> Option<StockAnswer> {
    Some(StockAnswer::Refused { reason })
}

#[test]
fn an_ended_hold_is_kept_as_long_as_a_repeat_is_recognised() {
    let mut fixture = Fixture::with_tea(5);
    fixture.send(&hold("h1", "tea", 1, 50), 1_000).unwrap();
    fixture.send(&hold("h2", "tea", 1, 50), 1_000).unwrap();
    fixture.send(&release("x1", "tea", "h1"), 2_000).unwrap();
    fixture.tick(50_000);
    fixture.tick(policy::ENDED_HOLD_RETENTION_MS + 1_990);
    let again = fixture.send(&release("x1", "tea", "h1"), policy::ENDED_HOLD_RETENTION_MS + 1_999).unwrap();
    assert!(matches!(again.answer, Some(StockAnswer::Released { .. })), "{again:?}");
    assert_eq!(again.events, []);
    fixture.tick(policy::ENDED_HOLD_RETENTION_MS + 2_000);
    assert_eq!(fixture.driver.entries(0, HOLDS.id()).len(), 1, "the one that lapsed is younger");
    fixture.tick(policy::ENDED_HOLD_RETENTION_MS + 50_000);
    assert_eq!(fixture.driver.entries(0, HOLDS.id()).len(), 0);
    assert_eq!(fixture.driver.timers(0), 0, "nothing is waited for");
    let late = fixture.send(&release("x2", "tea", "h1"), policy::ENDED_HOLD_RETENTION_MS + 60_000).unwrap();
    assert_eq!(late.answer, refused(StockRefusal::NotHeld));
}

#[test]
fn a_committed_hold_is_kept_for_its_units_to_come_back() {
    let mut fixture = Fixture::with_tea(5);
    fixture.send(&hold("h1", "tea", 3, 50), 1_000).unwrap();
    fixture.send(&commit("c1", "tea", "h1"), 2_000).unwrap();
    assert_eq!(
        fixture.driver.timers(0),
        2,
        "the lapse is cancelled; the hold and the merchant's requests are to be forgotten"
    );
    let end = 2_000 + policy::COMMITTED_HOLD_RETENTION_MS;
    fixture.tick(end - 10);
    let back = fixture.send(&take_back("b1", "tea", "h1", 1), end - 1).unwrap();
    assert!(matches!(back.answer, Some(StockAnswer::Returned { returned: 1, .. })));
    fixture.tick(end);
    assert_eq!(fixture.driver.entries(0, HOLDS.id()).len(), 0);
    let late = fixture.send(&take_back("b2", "tea", "h1", 3), end + 10).unwrap();
    assert_eq!(late.answer, refused(StockRefusal::NotHeld));
    assert_eq!(fixture.ledger.level(&sku("tea")).unwrap().sold, 2);
}

#[test]
fn requests_for_unknown_products_are_forgotten_after_the_retry_window() {
    let mut fixture = Fixture::new();
    for number in 0..3 {
        fixture.send(&hold(&format!("h{number}"), "nothing", 1, 50), number * 1000).unwrap();
    }
    assert_eq!(fixture.driver.entries(0, REQUEST_TABLE.id()).len(), 7, "three requests, three places, one queue");
    fixture.tick(policy::RETRY_WINDOW_MS + 1_000);
    assert_eq!(fixture.driver.entries(0, REQUEST_TABLE.id()).len(), 3, "the last one is young");
    fixture.tick(policy::RETRY_WINDOW_MS + 2_000);
    assert_eq!(fixture.driver.entries(0, REQUEST_TABLE.id()).len(), 1);
    assert_eq!(fixture.driver.timers(0), 0, "nothing is waited for");
}

#[test]
fn a_hold_remembers_every_accepted_request_about_it() {
    let mut fixture = Fixture::with_tea(100);
    fixture.send(&hold("h1", "tea", 100, 50), 1_000).unwrap();
    fixture.send(&commit("c1", "tea", "h1"), 2_000).unwrap();
    for number in 1..=100 {
        fixture.send(&take_back(&format!("b{number}"), "tea", "h1", number), 3_000).unwrap();
    }
    for number in 101..200 {
        let effect = fixture.send(&take_back(&format!("b{number}"), "tea", "h1", number), 3_500).unwrap();
        assert_eq!(effect.answer, refused(StockRefusal::InvalidQuantity));
    }
    for number in 1..=100 {
        let again = fixture.send(&take_back(&format!("b{number}"), "tea", "h1", number), 4_000).unwrap();
        assert_eq!(again.events, [], "return {number} is remembered");
    }
    assert_eq!(fixture.ledger.level(&sku("tea")).unwrap().available, 100);
}

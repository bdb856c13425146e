//! What time does to the stores: holds and requests are forgotten, each at its time.

use events::inventory::{StockAnswer, StockRefusal};

use super::shelf::{HOLDS, STRANGERS};
use super::world::{World, commit, hold, release, sku, take_back};
use crate::policy;

fn refused(reason: StockRefusal) -> Option<StockAnswer> {
    Some(StockAnswer::Refused { reason })
}

#[test]
fn an_ended_hold_is_kept_as_long_as_a_repeat_is_recognised() {
    let mut world = World::with_tea(5);
    world.send(&hold("h1", "tea", 1, 50), 1_000).unwrap();
    world.send(&hold("h2", "tea", 1, 50), 1_000).unwrap();
    world.send(&release("x1", "tea", "h1"), 2_000).unwrap();
    world.tick(50_000);
    world.tick(policy::ENDED_HOLD_RETENTION_MS + 1_990);
    let again = world.send(&release("x1", "tea", "h1"), policy::ENDED_HOLD_RETENTION_MS + 1_999).unwrap();
    assert!(matches!(again.answer, Some(StockAnswer::Released { .. })), "{again:?}");
    assert_eq!(again.events, []);
    world.tick(policy::ENDED_HOLD_RETENTION_MS + 2_000);
    assert_eq!(world.driver.entries(0, HOLDS).len(), 1, "the one that lapsed is younger");
    world.tick(policy::ENDED_HOLD_RETENTION_MS + 50_000);
    assert_eq!(world.driver.entries(0, HOLDS).len(), 0);
    assert_eq!(world.driver.timers(0), 0, "nothing is waited for");
    let late = world.send(&release("x2", "tea", "h1"), policy::ENDED_HOLD_RETENTION_MS + 60_000).unwrap();
    assert_eq!(late.answer, refused(StockRefusal::NotHeld));
}

#[test]
fn a_committed_hold_is_kept_for_its_units_to_come_back() {
    let mut world = World::with_tea(5);
    world.send(&hold("h1", "tea", 3, 50), 1_000).unwrap();
    world.send(&commit("c1", "tea", "h1"), 2_000).unwrap();
    assert_eq!(world.driver.timers(0), 1, "the lapse is cancelled");
    let end = 2_000 + policy::COMMITTED_HOLD_RETENTION_MS;
    world.tick(end - 10);
    let back = world.send(&take_back("b1", "tea", "h1", 1), end - 1).unwrap();
    assert!(matches!(back.answer, Some(StockAnswer::Returned { returned: 1, .. })));
    world.tick(end);
    assert_eq!(world.driver.entries(0, HOLDS).len(), 0);
    let late = world.send(&take_back("b2", "tea", "h1", 3), end + 10).unwrap();
    assert_eq!(late.answer, refused(StockRefusal::NotHeld));
    assert_eq!(world.ledger.level(&sku("tea")).unwrap().sold, 2);
}

#[test]
fn requests_for_nothing_are_forgotten_after_the_retry_window() {
    let mut world = World::new();
    for number in 0..3 {
        world.send(&hold(&format!("h{number}"), "nothing", 1, 50), number * 1000).unwrap();
    }
    assert_eq!(world.driver.entries(0, STRANGERS).len(), 7, "three requests, three places, one queue");
    world.tick(policy::RETRY_WINDOW_MS + 1_000);
    assert_eq!(world.driver.entries(0, STRANGERS).len(), 3, "the last one is young");
    world.tick(policy::RETRY_WINDOW_MS + 2_000);
    assert_eq!(world.driver.entries(0, STRANGERS).len(), 1);
    assert_eq!(world.driver.timers(0), 0, "nothing is waited for");
}

#[test]
fn a_hold_remembers_the_newest_requests_about_it() {
    let mut world = World::with_tea(100);
    world.send(&hold("h1", "tea", 100, 50), 1_000).unwrap();
    world.send(&commit("c1", "tea", "h1"), 2_000).unwrap();
    for number in 1..=100 {
        world.send(&take_back(&format!("b{number}"), "tea", "h1", number), 3_000).unwrap();
    }
    for number in (101 - policy::REQUESTS_PER_HOLD as u32)..=100 {
        let again = world.send(&take_back(&format!("b{number}"), "tea", "h1", number), 4_000).unwrap();
        assert_eq!(again.events, [], "return {number} is remembered");
    }
    assert_eq!(world.ledger.level(&sku("tea")).unwrap().available, 100);
}

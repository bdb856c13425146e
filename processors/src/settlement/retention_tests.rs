//! What time does to the stores: posted lines are forgotten when their orders cannot be refunded any more, requests after the retry
//! window; sellers stay.

use events::settlement::Basis;

use super::shelf::{LINES, SELLERS, STRANGERS};
use super::world::{World, at, close_day, policy, posted, reached, refunded, tea};
use crate::policy as numbers;

const DAY: i64 = 24 * 60 * 60 * 1000;

#[test]
fn a_line_is_kept_until_it_cannot_be_refunded_any_more() {
    let noon = at("2026-11-23 12:00");
    let mut world = World::with(policy(), noon);
    for number in 0..1_200 {
        world.happen(&reached(&format!("order-{number}"), Basis::Confirmed, noon, vec![tea(1_000)]), noon);
    }
    let retained = numbers::SETTLED_LINES_RETENTION_MS;
    // One was touched later.
    let later = noon + 100 * DAY;
    world.happen(&reached("order-later", Basis::Confirmed, later, vec![tea(1_000)]), later);
    world.tick(noon + retained - DAY);
    assert_eq!(world.driver.entries(0, LINES).len(), 1_201);
    let events = world.happen(&refunded("order-1", 1, noon + retained, &[("tea", 1)]), noon + retained);
    assert_eq!(posted(&events).len(), 1);
    world.tick(noon + retained + numbers::LINES_SWEPT_EVERY_MS + DAY);
    assert_eq!(world.driver.entries(0, LINES).len(), 2, "the one that was refunded, and the later one");
    world.tick(noon + 3 * retained);
    assert_eq!(world.driver.entries(0, LINES).len(), 0);
    assert_eq!(world.driver.entries(0, SELLERS).len(), 1);
    assert_eq!(world.driver.timers(0), 0, "nothing is waited for");
    let late = noon + 3 * retained + DAY;
    assert_eq!(world.happen(&refunded("order-2", 1, late, &[("tea", 1)]), late), [], "nothing is taken back of it");
    // The search begins again with the next line.
    world.happen(&reached("order-new", Basis::Confirmed, late, vec![tea(1_000)]), late);
    world.tick(late + 2 * retained);
    assert_eq!(world.driver.entries(0, LINES).len(), 0);
}

#[test]
fn requests_about_nobody_are_forgotten_after_the_retry_window() {
    let noon = at("2026-11-23 12:00");
    let mut world = World::new();
    world.happen(&close_day("c1", "2026-11-23"), noon);
    assert_eq!(world.driver.entries(0, STRANGERS).len(), 3, "a request, its place, the queue");
    world.tick(noon + numbers::RETRY_WINDOW_MS);
    assert_eq!(world.driver.entries(0, STRANGERS).len(), 1);
    assert_eq!(world.driver.timers(0), 0);
}

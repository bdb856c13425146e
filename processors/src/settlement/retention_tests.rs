//! What time does to the stores: posted lines are forgotten when their orders cannot be refunded any more, requests after the retry
//! window; sellers stay.

use events::request::Outcome;
use events::settlement::{Basis, SellerPolicy, Vat};

use super::fixture::{Fixture, at, close_day, policy, posted, reached, refunded, set_policy, tea};
use super::stores::{LINES, REQUEST_TABLE, SELLERS};
use crate::policy as numbers;

const DAY: i64 = 24 * 60 * 60 * 1000;

#[test]
fn a_line_is_kept_until_it_cannot_be_refunded_any_more() {
    let noon = at("2026-11-23 12:00");
    let mut fixture = Fixture::with(policy(), noon);
    for number in 0..1_200 {
        fixture.happen(&reached(&format!("order-{number}"), Basis::Confirmed, noon, vec![tea(1_000)]), noon);
    }
    let retained = numbers::SETTLED_LINES_RETENTION_MS;
    // One was touched later.
    let later = noon + 100 * DAY;
    fixture.happen(&reached("order-later", Basis::Confirmed, later, vec![tea(1_000)]), later);
    fixture.tick(noon + retained - DAY);
    assert_eq!(fixture.driver.entries(0, LINES.id()).len(), 1_201);
    let events = fixture.happen(&refunded("order-1", 1, noon + retained, &[("tea", 1)]), noon + retained);
    assert_eq!(posted(&events).len(), 1);
    fixture.tick(noon + retained + numbers::LINES_CHECKED_EVERY_MS + DAY);
    assert_eq!(fixture.driver.entries(0, LINES.id()).len(), 2, "the one that was refunded, and the later one");
    fixture.tick(noon + 3 * retained);
    assert_eq!(fixture.driver.entries(0, LINES.id()).len(), 0);
    assert_eq!(fixture.driver.entries(0, SELLERS.id()).len(), 1);
    assert_eq!(fixture.driver.timers(0), 0, "nothing is waited for");
    let late = noon + 3 * retained + DAY;
    assert_eq!(fixture.happen(&refunded("order-2", 1, late, &[("tea", 1)]), late), [], "nothing is taken back of it");
    // The search begins again with the next line.
    fixture.happen(&reached("order-new", Basis::Confirmed, late, vec![tea(1_000)]), late);
    fixture.tick(late + 2 * retained);
    assert_eq!(fixture.driver.entries(0, LINES.id()).len(), 0);
}

#[test]
fn requests_about_unknown_sellers_are_forgotten_after_the_retry_window() {
    let noon = at("2026-11-23 12:00");
    let mut fixture = Fixture::new();
    fixture.happen(&close_day("c1", "2026-11-23"), noon);
    assert_eq!(fixture.driver.entries(0, REQUEST_TABLE.id()).len(), 3, "a request, its place, the queue");
    fixture.tick(noon + numbers::RETRY_WINDOW_MS);
    assert_eq!(fixture.driver.entries(0, REQUEST_TABLE.id()).len(), 1);
    assert_eq!(fixture.driver.timers(0), 0);
}

/// What operators did is not done again by a late repeat, whatever came between.
#[test]
fn an_accepted_policy_is_remembered_for_a_day() {
    let noon = at("2026-11-23 12:00");
    let mut fixture = Fixture::new();
    let later = SellerPolicy { vat: Vat::None, ..policy() };
    let first = fixture.send(&set_policy("first", policy()), noon).unwrap();
    for number in 0..200 {
        let refused = fixture.send(&close_day(&format!("close {number}"), "2026-12-24"), noon + number).unwrap();
        assert!(matches!(refused.reply.unwrap().outcome, Outcome::SettlementRefused { .. }));
    }
    fixture.send(&set_policy("second", later), noon + 300).unwrap();
    let again = fixture.send(&set_policy("first", policy()), noon + numbers::RETRY_WINDOW_MS - 1).unwrap();
    assert_eq!((again.events, again.reply), (vec![], first.reply), "the second policy stays");
}

//! Policies: which may be set, from when they hold, and that what was posted keeps its terms.

use events::ids::Category;
use events::settlement::{Basis, PayOut, RuleMatch, SellerPolicy, SettlementFact};

use super::fixture::{
    Fixture, at, close_day, day, in_zone, kinds, line, policy, posted, reached, refunded, refusal, rule, set_policy,
    sku, tea,
};

const CONFIRMED: Basis = Basis::Confirmed;

fn from(date: &str) -> SellerPolicy {
    SellerPolicy { effective_from: Some(day(date)), ..policy() }
}

fn rate(points: u16) -> SellerPolicy {
    SellerPolicy { commission: vec![rule(RuleMatch::Seller, points)], ..policy() }
}

#[test]
fn a_policy_that_is_none_or_begins_too_early_is_refused_with_the_reason() {
    let noon = at("2026-11-23 12:00");
    let twice = vec![rule(RuleMatch::Seller, 1), rule(RuleMatch::Seller, 2)];
    let table = [
        ("p1", rate(10_001), Some("INVALID_POLICY")),
        ("p2", SellerPolicy { commission: twice, ..policy() }, Some("INVALID_POLICY")),
        ("p3", in_zone("Mars/Olympus"), Some("INVALID_POLICY")),
        ("p4", from("2026-11-22"), Some("INVALID_POLICY")), // a past day
        ("p5", from("2026-11-23"), None),
        ("p6", from("2026-11-25"), None),
        ("p7", from("2026-11-24"), Some("INVALID_POLICY")), // before the newest one
        ("p8", policy(), Some("INVALID_POLICY")),           // at once is before the newest one, too
        ("p9", from("2026-11-25"), None),                   // in its place
        ("p10", SellerPolicy { effective_from: Some(day("2026-12-01")), ..in_zone("UTC") }, Some("TERMS_FROZEN")),
        ("p11", rate(10_001), Some("INVALID_POLICY")),
    ];
    let mut fixture = Fixture::new();
    for (name, policy, expected) in table {
        let effect = fixture.send(&set_policy(name, policy.clone()), noon).unwrap();
        assert_eq!(refusal(&effect), expected, "{name}");
        assert_eq!(effect.events.len(), 1, "{name}: one fact decides a request");
        let again = fixture.send(&set_policy(name, policy), noon).unwrap();
        assert_eq!((again.events, again.reply), (vec![], effect.reply), "{name}");
    }
    let other = fixture.send(&set_policy("p5", rate(7)), noon).unwrap();
    assert_eq!(refusal(&other), Some("IDEMPOTENCY_CONFLICT"));
}

#[test]
fn a_policy_holds_from_its_day_on_and_not_for_what_was_posted() {
    let noon = at("2026-11-23 12:00");
    let mut fixture = Fixture::with(rate(1_000), noon);
    let sell = |fixture: &mut Fixture, name: &str, date: &str| {
        let now = at(&format!("{date} 12:00"));
        let events = fixture.happen(&reached(name, CONFIRMED, now, vec![line("tea", 2, 10_000, 0, 0)]), now);
        let fact = events.into_iter().find_map(|event| match event.fact {
            SettlementFact::LinesPosted { policy, lines, .. } => Some((policy, lines[0].amounts.commission.minor())),
            _ => None,
        });
        fact.unwrap()
    };
    assert_eq!(sell(&mut fixture, "order-1", "2026-11-23"), (1, 1_000));
    let next = SellerPolicy { effective_from: Some(day("2026-11-25")), ..rate(500) };
    fixture.happen(&set_policy("p2", next), noon);
    assert_eq!(sell(&mut fixture, "order-2", "2026-11-24"), (1, 1_000));
    assert_eq!(sell(&mut fixture, "order-3", "2026-11-25"), (2, 500));
    // At once: from the day that goes on, for what is posted from now on.
    fixture.happen(&set_policy("p3", rate(2_000)), at("2026-11-25 13:00"));
    let now = at("2026-11-25 14:00");
    let events = fixture.happen(&reached("order-4", CONFIRMED, now, vec![tea(10_000)]), now);
    assert_eq!(posted(&events)[0].1.amounts.commission.minor(), 2_000);
    // A refund takes back what was posted, by the terms of then.
    let events = fixture.happen(&refunded("order-1", 1, now, &[("tea", 1)]), now);
    assert_eq!(posted(&events)[0].1.amounts.commission.minor(), -500);
    let policies: Vec<_> = events
        .iter()
        .filter_map(|event| match event.fact {
            SettlementFact::LinesPosted { policy, .. } => Some(policy),
            _ => None,
        })
        .collect();
    assert_eq!(policies, [1]);
}

#[test]
fn the_statement_is_paid_out_by_the_policy_of_its_day() {
    let noon = at("2026-11-23 12:00");
    let mut fixture = Fixture::with(policy(), noon);
    fixture.happen(&reached("order-1", CONFIRMED, noon, vec![tea(10_000)]), noon);
    let slower = SellerPolicy { pay_out: PayOut::Daily { business_days: 3 }, ..policy() };
    fixture.happen(&set_policy("slower", slower), noon);
    fixture.happen(&close_day("close", "2026-11-23"), noon);
    let (_, statement) = fixture.statements().remove(0);
    assert_eq!((statement.policy, statement.pay_outs[0].on), (2, day("2026-11-26")));
}

#[test]
fn what_was_posted_stays_posted_when_a_later_policy_waits_for_a_later_step() {
    let noon = at("2026-11-23 12:00");
    let basis = |basis| SellerPolicy { basis, ..policy() };
    let mut fixture = Fixture::with(basis(Basis::Paid), noon);
    let events = fixture.happen(&reached("order-1", Basis::Paid, noon, vec![tea(1_000)]), noon);
    assert_eq!(posted(&events).len(), 1);
    fixture.happen(&reached("order-2", Basis::Paid, noon, vec![tea(1_000)]), noon);
    fixture.happen(&set_policy("later", basis(Basis::Confirmed)), noon);
    assert_eq!(posted(&fixture.happen(&reached("order-1", CONFIRMED, noon, vec![tea(1_000)]), noon)).len(), 0);
    assert_eq!(posted(&fixture.happen(&refunded("order-1", 1, noon, &[("tea", 1)]), noon)).len(), 1);
    assert_eq!(posted(&fixture.happen(&reached("order-3", Basis::Paid, noon, vec![tea(1_000)]), noon)).len(), 0);
    fixture.happen(&set_policy("sooner", basis(Basis::Shipped)), noon);
    assert_eq!(posted(&fixture.happen(&reached("order-3", Basis::Shipped, noon, vec![tea(1_000)]), noon)).len(), 1);
}

#[test]
fn the_zone_is_frozen_by_the_first_line_too() {
    let noon = at("2026-11-23 12:00");
    let mut fixture = Fixture::new();
    // Looking at a step that does not count freezes nothing.
    fixture.happen(&reached("order-1", Basis::Paid, noon, vec![tea(1_000)]), noon);
    let effect = fixture.send(&set_policy("p1", in_zone("America/New_York")), noon).unwrap();
    assert_eq!((refusal(&effect), kinds(&effect.events)), (None, vec!["policy_set"]));
    let mut fixture = Fixture::new();
    fixture.happen(&reached("order-1", CONFIRMED, noon, vec![tea(1_000)]), noon);
    let effect = fixture.send(&set_policy("p1", in_zone("America/New_York")), noon).unwrap();
    assert_eq!(refusal(&effect), Some("TERMS_FROZEN"));
}

#[test]
fn too_many_policies_to_come_are_refused_and_old_ones_are_forgotten() {
    let noon = at("2026-11-23 12:00");
    let mut fixture = Fixture::with(policy(), noon);
    let mut set = 1;
    let refused = (1..).find_map(|number| {
        let effect = fixture.send(&set_policy(&format!("p{number}"), policy()), noon).unwrap();
        set += usize::from(refusal(&effect).is_none());
        refusal(&effect)
    });
    assert_eq!((refused, set), (Some("INVALID_POLICY"), crate::policy::POLICIES_PER_SELLER));
    fixture.happen(&close_day("close", "2026-11-23"), noon);
    assert_eq!(fixture.driver.entries(0, super::stores::POLICIES.id()).len(), 1);
    assert_eq!(refusal(&fixture.send(&set_policy("again", policy()), noon).unwrap()), None);
}

#[test]
fn every_line_has_its_own_rule() {
    let noon = at("2026-11-23 12:00");
    let food = Category::new("food").unwrap();
    let rules = vec![
        rule(RuleMatch::Seller, 1_000),
        rule(RuleMatch::Product(sku("tea")), 100),
        rule(RuleMatch::Category(food.clone()), 500),
    ];
    let mut fixture = Fixture::with(SellerPolicy { commission: rules, ..policy() }, noon);
    let mut lines = vec![line("tea", 1, 1_000, 0, 0), line("rice", 1, 1_000, 0, 0), line("pen", 1, 1_000, 0, 0)];
    lines[0].category = Some(food.clone());
    lines[1].category = Some(food);
    let events = fixture.happen(&reached("order-1", CONFIRMED, noon, lines), noon);
    let commissions: Vec<_> = posted(&events).iter().map(|(_, line)| line.amounts.commission.minor()).collect();
    assert_eq!(commissions, [10, 50, 100]);
    let numbers: Vec<_> = posted(&events).iter().map(|(_, line)| line.number).collect();
    assert_eq!(numbers, [1, 2, 3]);
}

//! What is wished for follows from the seed, holds the promised shares, and adds up.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use events::coupons::Discount;
use events::ids::{CouponId, RequestId};
use events::money::Money;
use events::time::Timestamp;

use super::catalogue::{SCARCE, catalogue};
use super::planned_order::{Appetite, PlannedOrder, Wanted, demand};
use super::scenario::Scenario;

/// A thousand shoppers, every fourth with a coupon.
fn coupons() -> Vec<Option<CouponId>> {
    (0..1_000)
        .map(|shopper: u32| shopper.is_multiple_of(4).then(|| RequestId::of("s", "r", &shopper.to_string()).coupon()))
        .collect()
}

fn appetite(wanted: Wanted) -> Appetite {
    Appetite { wanted, per_second: 100.0, duplicates: 0.1, scenario: None, seed: 7 }
}

fn planned(wanted: Wanted) -> Vec<PlannedOrder> {
    appetite(wanted).planned(&coupons())
}

#[test]
fn everybody_with_a_coupon_orders_and_one_in_ten_of_the_others() {
    let planned = planned(Wanted::Share(1.0));
    let shoppers: BTreeSet<u32> = planned.iter().map(|planned| planned.shopper).collect();
    assert_eq!((planned.len(), shoppers.len()), (250 + 75, 325), "each once");
    assert_eq!(planned.iter().filter(|planned| planned.coupon.is_some()).count(), 250);
    assert!(planned.is_sorted_by_key(|planned| planned.at));
    let lasts = planned.last().unwrap().at;
    assert!(
        (Duration::from_millis(2_600)..Duration::from_millis(3_900)).contains(&lasts),
        "{lasts:?} for 325 at 100/s"
    );
}

#[test]
fn a_count_is_kept_and_nobody_uses_a_coupon_twice() {
    assert_eq!(planned(Wanted::None).len(), 0);
    assert_eq!(planned(Wanted::Share(0.5)).len(), 163);
    let many = planned(Wanted::Count(2_500));
    assert_eq!(many.len(), 2_500);
    let used: Vec<CouponId> = many.iter().filter_map(|planned| planned.coupon).collect();
    assert_eq!(used.len(), used.iter().collect::<BTreeSet<_>>().len());
    assert_eq!(used.len(), 250);
}

#[test]
fn nine_in_ten_pay_and_the_courses_keep_their_shares() {
    let mut drawn: BTreeMap<Scenario, u32> = BTreeMap::new();
    for planned in planned(Wanted::Count(20_000)) {
        *drawn.entry(planned.scenario).or_default() += 1;
    }
    let of =
        |scenarios: &[Scenario]| f64::from(scenarios.iter().map(|scenario| drawn[scenario]).sum::<u32>()) / 20_000.0;
    assert_eq!(drawn.len(), Scenario::all().len(), "every scenario is taken");
    assert!((of(&[Scenario::WalkAway]) - 0.05).abs() < 0.01);
    assert!((of(&[Scenario::Declined, Scenario::DeclinedOnce]) - 0.05).abs() < 0.01);
    assert!(Scenario::all().into_iter().all(|scenario| Scenario::from_name(scenario.name()) == Some(scenario)));
    let names: BTreeSet<&str> = Scenario::all().map(Scenario::name).into();
    assert_eq!(names.len(), Scenario::all().len());
}

#[test]
fn the_scarce_article_is_wanted_twice_as_much_as_there_is_and_nothing_else_runs_out() {
    let planned = planned(Wanted::Count(2_000));
    let wanted = demand(&planned);
    let catalogue = catalogue("sale-1", &wanted, Timestamp::from_millis(1_790_000_000_000)).unwrap();
    for (article, product) in catalogue.iter().enumerate() {
        product.terms.check().unwrap();
        assert!(wanted[article] > 0, "nobody wants {}", product.terms.name);
        assert_eq!(product.stock >= wanted[article], article != SCARCE, "{}", product.terms.name);
    }
    assert_eq!(catalogue[SCARCE].stock, wanted[SCARCE] / 2);
    let sellers: BTreeSet<_> = catalogue.iter().map(|product| product.terms.seller.as_str()).collect();
    assert!(sellers.len() >= 3);
}

#[test]
fn an_order_names_no_article_twice_and_costs_what_its_lines_cost_less_the_coupon() {
    let everybody: Vec<_> = coupons().iter().cycle().step_by(4).take(2_000).copied().collect();
    let planned = appetite(Wanted::Count(2_000)).planned(&everybody);
    let catalogue = catalogue("sale-1", &demand(&planned), Timestamp::from_millis(1_790_000_000_000)).unwrap();
    let discount = Discount::Fixed { amount: Money::new(5_000) };
    let mut free = 0;
    for planned in &planned {
        let articles: BTreeSet<usize> = planned.lines.iter().map(|(article, _)| *article).collect();
        assert_eq!(articles.len(), planned.lines.len());
        assert!(!planned.scenario.splits() || planned.lines.iter().all(|(_, quantity)| *quantity > 1), "{planned:?}");
        let gross: i64 = planned.lines.iter().map(|(a, n)| catalogue[*a].price.minor() * i64::from(*n)).sum();
        let off = if planned.coupon.is_some() { gross.min(5_000) } else { 0 };
        assert_eq!(planned.due(&catalogue, discount).minor(), gross - off);
        free += u32::from(gross == off);
    }
    assert!(free > 0, "some orders cost nothing");
}

#[test]
fn all_may_take_one_course() {
    let appetite = Appetite { scenario: Some(Scenario::WalkAway), ..appetite(Wanted::Count(100)) };
    assert!(appetite.planned(&coupons()).iter().all(|planned| planned.scenario == Scenario::WalkAway));
}

#[test]
fn the_seed_is_the_wishes() {
    let seeded = |seed| Appetite { seed, ..appetite(Wanted::Share(1.0)) }.planned(&coupons());
    assert_eq!(seeded(1), seeded(1));
    assert_ne!(seeded(1), seeded(2));
}

//! A schedule keeps its rate, repeats only what was sent, and is the same for the same seed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use audit::client_log::Send;

use super::schedule::{Arrivals, Demand, Pace};

fn demand(arrivals: Arrivals) -> Demand {
    Demand { shoppers: 20_000, duplicates: 0.1, pace: Pace::PerSecond(4_000.0), arrivals, seed: 7 }
}

#[test]
fn every_shopper_claims_once_and_so_many_claims_are_repeated() {
    for (duplicates, expected) in [(0.0, 0), (0.1, 2_000), (1.0, 20_000), (2.5, 50_000)] {
        let schedule = Demand { duplicates, ..demand(Arrivals::Constant) }.schedule();
        let firsts: BTreeSet<u32> =
            schedule.iter().filter(|planned| planned.send == Send::First).map(|planned| planned.shopper).collect();
        assert_eq!(firsts.len(), 20_000);
        assert_eq!(schedule.len() - 20_000, expected, "duplicates {duplicates}");
    }
}

#[test]
fn a_repeat_comes_after_what_it_repeats() {
    let mut first_at = BTreeMap::new();
    for (place, planned) in demand(Arrivals::Poisson).schedule().iter().enumerate() {
        match planned.send {
            Send::First => drop(first_at.insert(planned.shopper, place)),
            Send::Duplicate => assert!(first_at.contains_key(&planned.shopper), "shopper {}", planned.shopper),
        }
    }
}

#[test]
fn the_rate_is_kept() {
    for arrivals in [Arrivals::Constant, Arrivals::Poisson] {
        let schedule = demand(arrivals).schedule();
        let lasts = schedule.last().unwrap().at.as_secs_f64();
        assert!((lasts - 5.5).abs() < 0.2, "{arrivals:?}: 22,000 sends at 4,000/s last 5.5 s, not {lasts}");
        assert!(schedule.is_sorted_by_key(|planned| planned.at));
    }
    let max = Demand { pace: Pace::Max, ..demand(Arrivals::Poisson) }.schedule();
    assert!(max.iter().all(|planned| planned.at == Duration::ZERO));
}

#[test]
fn callers_at_random_do_not_arrive_evenly() {
    let gaps = |arrivals| {
        let schedule = demand(arrivals).schedule();
        let gaps: Vec<f64> = schedule.windows(2).map(|pair| (pair[1].at - pair[0].at).as_secs_f64()).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        (gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64).sqrt() / mean
    };
    assert!(gaps(Arrivals::Constant) < 0.01);
    assert!((gaps(Arrivals::Poisson) - 1.0).abs() < 0.05, "an exponential gap deviates by its mean");
}

#[test]
fn the_seed_is_the_schedule() {
    let seeded = |seed| Demand { seed, ..demand(Arrivals::Poisson) }.schedule();
    assert_eq!(seeded(1), seeded(1));
    assert_ne!(seeded(1), seeded(2));
}

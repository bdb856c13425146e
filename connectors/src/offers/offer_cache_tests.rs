//! What is published when: fresh for a second, asked every hundred milliseconds or so.

use std::collections::BTreeMap;

use events::ids::Sku;
use events::money::Money;
use events::time::Timestamp;

use super::super::answer::Row;
use super::{Change, FetchTimes, OfferCache, Update};

const FRESH_MS: u32 = 1_000;
/// When it begins.
const T: i64 = 1_700_000_000_000;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(T + millis)
}

/// FetchTimes at this time, answered ten milliseconds later.
fn asked(millis: i64) -> FetchTimes {
    FetchTimes { sent_at: at(millis), answered_at: at(millis + 10) }
}

/// A row: product, price, when it was seen, when it ends.
type Shown<'a> = (&'a str, i64, Option<i64>, Option<i64>);

fn rows(shown: &[Shown<'_>]) -> BTreeMap<Sku, Row> {
    let row = |(sku, price, seen_at, until): &Shown<'_>| {
        let row = Row { price: Money::new(*price), seen_at: seen_at.map(at), until: until.map(at) };
        (Sku::new(sku).unwrap(), row)
    };
    shown.iter().map(row).collect()
}

/// What is published, in short: `a=7@10` or `a-`.
fn short(update: &Update) -> String {
    let change = |change: &Change| match change {
        Change::Offered(sku, published) => format!("{sku}={}@{}", published.price, published.seen_at.as_millis() - T),
        Change::Withdrawn(sku) => format!("{sku}-"),
    };
    update.changes.iter().map(change).collect::<Vec<_>>().join(" ")
}

/// One answer after the other: when, what is shown (nothing: unchanged), what is published.
fn play(steps: &[(i64, Option<&[Shown<'_>]>, &str)]) -> OfferCache {
    let mut cache = OfferCache::new(FRESH_MS);
    for (number, (when, shown, published)) in steps.iter().enumerate() {
        let update = match shown {
            Some(shown) => cache.replace(rows(shown), asked(*when)),
            None => cache.confirm(asked(*when)),
        };
        assert_eq!(short(&update), *published, "step {number}");
    }
    cache
}

#[test]
fn a_change_is_published_at_once_and_what_stands_when_half_of_its_time_is_over() {
    let cache = play(&[
        (0, Some(&[("a", 7, None, None), ("b", 9, None, None)]), "a=7@0 b=9@0"),
        (100, Some(&[("a", 7, None, None), ("b", 8, None, None)]), "b=8@100"),
        (480, Some(&[("a", 7, None, None), ("b", 8, None, None)]), ""),
        (500, None, "a=7@500"),
        (590, None, "b=8@590"),
        (1_000, None, "a=7@1000"),
    ]);
    assert_eq!(cache.len(), 2);
}

#[test]
fn what_is_no_longer_there_is_withdrawn_once() {
    let cache = play(&[
        (0, Some(&[("a", 7, None, None), ("b", 9, None, None)]), "a=7@0 b=9@0"),
        (100, Some(&[("b", 9, None, None)]), "a-"),
        (200, Some(&[("b", 9, None, None)]), ""),
        (300, Some(&[]), "b-"),
        (400, Some(&[("a", 7, None, None)]), "a=7@400"),
    ]);
    assert_eq!(cache.len(), 1);
}

#[test]
fn what_has_gone_stale_by_itself_needs_no_word_and_comes_back_as_new() {
    play(&[
        (0, Some(&[("a", 7, None, None)]), "a=7@0"),
        (2_000, Some(&[]), ""),
        (2_100, Some(&[("a", 7, None, None)]), "a=7@2100"),
        (4_000, None, "a=7@4000"),
    ]);
}

#[test]
fn the_sources_own_time_counts_and_is_not_made_fresher_by_asking() {
    play(&[
        (0, Some(&[("a", 7, Some(-400), None)]), "a=7@-400"),
        (300, None, ""),
        (500, None, ""),
        (589, None, ""),
        (590, None, ""),
        (600, Some(&[("a", 7, Some(-400), None)]), ""),
        (700, Some(&[("a", 7, Some(650), None)]), "a=7@650"),
        (800, Some(&[("a", 8, Some(600), None)]), ""),
        (900, Some(&[("a", 8, Some(-9_000), None)]), ""),
        (950, Some(&[("a", 8, Some(650), None)]), "a=8@650"),
    ]);
}

#[test]
fn what_is_too_old_has_ended_or_was_seen_later_than_now_is_not_published_and_no_longer_stands() {
    let mut cache = OfferCache::new(FRESH_MS);
    let shown: [Shown<'_>; 5] = [
        ("ahead", 7, Some(60_011), None),
        ("a-little-ahead", 7, Some(60_000), None),
        ("ended", 7, None, Some(10)),
        ("ends", 7, None, Some(11)),
        ("old", 7, Some(-990), None),
    ];
    let update = cache.replace(rows(&shown), asked(0));
    assert_eq!(short(&update), "a-little-ahead=7@10 ends=7@0", "a clock that is ahead makes nothing fresher");
    assert_eq!((update.stale, update.ahead), (2, 1));

    play(&[
        (0, Some(&[("a", 7, None, None), ("b", 7, None, None)]), "a=7@0 b=7@0"),
        (100, Some(&[("a", 7, None, Some(50)), ("b", 7, Some(90_000), None)]), "a- b-"),
    ]);
}

#[test]
fn an_end_that_moves_is_a_change() {
    play(&[
        (0, Some(&[("a", 7, None, Some(5_000))]), "a=7@0"),
        (100, Some(&[("a", 7, None, Some(900))]), "a=7@100"),
        (200, Some(&[("a", 7, None, None)]), "a=7@200"),
    ]);
}

#[test]
fn a_clock_that_is_set_back_publishes_nothing_until_it_has_caught_up() {
    play(&[
        (0, Some(&[("a", 7, None, None)]), "a=7@0"),
        (-200, Some(&[("a", 8, None, None)]), ""),
        (50, Some(&[("a", 8, None, None)]), "a=8@50"),
    ]);
}

#[test]
fn what_was_published_last_is_what_a_reader_of_everything_published_believes() {
    let mut rng = fastrand::Rng::with_seed(11);
    for _ in 0..300 {
        let mut cache = OfferCache::new(FRESH_MS);
        let mut believed: BTreeMap<Sku, (Money, Timestamp, Option<Timestamp>)> = BTreeMap::new();
        let mut now = 0;
        for _ in 0..60 {
            now += rng.i64(1..250);
            let mut shown = BTreeMap::new();
            for name in ["a", "b", "c"] {
                if rng.u8(0..4) > 0 {
                    let until = (rng.u8(0..4) == 0).then(|| now + rng.i64(1..2_000));
                    shown.extend(rows(&[(name, rng.i64(1..4), None, until)]));
                }
            }
            let update = cache.replace(shown.clone(), asked(now));
            for change in update.changes {
                match change {
                    Change::Offered(sku, published) => {
                        believed.insert(sku, (published.price, published.seen_at, published.until));
                    }
                    Change::Withdrawn(sku) => drop(believed.remove(&sku)),
                }
            }
            let is_over = |seen_at: Timestamp, until: Option<Timestamp>| {
                seen_at.plus_millis(FRESH_MS.into()) <= at(now + 10) || until.is_some_and(|until| until <= at(now + 10))
            };
            believed.retain(|_, (_, seen_at, until)| !is_over(*seen_at, *until));
            shown.retain(|_, row| !is_over(at(now), row.until));
            let prices = |(sku, price): (&Sku, Money)| (sku.clone(), price);
            let believes: Vec<_> = believed.iter().map(|(sku, (price, ..))| prices((sku, *price))).collect();
            let shows: Vec<_> = shown.iter().map(|(sku, row)| prices((sku, row.price))).collect();
            assert_eq!(believes, shows);
            let left = |seen_at: &Timestamp| seen_at.as_millis() + i64::from(FRESH_MS) - at(now).as_millis();
            assert!(believed.values().all(|(_, seen_at, _)| left(seen_at) >= 490), "none is about to end by itself");
        }
    }
}

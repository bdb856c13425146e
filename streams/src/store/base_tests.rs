//! A store base against a plain ordered map; and what a million entries cost.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops where it is wrong"
)]

use std::collections::BTreeMap;
use std::ops::Bound;
use std::time::Instant;

use proptest::prelude::*;

use super::{Base, Digest};

/// Keys that share prefixes, are prefixes of each other, and may be empty; values from nothing to more than a page.
fn key() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(prop_oneof![Just(0_u8), Just(1), Just(255)], 0..7),
        "[ab]{0,3}prefix-[0-9]{1,3}".prop_map(String::into_bytes),
    ]
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    (prop_oneof![9 => 0_usize..90, 1 => 90_usize..3_000], any::<u8>()).prop_map(|(length, byte)| vec![byte; length])
}

proptest! {
    #[test]
    fn agrees_with_a_plain_ordered_map(
        steps in prop::collection::vec((key(), prop::option::weighted(0.6, value())), 1..400),
        from in key(),
    ) {
        let mut base = Base::new(3);
        let mut model = BTreeMap::new();
        for (key, value) in &steps {
            match value {
                Some(value) => {
                    base.put(key, value);
                    model.insert(key.clone(), value.clone());
                }
                None => {
                    base.remove(key);
                    model.remove(key);
                }
            }
        }
        for (key, _) in &steps {
            prop_assert_eq!(base.get(key), model.get(key).map(Vec::as_slice));
        }
        prop_assert_eq!(base.len(), model.len());
        let mut digest = Digest::default();
        model.iter().for_each(|(key, value)| digest.add(3, key, value));
        prop_assert_eq!(base.digest(), digest);
        prop_assert_eq!(base.bytes(), model.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>());
        for bound in [Bound::Unbounded, Bound::Included(from.as_slice()), Bound::Excluded(from.as_slice())] {
            let found: Vec<(Vec<u8>, Vec<u8>)> = base.range_from(bound).map(|(key, value)| (key, value.to_vec())).collect();
            let expected: Vec<(Vec<u8>, Vec<u8>)> = model
                .range::<[u8], _>((bound, Bound::Unbounded))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            prop_assert_eq!(found, expected);
        }
    }
}

/// Not a test: what a million entries of 24 and 60 bytes cost. `cargo test --release -p logstreams --lib memory -- --ignored --nocapture`
#[test]
#[ignore = "a measurement"]
fn memory_and_speed_of_a_million_entries() {
    let resident = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1_024
    };
    let mut rng = fastrand::Rng::with_seed(1);
    let keys: Vec<[u8; 24]> = (0..1_000_000)
        .map(|n: u64| {
            // A common prefix, then random bytes: what many stores look like.
            let mut key = [7_u8; 24];
            key[8..16].copy_from_slice(&rng.u64(..).to_be_bytes());
            key[16..].copy_from_slice(&n.to_be_bytes());
            key
        })
        .collect();
    let before = resident();
    let started = Instant::now();
    let mut base = Base::new(0);
    keys.iter().for_each(|key| base.put(key, &[9; 60]));
    let put = started.elapsed();
    let bytes = resident() - before;
    let started = Instant::now();
    let found = keys.iter().filter(|key| base.get(key.as_slice()).is_some()).count();
    let get = started.elapsed();
    let mut plain = BTreeMap::new();
    let before = resident();
    let started = Instant::now();
    keys.iter().for_each(|key| drop(plain.insert(key.to_vec(), vec![9; 60])));
    let plain_put = started.elapsed();
    let plain_bytes = resident() - before;
    let started = Instant::now();
    let plain_found = keys.iter().filter(|key| plain.contains_key(key.as_slice())).count();
    println!(
        "a plain map of vectors: {plain_found} entries, {} bytes each, put {} ns, get {} ns",
        plain_bytes / keys.len(),
        plain_put.as_nanos() / 1_000_000,
        started.elapsed().as_nanos() / 1_000_000
    );
    println!(
        "{found} entries of 84 bytes: {} bytes each resident, put {} ns, get {} ns",
        bytes / keys.len(),
        put.as_nanos() / 1_000_000,
        get.as_nanos() / 1_000_000
    );
    assert!(bytes / keys.len() < 110);
}

//! The loop under seeded random faults. `STREAMS_SEEDS` sets how many, `STREAMS_SEED` selects one and prints its trace.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops where it is wrong"
)]

use std::collections::BTreeMap;

use super::fixture::Fixture;
use crate::simulated::FaultRates;

/// Two members on two partitions under every fault of the simulated cluster, crashes included. The counts must be the same as
/// without faults.
#[test]
fn random_faults_change_no_result() {
    let seeds: u64 = std::env::var("STREAMS_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(40);
    let only: Option<u64> = std::env::var("STREAMS_SEED").ok().and_then(|seed| seed.parse().ok());
    for seed in only.map_or(0..seeds, |seed| seed..seed + 1) {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut fixture = Fixture::with_seed(2, seed);
        fixture.config.transaction_records = rng.usize(1..20);
        let mut threads = [fixture.thread("a"), fixture.thread("b")];
        fixture.cluster.set_faults(FaultRates::swarm(&mut rng));
        if only.is_some() {
            fixture.cluster.record_trace();
        }
        let mut expected = BTreeMap::<String, usize>::new();
        for _ in 0..400 {
            if rng.u8(0..4) == 0 {
                let (partition, key) = (rng.i32(0..2), rng.char('k'..='m'));
                let key = format!("{key}{partition}");
                fixture.put(partition, &key, "x");
                *expected.entry(key).or_default() += 1;
            }
            if rng.u8(0..100) == 0 {
                let index = rng.usize(0..2);
                threads[index] = fixture.thread(["a", "b"][index]);
            }
            let [a, b] = &mut threads;
            fixture.run(&mut [a, b], 1);
            fixture.cluster.advance(rng.i64(0..20));
        }
        fixture.cluster.heal();
        // A static member that dies between giving up a partition and joining again leaves it without an owner until the next
        // rebalance; this is one.
        fixture.cluster.rebalance("counter");
        let [a, b] = &mut threads;
        for _ in 0..2_000 {
            fixture.run(&mut [a, b], 1);
            fixture.cluster.advance(10);
        }
        let mut found = BTreeMap::<String, Vec<String>>::new();
        for value in fixture.values("out") {
            let (key, count) = value.split_once('=').unwrap();
            found.entry(key.to_owned()).or_default().push(count.to_owned());
        }
        let expected: BTreeMap<String, Vec<String>> =
            expected.into_iter().map(|(key, count)| (key, (1..=count).map(|n| n.to_string()).collect())).collect();
        if found != expected {
            fixture.cluster.trace().iter().for_each(|line| println!("{line}"));
        }
        assert_eq!(found, expected, "seed {seed}: {:?} {:?}", a.condition(), b.condition());
    }
}

//! The loop through seeded swarms of faults. `STREAMS_SEEDS` says how many, `STREAMS_SEED` names one and prints its trace.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops where it is wrong"
)]

use std::collections::BTreeMap;

use super::rig::Rig;
use crate::simulated::FaultRates;

/// Two members on two partitions through everything the simulated cluster can do wrong, crashes included. What is counted must
/// come out as if nothing had ever happened.
#[test]
fn a_swarm_of_faults_changes_nothing() {
    let seeds: u64 = std::env::var("STREAMS_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(40);
    let only: Option<u64> = std::env::var("STREAMS_SEED").ok().and_then(|seed| seed.parse().ok());
    for seed in only.map_or(0..seeds, |seed| seed..seed + 1) {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut rig = Rig::with_seed(2, seed);
        rig.config.transaction_records = rng.usize(1..20);
        let mut threads = [rig.thread("a"), rig.thread("b")];
        rig.cluster.set_faults(FaultRates::swarm(&mut rng));
        if only.is_some() {
            rig.cluster.record_trace();
        }
        let mut expected = BTreeMap::<String, usize>::new();
        for _ in 0..400 {
            if rng.u8(0..4) == 0 {
                let (partition, key) = (rng.i32(0..2), rng.char('k'..='m'));
                let key = format!("{key}{partition}");
                rig.put(partition, &key, "x");
                *expected.entry(key).or_default() += 1;
            }
            if rng.u8(0..100) == 0 {
                let index = rng.usize(0..2);
                threads[index] = rig.thread(["a", "b"][index]);
            }
            let [a, b] = &mut threads;
            rig.run(&mut [a, b], 1);
            rig.cluster.advance(rng.i64(0..20));
        }
        rig.cluster.heal();
        // A static member that dies between giving up a partition and joining again leaves it without an owner until the next
        // rebalance; this is one.
        rig.cluster.rebalance("counter");
        let [a, b] = &mut threads;
        for _ in 0..2_000 {
            rig.run(&mut [a, b], 1);
            rig.cluster.advance(10);
        }
        let mut found = BTreeMap::<String, Vec<String>>::new();
        for said in rig.seen("out") {
            let (key, count) = said.split_once('=').unwrap();
            found.entry(key.to_owned()).or_default().push(count.to_owned());
        }
        let expected: BTreeMap<String, Vec<String>> =
            expected.into_iter().map(|(key, count)| (key, (1..=count).map(|n| n.to_string()).collect())).collect();
        if found != expected {
            rig.cluster.trace().iter().for_each(|line| println!("{line}"));
        }
        assert_eq!(found, expected, "seed {seed}: {:?} {:?}", a.condition(), b.condition());
    }
}

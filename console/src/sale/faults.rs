//! What goes wrong during a sale, and when: drawn from the seed in advance, done by [`super::roles`] and the service scripts,
//! and counted only when it really happened.

use std::collections::BTreeSet;
use std::time::Duration;

use fastrand::Rng;
use serde::Serialize;

use super::roles::Role;

/// A kind of fault that can be asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum FaultKind {
    /// Roles die at random.
    KillRoles,
    /// The broker dies.
    KillKafka,
    /// Redis loses everything.
    FlushRedis,
    /// Postgres loses everything.
    DropDatabase,
}

/// One fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// `kill -9` of a role, and a new start after a while.
    KillRole {
        /// Which.
        role: Role,
        /// How long it stays dead.
        dead_for: Duration,
    },
    /// `kill -9` of the broker, and a new start after a second.
    KillKafka,
    /// `FLUSHALL`.
    FlushRedis,
    /// The database is dropped; the sinks are started again and make it anew.
    DropDatabase,
}

/// Faults that really happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct FaultCounts {
    /// Roles killed.
    pub kills: u64,
    /// Brokers killed.
    pub kafka_kills: u64,
    /// Redis emptied.
    pub redis_flushes: u64,
    /// Databases dropped.
    pub database_drops: u64,
}

/// One more kill for every so much of a sale, beyond the first three.
const KILL_EVERY: Duration = Duration::from_secs(4);

/// When what goes wrong in a sale of this length. All of it lies within the middle of the sale, so that it happens while claims
/// are under way; every role is killed at least once.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count of kills")]
pub fn plan(kinds: &BTreeSet<FaultKind>, lasts: Duration, seed: u64) -> Vec<(Duration, Fault)> {
    let mut rng = Rng::with_seed(seed ^ 0xfau64);
    let mut faults = Vec::new();
    for kind in kinds {
        let half = lasts.mul_f64(0.5);
        match kind {
            FaultKind::KillRoles => {
                let more = (lasts.as_secs_f64() / KILL_EVERY.as_secs_f64()) as usize;
                let others = (0..more.min(40)).map(|_| rng.u8(..)).collect::<Vec<_>>();
                let others =
                    others.into_iter().filter_map(|number| Role::ALL.get(usize::from(number) % Role::ALL.len()));
                for role in Role::ALL.iter().chain(others) {
                    let at = lasts.mul_f64(0.1 + 0.8 * rng.f64());
                    let dead_for = Duration::from_millis(rng.u64(100..600));
                    faults.push((at, Fault::KillRole { role: *role, dead_for }));
                }
            }
            FaultKind::KillKafka => faults.push((half, Fault::KillKafka)),
            FaultKind::FlushRedis => faults.push((half, Fault::FlushRedis)),
            FaultKind::DropDatabase => faults.push((half, Fault::DropDatabase)),
        }
    }
    faults.sort_by_key(|(at, _)| *at);
    faults
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests fail by panicking")]

    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::{Fault, FaultKind, plan};
    use crate::sale::roles::Role;

    #[test]
    fn every_role_is_killed_in_the_middle_of_the_sale_and_the_seed_decides_when() {
        let lasts = Duration::from_secs(10);
        let kinds = BTreeSet::from([FaultKind::KillRoles]);
        for seed in 0..50 {
            let faults = plan(&kinds, lasts, seed);
            assert_eq!(faults.len(), 5, "three roles and one more for each four seconds");
            assert!(faults.iter().all(|(at, _)| (lasts / 10..=lasts * 9 / 10).contains(at)));
            assert!(faults.is_sorted_by_key(|(at, _)| *at));
            for role in Role::ALL {
                let killed = |(_, fault): &(Duration, Fault)| matches!(fault, Fault::KillRole { role: dead, .. } if *dead == role);
                assert!(faults.iter().any(killed), "seed {seed}: {role:?} lives");
            }
            assert_eq!(faults, plan(&kinds, lasts, seed));
        }
        assert_ne!(plan(&kinds, lasts, 1), plan(&kinds, lasts, 2));
    }

    #[test]
    fn what_was_not_asked_for_does_not_happen() {
        assert!(plan(&BTreeSet::new(), Duration::from_secs(10), 1).is_empty());
        let half = Duration::from_secs(5);
        let only = |kind| plan(&BTreeSet::from([kind]), half * 2, 1);
        assert_eq!(only(FaultKind::KillKafka), [(half, Fault::KillKafka)]);
        assert_eq!(only(FaultKind::FlushRedis), [(half, Fault::FlushRedis)]);
        assert_eq!(only(FaultKind::DropDatabase), [(half, Fault::DropDatabase)]);
    }
}

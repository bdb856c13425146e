//! What goes wrong during a sale, and when: drawn from the seed in advance, done by [`super::roles`] and the service scripts,
//! and counted only when it really happened.

use std::collections::BTreeSet;
use std::ops::AddAssign;
use std::time::Duration;

use fastrand::Rng;
use serde::Serialize;

use super::roles::Role;

/// A kind of fault that can be asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum FaultKind {
    /// Roles die at random; while orders are placed the payment provider does too.
    KillRoles,
    /// The payment provider dies at random.
    KillProvider,
    /// The payment provider dies and stays away for so long.
    ProviderAway(Duration),
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
    /// `kill -9` of the payment provider, which stays dead.
    ProviderLeaves,
    /// A new start of the payment provider.
    ProviderReturns,
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
    /// Times the payment provider was killed; those are no role kills.
    pub provider_kills: u64,
}

impl AddAssign for FaultCounts {
    fn add_assign(&mut self, more: Self) {
        self.kills += more.kills;
        self.kafka_kills += more.kafka_kills;
        self.redis_flushes += more.redis_flushes;
        self.database_drops += more.database_drops;
        self.provider_kills += more.provider_kills;
    }
}

/// One more kill for every so much of a sale, beyond the first three.
const KILL_EVERY: Duration = Duration::from_secs(4);

/// When what goes wrong in a part of the sale of this length, to these roles. All of it lies within the middle of that part, so
/// that it happens while work is under way; every role that may be killed is killed at least once. What the part does not have,
/// such as a provider while there are only claims, does not go wrong in it.
#[must_use]
pub fn plan(kinds: &BTreeSet<FaultKind>, roles: &[Role], lasts: Duration, seed: u64) -> Vec<(Duration, Fault)> {
    let mut rng = Rng::with_seed(seed ^ 0xfau64);
    let mut faults = Vec::new();
    let provider = roles.contains(&Role::Provider);
    let away = kinds.iter().any(|kind| matches!(kind, FaultKind::ProviderAway(_)));
    // Who is to be away for long is not brought back by a shorter death.
    let mortals: Vec<Role> = roles.iter().copied().filter(|role| !away || *role != Role::Provider).collect();
    for kind in kinds {
        let half = lasts.mul_f64(0.5);
        match kind {
            FaultKind::KillRoles => faults.extend(kills(&mortals, lasts, &mut rng)),
            FaultKind::KillProvider if provider && !away => faults.extend(kills(&[Role::Provider], lasts, &mut rng)),
            FaultKind::ProviderAway(dead_for) if provider => {
                let leaves = lasts.mul_f64(0.3);
                faults.push((leaves, Fault::ProviderLeaves));
                faults.push((leaves + *dead_for, Fault::ProviderReturns));
            }
            FaultKind::KillProvider | FaultKind::ProviderAway(_) => {}
            FaultKind::KillKafka => faults.push((half, Fault::KillKafka)),
            FaultKind::FlushRedis => faults.push((half, Fault::FlushRedis)),
            FaultKind::DropDatabase => faults.push((half, Fault::DropDatabase)),
        }
    }
    faults.sort_by_key(|(at, _)| *at);
    faults
}

/// Every one of these once, and some again.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count of kills")]
fn kills(roles: &[Role], lasts: Duration, rng: &mut Rng) -> Vec<(Duration, Fault)> {
    let more = (lasts.as_secs_f64() / KILL_EVERY.as_secs_f64()) as usize;
    let others: Vec<Role> =
        (0..more.min(40)).filter_map(|_| roles.get(rng.usize(0..roles.len().max(1))).copied()).collect();
    roles
        .iter()
        .copied()
        .chain(others)
        .map(|role| {
            let at = lasts.mul_f64(0.1 + 0.8 * rng.f64());
            (at, Fault::KillRole { role, dead_for: Duration::from_millis(rng.u64(100..600)) })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests fail by panicking")]

    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::{Fault, FaultKind, plan};
    use crate::roles::Role;

    #[test]
    fn every_role_is_killed_in_the_middle_of_the_sale_and_the_seed_decides_when() {
        let lasts = Duration::from_secs(10);
        let kinds = BTreeSet::from([FaultKind::KillRoles]);
        for seed in 0..50 {
            let faults = plan(&kinds, &Role::OF_CLAIMS, lasts, seed);
            assert_eq!(faults.len(), 5, "three roles and one more for each four seconds");
            assert!(faults.iter().all(|(at, _)| (lasts / 10..=lasts * 9 / 10).contains(at)));
            assert!(faults.is_sorted_by_key(|(at, _)| *at));
            for role in Role::OF_CLAIMS {
                let killed = |(_, fault): &(Duration, Fault)| matches!(fault, Fault::KillRole { role: dead, .. } if *dead == role);
                assert!(faults.iter().any(killed), "seed {seed}: {role:?} lives");
            }
            assert_eq!(faults, plan(&kinds, &Role::OF_CLAIMS, lasts, seed));
        }
        assert_ne!(plan(&kinds, &Role::OF_CLAIMS, lasts, 1), plan(&kinds, &Role::OF_CLAIMS, lasts, 2));
    }

    #[test]
    fn what_was_not_asked_for_does_not_happen() {
        assert!(plan(&BTreeSet::new(), &Role::OF_ORDERS, Duration::from_secs(10), 1).is_empty());
        let half = Duration::from_secs(5);
        let only = |kind| plan(&BTreeSet::from([kind]), &Role::OF_CLAIMS, half * 2, 1);
        assert_eq!(only(FaultKind::KillKafka), [(half, Fault::KillKafka)]);
        assert_eq!(only(FaultKind::FlushRedis), [(half, Fault::FlushRedis)]);
        assert_eq!(only(FaultKind::DropDatabase), [(half, Fault::DropDatabase)]);
    }

    #[test]
    fn the_provider_dies_only_while_there_is_one_and_stays_away_as_long_as_it_was_told() {
        let lasts = Duration::from_secs(10);
        let away = Duration::from_secs(120);
        let leaves = lasts.mul_f64(0.3);
        let killed = BTreeSet::from([FaultKind::KillProvider]);
        let away = BTreeSet::from([FaultKind::KillRoles, FaultKind::KillProvider, FaultKind::ProviderAway(away)]);
        assert!(plan(&killed, &Role::OF_CLAIMS, lasts, 1).is_empty());
        let of_provider =
            |(_, fault): &(Duration, Fault)| matches!(fault, Fault::KillRole { role: Role::Provider, .. });
        let faults = plan(&killed, &Role::OF_ORDERS, lasts, 1);
        assert!(faults.len() == 3 && faults.iter().all(of_provider), "once, and twice more in ten seconds");
        let faults = plan(&away, &Role::OF_ORDERS, lasts, 1);
        assert!(faults.contains(&(leaves, Fault::ProviderLeaves)));
        assert!(faults.contains(&(leaves + Duration::from_secs(120), Fault::ProviderReturns)));
        assert!(!faults.iter().any(of_provider), "a shorter death would bring it back");
    }
}

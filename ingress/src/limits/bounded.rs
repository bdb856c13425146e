//! A bounded map of governor's states. governor's own maps grow without end; this one refuses keys it does not know while it
//! is full, so that an attacker with a million addresses cannot take ingress' memory, and known callers go on.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::ShrinkableKeyedStateStore;

const SHARDS: usize = 64;

/// So far ahead that any request is too early.
const NEVER: Nanos = Nanos::new(u64::MAX / 4);

/// Keys are hashes already.
#[derive(Default)]
pub(super) struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

type Shard = HashMap<u64, Nanos, BuildHasherDefault<Identity>>;

/// States by key, at most so many.
pub(super) struct BoundedStore {
    shards: Vec<Mutex<Shard>>,
    most_per_shard: usize,
}

impl BoundedStore {
    pub(super) fn new(most_keys: usize) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            most_per_shard: most_keys.div_ceil(SHARDS).max(1),
        }
    }

    /// The key's shard, by the bits that a hash table uses least.
    fn shard(&self, key: u64) -> Option<MutexGuard<'_, Shard>> {
        let place = usize::try_from((key >> 32) % (SHARDS as u64)).unwrap_or(0);
        self.shards.get(place).map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn all(&self) -> impl Iterator<Item = MutexGuard<'_, Shard>> {
        self.shards.iter().map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl StateStore for BoundedStore {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, key: &u64, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let Some(mut shard) = self.shard(*key) else {
            return decide(Some(NEVER)).map(|(outcome, _)| outcome);
        };
        if let Some(state) = shard.get_mut(key) {
            let (outcome, next) = decide(Some(*state))?;
            *state = next;
            return Ok(outcome);
        }
        if shard.len() >= self.most_per_shard {
            return decide(Some(NEVER)).map(|(outcome, _)| outcome);
        }
        let (outcome, next) = decide(None)?;
        shard.insert(*key, next);
        Ok(outcome)
    }
}

impl ShrinkableKeyedStateStore<u64> for BoundedStore {
    fn retain_recent(&self, drop_below: Nanos) {
        for mut shard in self.all() {
            shard.retain(|_, state| state.as_u64() >= drop_below.as_u64());
        }
    }

    fn shrink_to_fit(&self) {
        for mut shard in self.all() {
            if shard.capacity() > shard.len().saturating_mul(4).max(64) {
                shard.shrink_to_fit();
            }
        }
    }

    fn len(&self) -> usize {
        self.all().map(|shard| shard.len()).sum()
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

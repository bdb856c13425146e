//! How many streams there may be: in all, and of one caller.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use events::ids::ShopperId;

use crate::problem::{Code, Problem};

/// Subscriptions for those who watch.
pub(crate) struct Subscriptions {
    most: usize,
    most_per_caller: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    in_all: usize,
    by_caller: HashMap<ShopperId, usize>,
}

/// A subscription that is taken; leaving it is dropping it.
pub(crate) struct Subscription {
    subscriptions: Arc<Subscriptions>,
    caller: ShopperId,
}

impl Subscriptions {
    pub(super) fn new(most: usize, most_per_caller: usize) -> Self {
        Self { most, most_per_caller, taken: Mutex::default() }
    }

    /// Takes a subscription.
    ///
    /// # Errors
    /// `RATE_LIMITED` when the caller has as many as one may have, `OVERLOADED` when all are taken.
    pub(crate) fn take(self: &Arc<Self>, caller: &ShopperId) -> Result<Subscription, Problem> {
        const SOON_SECONDS: u64 = 5;
        let mut taken = self.taken();
        let own = taken.by_caller.get(caller).copied().unwrap_or(0);
        if own >= self.most_per_caller {
            return Err(Problem::new(Code::RateLimited).not_admitted().retry_after(SOON_SECONDS, "streams"));
        }
        if taken.in_all >= self.most {
            return Err(Problem::new(Code::Overloaded).not_admitted());
        }
        taken.in_all += 1;
        taken.by_caller.insert(caller.clone(), own + 1);
        Ok(Subscription { subscriptions: Arc::clone(self), caller: caller.clone() })
    }

    /// How many are taken.
    pub(crate) fn taken_in_all(&self) -> usize {
        self.taken().in_all
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut taken = self.subscriptions.taken();
        taken.in_all = taken.in_all.saturating_sub(1);
        let left = taken.by_caller.get(&self.caller).copied().unwrap_or(0).saturating_sub(1);
        if left == 0 {
            taken.by_caller.remove(&self.caller);
        } else {
            taken.by_caller.insert(self.caller.clone(), left);
        }
    }
}

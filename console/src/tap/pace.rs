//! How fast a tap reads, so that it disturbs nobody: token buckets of bytes, its own and one that several taps share.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

/// The bucket is counted in KiB, and is asked for so many at once.
const PORTION_KIB: NonZeroU32 = NonZeroU32::MIN.saturating_add(63);
const PORTION: u64 = 64 << 10;

/// The highest rate that is counted at all: half a TiB a second.
const MOST_KIB: u64 = 1 << 29;

/// The longest wait at once: a request to stop is seen after it.
const LONGEST_WAIT: Duration = Duration::from_millis(200);

type Limiter = RateLimiter<NotKeyed, InMemoryState, DefaultClock, NoOpMiddleware>;

/// A rate that several taps keep together. Cheap to clone; all clones are one bucket.
#[derive(Clone, Debug)]
pub struct SharedRate(Arc<Limiter>);

impl SharedRate {
    /// So many bytes a second at most, with as many at once. Less than 1 KiB a second is 1 KiB.
    #[must_use]
    pub fn new(bytes_per_second: u64) -> Self {
        let kib = u32::try_from((bytes_per_second >> 10).min(MOST_KIB)).ok().and_then(NonZeroU32::new);
        let kib = kib.unwrap_or(NonZeroU32::MIN);
        Self(Arc::new(RateLimiter::direct(Quota::per_second(kib).allow_burst(kib.max(PORTION_KIB)))))
    }
}

/// Lets bytes through at a rate, or at several at once.
pub(crate) struct Pace {
    buckets: Vec<Bucket>,
    clock: DefaultClock,
}

struct Bucket {
    rate: SharedRate,
    owed: u64,
}

impl Pace {
    /// So many bytes a second at most; without a number as fast as it goes. What is shared is kept as well.
    #[must_use]
    pub(crate) fn new(bytes_per_second: Option<u64>, shared: Option<&SharedRate>) -> Self {
        let rates = bytes_per_second.map(SharedRate::new).into_iter().chain(shared.cloned());
        Self { buckets: rates.map(|rate| Bucket { rate, owed: 0 }).collect(), clock: DefaultClock::default() }
    }

    /// Accounts for bytes that were read. Returns how long to wait before more are; it is asked again after that.
    pub(crate) fn take(&mut self, bytes: u64) -> Duration {
        let mut wait = Duration::ZERO;
        for bucket in &mut self.buckets {
            bucket.owed = bucket.owed.saturating_add(bytes);
            while bucket.owed >= PORTION {
                match bucket.rate.0.check_n(PORTION_KIB) {
                    Ok(Ok(())) => bucket.owed -= PORTION,
                    Ok(Err(not_until)) => {
                        wait = wait.max(not_until.wait_time_from(self.clock.now()).min(LONGEST_WAIT));
                        break;
                    }
                    // A portion is never more than the bucket holds.
                    Err(_) => bucket.owed = 0,
                }
            }
        }
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_runs_empty_and_without_a_rate_there_is_none() {
        let mut free = Pace::new(None, None);
        assert_eq!(free.take(u64::MAX / 2), Duration::ZERO);
        let mut paced = Pace::new(Some(1 << 20), None);
        assert_eq!(paced.take(512 << 10), Duration::ZERO);
        assert!(paced.take(64 << 20) > Duration::ZERO);
        assert!(paced.take(0) > Duration::ZERO, "what is owed is not forgotten");
    }

    #[test]
    fn what_is_shared_runs_empty_for_all() {
        let shared = SharedRate::new(1 << 20);
        let (mut one, mut other) = (Pace::new(Some(1 << 30), Some(&shared)), Pace::new(None, Some(&shared)));
        assert_eq!(one.take(1 << 20), Duration::ZERO);
        assert!(other.take(512 << 10) > Duration::ZERO);
    }
}

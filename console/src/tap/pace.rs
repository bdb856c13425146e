//! How fast a tap reads, so that it disturbs nobody: a token bucket of bytes.

use std::num::NonZeroU32;
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

/// Lets bytes through at a rate.
pub(crate) struct Pace {
    limiter: Option<RateLimiter<NotKeyed, InMemoryState, DefaultClock, NoOpMiddleware>>,
    clock: DefaultClock,
    owed: u64,
}

impl Pace {
    /// So many bytes a second at most, with as many at once; without a number as fast as it goes. Less than 1 KiB a second is 1 KiB.
    #[must_use]
    pub(crate) fn new(bytes_per_second: Option<u64>) -> Self {
        let limiter = |bytes: u64| {
            let kib = u32::try_from((bytes >> 10).min(MOST_KIB)).ok().and_then(NonZeroU32::new);
            let kib = kib.unwrap_or(NonZeroU32::MIN);
            RateLimiter::direct(Quota::per_second(kib).allow_burst(kib.max(PORTION_KIB)))
        };
        Self { limiter: bytes_per_second.map(limiter), clock: DefaultClock::default(), owed: 0 }
    }

    /// Accounts for bytes that were read. Returns how long to wait before more are; it is asked again after that.
    pub(crate) fn take(&mut self, bytes: u64) -> Duration {
        let Some(limiter) = &self.limiter else { return Duration::ZERO };
        self.owed += bytes;
        while self.owed >= PORTION {
            match limiter.check_n(PORTION_KIB) {
                Ok(Ok(())) => self.owed -= PORTION,
                Ok(Err(not_until)) => return not_until.wait_time_from(self.clock.now()).min(LONGEST_WAIT),
                // A portion is never more than the bucket holds.
                Err(_) => self.owed = 0,
            }
        }
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_runs_empty_and_without_a_rate_there_is_none() {
        let mut free = Pace::new(None);
        assert_eq!(free.take(u64::MAX / 2), Duration::ZERO);
        let mut paced = Pace::new(Some(1 << 20));
        assert_eq!(paced.take(512 << 10), Duration::ZERO);
        assert!(paced.take(64 << 20) > Duration::ZERO);
        assert!(paced.take(0) > Duration::ZERO, "what is owed is not forgotten");
    }
}

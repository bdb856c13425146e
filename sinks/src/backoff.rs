//! Pauses between attempts at something that is down: doubling from 50 ms to 2 s, with jitter, for ever.

use std::time::Duration;

const SHORTEST_MS: u64 = 50;
const LONGEST_MS: u64 = 2_000;

/// The next pause.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    attempts: u32,
}

impl Backoff {
    /// The pause before the next attempt: half of it certain, half of it random, so that many do not come back at once.
    pub(crate) fn pause(&mut self) -> Duration {
        let most = SHORTEST_MS.saturating_mul(1 << self.attempts.min(10)).min(LONGEST_MS);
        self.attempts = self.attempts.saturating_add(1);
        Duration::from_millis(most / 2 + fastrand::u64(0..=most / 2))
    }

    /// It worked: begin with short pauses again.
    pub(crate) fn reset(&mut self) {
        self.attempts = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::{Backoff, LONGEST_MS, SHORTEST_MS};

    #[test]
    fn pauses_grow_to_a_bound_and_begin_anew() {
        let mut backoff = Backoff::default();
        assert!(backoff.pause().as_millis() <= u128::from(SHORTEST_MS));
        for _ in 0..100 {
            assert!(backoff.pause().as_millis() <= u128::from(LONGEST_MS));
        }
        assert!(backoff.pause().as_millis() >= u128::from(LONGEST_MS / 2));
        backoff.reset();
        assert!(backoff.pause().as_millis() <= u128::from(SHORTEST_MS));
    }
}

//! Pauses between attempts: anything between nothing and a bound that doubles ("full jitter"), so that calls which failed
//! together do not come back together. Source: AWS Architecture Blog, "Exponential Backoff And Jitter".

use std::time::Duration;

/// The pauses of one piece of work.
#[derive(Clone, Debug)]
pub(crate) struct Pauses {
    bound_ms: u64,
    most_ms: u64,
}

impl Pauses {
    pub(crate) fn new(first_ms: u64, most_ms: u64) -> Self {
        Self { bound_ms: first_ms, most_ms }
    }

    /// The next pause.
    pub(crate) fn next(&mut self) -> Duration {
        let bound_ms = self.bound_ms.min(self.most_ms);
        self.bound_ms = bound_ms.saturating_mul(2);
        Duration::from_millis(fastrand::u64(0..=bound_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::Pauses;

    #[test]
    fn a_pause_is_anything_up_to_a_bound_that_doubles_up_to_a_bound() {
        let mut longest = [0; 6];
        let mut shortest = [u128::MAX; 6];
        for _ in 0..2_000 {
            let mut pauses = Pauses::new(100, 500);
            for (longest, shortest) in longest.iter_mut().zip(&mut shortest) {
                let pause = pauses.next().as_millis();
                (*longest, *shortest) = (pause.max(*longest), pause.min(*shortest));
            }
        }
        for (found, bound) in longest.iter().zip([100, 200, 400, 500, 500, 500]) {
            assert!((bound * 9 / 10..=bound).contains(found), "{longest:?}");
        }
        assert!(shortest.iter().all(|found| *found < 50), "{shortest:?}");
    }
}

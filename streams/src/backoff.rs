//! Pauses between attempts at something that is down. They double up to a bound, and a part of each is random, so that callers who failed
//! together do not come back together.
//!
//! Source: AWS Architecture Blog, "Exponential Backoff And Jitter".

use std::time::Duration;

/// The pauses of one piece of work.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    /// The bound of the next pause.
    bound: Duration,
    jitter: Jitter,
}

/// How much of a pause is random.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Jitter {
    /// All of it.
    Full,
    /// Half of it.
    Half,
}

impl Backoff {
    /// Each pause is anything between nothing and its bound: `first`, twice as much each time, `longest` at most.
    #[must_use]
    pub fn full_jitter(first: Duration, longest: Duration) -> Self {
        Self { first, longest, bound: first, jitter: Jitter::Full }
    }

    /// The same, but each pause is at least half its bound.
    #[must_use]
    pub fn half_jitter(first: Duration, longest: Duration) -> Self {
        Self { first, longest, bound: first, jitter: Jitter::Half }
    }

    /// The pause before the next attempt.
    pub fn pause(&mut self) -> Duration {
        let bound = self.bound.min(self.longest);
        self.bound = bound.saturating_mul(2);
        match self.jitter {
            Jitter::Full => bound.mul_f64(fastrand::f64()),
            Jitter::Half => bound.mul_f64(f64::midpoint(1.0, fastrand::f64())),
        }
    }

    /// It worked: the next pause is the first again.
    pub fn reset(&mut self) {
        self.bound = self.first;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Backoff;

    const FIRST: Duration = Duration::from_millis(100);
    const LONGEST: Duration = Duration::from_millis(500);

    #[test]
    fn a_pause_is_anything_up_to_a_bound_that_doubles_up_to_a_bound() {
        let mut longest = [0; 6];
        let mut shortest = [u128::MAX; 6];
        for _ in 0..2_000 {
            let mut backoff = Backoff::full_jitter(FIRST, LONGEST);
            for (longest, shortest) in longest.iter_mut().zip(&mut shortest) {
                let pause = backoff.pause().as_millis();
                (*longest, *shortest) = (pause.max(*longest), pause.min(*shortest));
            }
        }
        for (found, bound) in longest.iter().zip([100, 200, 400, 500, 500, 500]) {
            assert!((bound * 9 / 10..=bound).contains(found), "{longest:?}");
        }
        assert!(shortest.iter().all(|found| *found < 50), "{shortest:?}");
    }

    #[test]
    fn pauses_grow_to_a_bound_and_begin_anew() {
        let mut backoff = Backoff::half_jitter(FIRST, LONGEST);
        for bound in [100, 200, 400, 500, 500] {
            let pause = backoff.pause().as_millis();
            assert!((bound / 2..=bound).contains(&pause), "{pause} of {bound}");
        }
        backoff.reset();
        assert!(backoff.pause() <= FIRST);
    }
}

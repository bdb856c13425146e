//! What goes wrong on purpose, from a seed.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How much goes wrong. Shares are of the calls to the provider's API, 0 to 1.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Every call takes this long before anything is done, milliseconds.
    pub delay_ms: u64,
    /// Calls that are answered with an error of the provider's, and nothing is done.
    pub error_share: f64,
    /// Calls that are carried out but not answered: cut off, left without an end, answered with an error or with garbage.
    pub lost_answer_share: f64,
    /// How long a call is left without an end, milliseconds.
    pub hang_ms: u64,
    /// Webhooks that are sent twice.
    pub webhook_duplicate_share: f64,
    /// Webhooks wait at random up to this long, so that a later one overtakes, milliseconds.
    pub webhook_delay_ms: u64,
    /// What the rest is drawn from.
    pub seed: u64,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            delay_ms: 0,
            error_share: 0.0,
            lost_answer_share: 0.0,
            hang_ms: 60_000,
            webhook_duplicate_share: 0.0,
            webhook_delay_ms: 0,
            seed: 0,
        }
    }
}

/// What happens to one call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    /// Nothing.
    Fine,
    /// An error before anything is done.
    Error,
    /// It is carried out, and the connection is cut.
    Cut,
    /// It is carried out, and nothing is said.
    Hang,
    /// It is carried out, and an error is said.
    ErrorAfter,
    /// It is carried out, and nothing readable is said.
    Garbage,
}

/// Draws fates.
pub(crate) struct Dice(Mutex<(Faults, fastrand::Rng)>);

impl Dice {
    pub(crate) fn new(faults: Faults) -> Self {
        let rng = fastrand::Rng::with_seed(faults.seed);
        Self(Mutex::new((faults, rng)))
    }

    /// From now on this much goes wrong.
    pub(crate) fn set(&self, faults: Faults) {
        let rng = fastrand::Rng::with_seed(faults.seed);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (faults, rng);
    }

    /// The next call's fate, how long it waits first, and how long it hangs.
    pub(crate) fn call(&self) -> (Fate, Duration, Duration) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (faults, rng) = &mut *inner;
        let drawn = rng.f64();
        let fate = if drawn < faults.error_share {
            Fate::Error
        } else if drawn < faults.error_share + faults.lost_answer_share {
            match rng.u8(0..4) {
                0 => Fate::Cut,
                1 => Fate::Hang,
                2 => Fate::ErrorAfter,
                _ => Fate::Garbage,
            }
        } else {
            Fate::Fine
        };
        (fate, Duration::from_millis(faults.delay_ms), Duration::from_millis(faults.hang_ms))
    }

    /// How often the next webhook is sent, and how long it waits first.
    pub(crate) fn webhook(&self) -> (u32, Duration) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (faults, rng) = &mut *inner;
        let times = if rng.f64() < faults.webhook_duplicate_share { 2 } else { 1 };
        (times, Duration::from_millis(rng.u64(0..=faults.webhook_delay_ms)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Dice, Fate, Faults};

    #[test]
    fn as_much_goes_wrong_as_was_asked_and_a_seed_repeats_it() {
        let faults = Faults { error_share: 0.2, lost_answer_share: 0.25, seed: 7, ..Faults::default() };
        let draw = || {
            let dice = Dice::new(faults.clone());
            (0..10_000).map(|_| dice.call().0).collect::<Vec<Fate>>()
        };
        let fates = draw();
        assert_eq!(fates, draw());
        let wrong = fates.iter().filter(|fate| **fate != Fate::Fine).count();
        assert!((4_300..4_700).contains(&wrong), "{wrong}");
        for fate in [Fate::Error, Fate::Cut, Fate::Hang, Fate::ErrorAfter, Fate::Garbage] {
            assert!(fates.contains(&fate), "{fate:?}");
        }
    }
}

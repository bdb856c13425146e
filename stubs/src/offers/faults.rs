//! What goes wrong on purpose, from a seed.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How much goes wrong with answers, and how.
#[derive(Clone, PartialEq, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// The share of calls that go wrong, 0 to 1.
    pub share: f64,
    /// How; one of these for each. None named: any.
    pub kinds: Vec<Fault>,
    /// Every answer takes this long, milliseconds.
    pub delay_ms: u64,
    /// What the rest is drawn from.
    pub seed: u64,
}

/// What can go wrong with an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// 503.
    Error,
    /// 429, and to be left alone for a second.
    TooMany,
    /// Nothing is said.
    Hang,
    /// The connection is cut.
    Cut,
    /// The connection is cut in the middle of the answer.
    CutMidway,
    /// More bytes are announced than come.
    LongLength,
    /// Fewer bytes are announced than there are.
    ShortLength,
    /// Sixteen megabytes that mean nothing.
    Flood,
    /// A byte now and then.
    Trickle,
    /// A page for people.
    NotJson,
    /// JSON of another form.
    WrongShape,
    /// Rows that cannot be offers.
    WrongRows,
    /// Go and ask somebody else.
    Redirect,
    /// What was so an hour ago.
    Old,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 14] = [
        Self::Error,
        Self::TooMany,
        Self::Hang,
        Self::Cut,
        Self::CutMidway,
        Self::LongLength,
        Self::ShortLength,
        Self::Flood,
        Self::Trickle,
        Self::NotJson,
        Self::WrongShape,
        Self::WrongRows,
        Self::Redirect,
        Self::Old,
    ];
}

/// Draws faults.
pub(crate) struct Dice(Mutex<(Faults, fastrand::Rng)>);

impl Dice {
    pub(crate) fn new(faults: Faults) -> Self {
        let rng = fastrand::Rng::with_seed(faults.seed);
        Self(Mutex::new((faults, rng)))
    }

    /// From now on this goes wrong.
    pub(crate) fn set(&self, faults: Faults) {
        let rng = fastrand::Rng::with_seed(faults.seed);
        *self.inner() = (faults, rng);
    }

    /// How long the next answer takes, and what goes wrong with it.
    pub(crate) fn next(&self) -> (Duration, Option<Fault>) {
        let (faults, rng) = &mut *self.inner();
        let delay = Duration::from_millis(faults.delay_ms);
        let kinds = if faults.kinds.is_empty() { &Fault::ALL[..] } else { &faults.kinds };
        let goes_wrong = rng.f64() < faults.share;
        (delay, goes_wrong.then(|| rng.choice(kinds).copied()).flatten())
    }

    fn inner(&self) -> MutexGuard<'_, (Faults, fastrand::Rng)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Dice, Fault, Faults};

    #[test]
    fn as_much_goes_wrong_as_was_asked_and_a_seed_repeats_it() {
        let draw = |faults: &Faults| {
            let dice = Dice::new(faults.clone());
            (0..10_000).filter_map(|_| dice.next().1).collect::<Vec<Fault>>()
        };
        let faults = Faults { share: 0.3, seed: 7, ..Faults::default() };
        let drawn = draw(&faults);
        assert_eq!(drawn, draw(&faults));
        assert!((2_800..3_200).contains(&drawn.len()), "{}", drawn.len());
        assert!(Fault::ALL.iter().all(|fault| drawn.contains(fault)));
        let faults = Faults { kinds: vec![Fault::Cut], share: 1.0, ..faults };
        assert_eq!(draw(&faults), [Fault::Cut; 10_000]);
        assert!(draw(&Faults::default()).is_empty());
    }
}

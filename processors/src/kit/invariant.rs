//! What must be true of the state after every step: each processor says what in its own `invariants`. A violation fails a test; in
//! production it is logged and the processor goes on, because the facts are already the truth, and `timesale verify` checks the same
//! of the facts. State that contradicts itself is another matter: no step can follow from it.

use std::fmt::Display;

use streams::processor::Verdict;

/// The state contradicts itself: a bug, or bytes that this code never wrote. Nothing sensible can follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("broken invariant: {0}")]
pub(crate) struct CorruptState(pub(crate) &'static str);

impl From<CorruptState> for Verdict {
    fn from(error: CorruptState) -> Self {
        Self::Fatal(error.to_string())
    }
}

/// A rule that does not hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Violation(pub(crate) &'static str);

/// Logs a violation; a test fails.
pub(crate) fn report(subject: &impl Display, held: Result<(), Violation>) {
    if let Err(Violation(rule)) = held {
        tracing::error!(%subject, rule, "an invariant does not hold");
        #[cfg(test)]
        {
            panic!("{subject}: {rule}");
        }
    }
}

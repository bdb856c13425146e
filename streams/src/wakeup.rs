//! Timers with types: what a processor wants to be woken for.

use crate::codec::Corrupt;
use crate::processor::{Context, Timer, Verdict};

/// What a timer is about. A processor with several kinds of timers implements it for an enum.
pub trait Wakeup: Sized {
    /// Which kind it is: part of the stored state, never renumber.
    fn kind(&self) -> u8;

    /// The bytes of what it is about.
    fn write(&self) -> Vec<u8>;

    /// Reads it again.
    ///
    /// # Errors
    /// [`Corrupt`] when no build ever wrote it, or a newer one did.
    fn read(kind: u8, key: &[u8]) -> Result<Self, Corrupt>;
}

/// Wakes the processor once its log time has reached `deadline_ms` (milliseconds since 1970). Scheduling the same wake-up twice for
/// the same deadline is scheduling it once.
pub fn schedule<W: Wakeup>(context: &mut dyn Context, deadline_ms: i64, wakeup: &W) {
    context.schedule(timer(deadline_ms, wakeup));
}

/// Cancels exactly this wake-up at exactly this deadline, if it is scheduled.
pub fn cancel<W: Wakeup>(context: &mut dyn Context, deadline_ms: i64, wakeup: &W) {
    context.cancel(&timer(deadline_ms, wakeup));
}

/// Reads a timer that is due.
///
/// # Errors
/// [`Verdict::Fatal`] when it cannot be read.
pub fn read<W: Wakeup>(timer: &Timer) -> Result<W, Verdict> {
    W::read(timer.kind, &timer.key)
        .map_err(|corrupt| Verdict::Fatal(format!("a timer of kind {} has {corrupt}", timer.kind)))
}

/// The wake-up as the runtime keeps it.
pub fn timer<W: Wakeup>(deadline_ms: i64, wakeup: &W) -> Timer {
    Timer { deadline: deadline_ms, kind: wakeup.kind(), key: wakeup.write() }
}

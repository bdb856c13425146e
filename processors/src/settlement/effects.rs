//! What one step leads to: facts, and wake-ups of the seller.

use events::calendar::Day;
use events::settlement::SettlementEvent;

use crate::kit::effects;

/// The effects of one step.
pub(crate) type Effects = effects::Effects<SettlementEvent, Wakeup>;

/// A wake-up of a seller.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Wakeup {
    /// A day's time is over.
    Close(Day),
    /// A snapshot of the open days is due.
    Snapshot,
    /// Lines that are old are to be forgotten, from the first on.
    ForgetLines,
}

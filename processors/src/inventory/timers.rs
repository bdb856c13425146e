//! How a hold's wake-up is written as a timer of the runtime.

use events::ids::{HoldId, Sku};
use events::time::Timestamp;
use streams::processor::Timer;

use super::effects::Wakeup;
use crate::kit::row::{Reader, RowError, Writer};

/// A timer's kind, as the runtime stores it: never renumber.
mod kind {
    pub(super) const LAPSE: u8 = 1;
    pub(super) const FORGET: u8 = 2;
}

/// The kind of the timer that lets old requests be forgotten.
pub(crate) const FORGET_REQUESTS: u8 = 3;

/// The version of timer keys.
const VERSION: u8 = 1;

/// Who a timer wakes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Woken {
    Hold(Wakeup),
    Requests,
}

/// The runtime's timer for a wake-up.
pub(crate) fn timer(wakeup: &Wakeup, deadline: Timestamp) -> Timer {
    let mut key = Writer::new(VERSION, 32);
    let kind = match wakeup {
        Wakeup::Lapse { sku, hold } => {
            key.fixed(hold.as_bytes());
            key.fixed(sku.as_str().as_bytes());
            kind::LAPSE
        }
        Wakeup::Forget { hold } => {
            key.fixed(hold.as_bytes());
            kind::FORGET
        }
    };
    Timer { deadline: deadline.as_millis(), kind, key: key.finish() }
}

/// Reads a timer.
pub(crate) fn read(timer: &Timer) -> Result<Woken, RowError> {
    let mut key = Reader::new(&timer.key, VERSION)?;
    match timer.kind {
        FORGET_REQUESTS => Ok(Woken::Requests),
        kind::LAPSE => {
            let hold = HoldId::from_bytes(key.fixed()?);
            let sku = std::str::from_utf8(key.rest()).ok().and_then(|text| Sku::new(text).ok());
            Ok(Woken::Hold(Wakeup::Lapse { sku: sku.ok_or(RowError::Field("sku"))?, hold }))
        }
        kind::FORGET => {
            let hold = HoldId::from_bytes(key.fixed()?);
            key.finish()?;
            Ok(Woken::Hold(Wakeup::Forget { hold }))
        }
        _ => Err(RowError::Field("kind of timer")),
    }
}

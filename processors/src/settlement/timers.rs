//! How a seller's wake-up is written as a timer of the runtime.

use events::calendar::Day;
use events::ids::SellerId;
use events::time::Timestamp;
use streams::processor::Timer;

use super::effects::Wakeup;
use crate::kit::row::{Reader, RowError, Writer};

/// A timer's kind, as the runtime stores it: never renumber.
mod kind {
    pub(super) const CLOSE: u8 = 1;
    pub(super) const SNAPSHOT: u8 = 2;
    pub(super) const FORGET_LINES: u8 = 3;
}

/// The kind of the timer that lets old requests be forgotten.
pub(crate) const FORGET_REQUESTS: u8 = 4;

/// The version of timer keys.
const VERSION: u8 = 1;

/// What a timer wakes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Woken {
    Requests,
    Seller(SellerId, Wakeup),
    /// The search for old lines goes on after this key.
    ForgetLines(SellerId, Vec<u8>),
}

/// The runtime's timer for a wake-up.
pub(crate) fn timer(seller: &SellerId, wakeup: &Wakeup, deadline: Timestamp) -> Timer {
    let mut key = Writer::new(VERSION, 24);
    key.text(seller.as_str());
    let kind = match wakeup {
        Wakeup::Close(day) => {
            key.signed(day.number().into());
            kind::CLOSE
        }
        Wakeup::Snapshot => kind::SNAPSHOT,
        Wakeup::ForgetLines => kind::FORGET_LINES,
    };
    Timer { deadline: deadline.as_millis(), kind, key: key.finish() }
}

/// The runtime's timer for the search's next round.
pub(crate) fn forget_on(seller: &SellerId, after: &[u8], deadline: Timestamp) -> Timer {
    let mut key = Writer::new(VERSION, 48);
    key.text(seller.as_str());
    key.fixed(after);
    Timer { deadline: deadline.as_millis(), kind: kind::FORGET_LINES, key: key.finish() }
}

/// Reads a timer.
pub(crate) fn read(timer: &Timer) -> Result<Woken, RowError> {
    let mut key = Reader::new(&timer.key, VERSION)?;
    if timer.kind == FORGET_REQUESTS {
        return Ok(Woken::Requests);
    }
    let seller = SellerId::new(key.text()?).map_err(|_| RowError::Field("seller"))?;
    match timer.kind {
        kind::CLOSE => {
            let number = i32::try_from(key.signed()?).ok().and_then(Day::from_number);
            key.finish()?;
            Ok(Woken::Seller(seller, Wakeup::Close(number.ok_or(RowError::Field("day"))?)))
        }
        kind::SNAPSHOT => {
            key.finish()?;
            Ok(Woken::Seller(seller, Wakeup::Snapshot))
        }
        kind::FORGET_LINES => Ok(Woken::ForgetLines(seller, key.rest().to_vec())),
        _ => Err(RowError::Field("kind of timer")),
    }
}

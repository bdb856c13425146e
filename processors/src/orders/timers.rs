//! An order's wake-up: one timer per order, set to the first thing that time alone leads to.

use events::ids::OrderId;
use events::time::Timestamp;
use streams::processor::Timer;

use crate::kit::row::{Reader, RowError, Writer};

/// A timer's kind, as the runtime stores it: never renumber.
const WAKE: u8 = 1;

/// The version of timer keys.
const VERSION: u8 = 1;

/// The runtime's timer that wakes an order.
pub(crate) fn wake(order: &OrderId, deadline: Timestamp) -> Timer {
    let mut key = Writer::new(VERSION, 1 + OrderId::LENGTH.end());
    key.fixed(order.as_str().as_bytes());
    Timer { deadline: deadline.as_millis(), kind: WAKE, key: key.finish() }
}

/// The order that a timer wakes.
pub(crate) fn read(timer: &Timer) -> Result<OrderId, RowError> {
    if timer.kind != WAKE {
        return Err(RowError::Field("kind of timer"));
    }
    let order = Reader::new(&timer.key, VERSION)?.rest();
    std::str::from_utf8(order).ok().and_then(|text| OrderId::new(text).ok()).ok_or(RowError::Field("order"))
}

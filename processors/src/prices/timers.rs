//! How a product's wake-up is written as a timer of the runtime.

use events::ids::Sku;
use events::time::Timestamp;
use streams::processor::Timer;

use crate::kit::row::{Reader, RowError, Writer};

/// The one kind of timer there is, as the runtime stores it: never renumber.
const LOOK_AGAIN: u8 = 1;

/// The version of timer keys.
const VERSION: u8 = 1;

/// The timer that looks at a product again.
pub(crate) fn timer(sku: &Sku, deadline: Timestamp) -> Timer {
    let mut key = Writer::new(VERSION, 24);
    key.text(sku.as_str());
    Timer { deadline: deadline.as_millis(), kind: LOOK_AGAIN, key: key.finish() }
}

/// The product that a timer looks at again.
pub(crate) fn read(timer: &Timer) -> Result<Sku, RowError> {
    if timer.kind != LOOK_AGAIN {
        return Err(RowError::Field("kind of timer"));
    }
    let mut key = Reader::new(&timer.key, VERSION)?;
    let sku = Sku::new(key.text()?).map_err(|_| RowError::Field("sku"))?;
    key.finish()?;
    Ok(sku)
}

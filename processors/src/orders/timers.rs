//! An order's wake-up: one timer per order, set to the first thing that time alone leads to.

use events::ids::OrderId;
use streams::wakeup::Wakeup;

use crate::kit::field::Id;
use crate::kit::row::{Corrupt, Reader, Writer};

/// A timer's kind, as the runtime stores it: never renumber.
const WAKE: u8 = 1;

/// The version of timer keys.
const VERSION: u8 = 1;

/// An order is woken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct WakeOrder(pub(crate) OrderId);

impl Wakeup for WakeOrder {
    fn kind(&self) -> u8 {
        WAKE
    }

    fn write(&self) -> Vec<u8> {
        let mut key = Writer::new(VERSION, 1 + OrderId::LENGTH.end());
        key.fixed(self.0.key_bytes());
        key.finish()
    }

    fn read(kind: u8, key: &[u8]) -> Result<Self, Corrupt> {
        if kind != WAKE {
            return Err(Corrupt::Field("kind of timer"));
        }
        OrderId::of_key(Reader::new(key, VERSION)?.rest()).map(Self)
    }
}

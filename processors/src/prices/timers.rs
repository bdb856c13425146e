//! When time alone changes a product's best price.

use events::ids::Sku;
use streams::wakeup::Wakeup;

use crate::kit::field::Field;
use crate::kit::row::{Corrupt, Reader, Writer};

/// The one kind of timer there is, as the runtime stores it: never renumber.
const LOOK_AGAIN: u8 = 1;

/// The version of timer keys.
const VERSION: u8 = 1;

/// A product's best price is to be worked out again.
pub(crate) struct LookAgain(pub(crate) Sku);

impl Wakeup for LookAgain {
    fn kind(&self) -> u8 {
        LOOK_AGAIN
    }

    fn write(&self) -> Vec<u8> {
        let mut key = Writer::new(VERSION, 24);
        self.0.write(&mut key);
        key.finish()
    }

    fn read(kind: u8, key: &[u8]) -> Result<Self, Corrupt> {
        if kind != LOOK_AGAIN {
            return Err(Corrupt::Field("kind of timer"));
        }
        let mut key = Reader::new(key, VERSION)?;
        let sku = Field::read(&mut key)?;
        key.finish()?;
        Ok(Self(sku))
    }
}

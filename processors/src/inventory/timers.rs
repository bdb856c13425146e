//! When time alone does something to a hold.

use events::ids::{HoldId, Sku};
use streams::wakeup::Wakeup as Typed;

use crate::kit::field::{Field, Id};
use crate::kit::row::{Corrupt, Reader, Writer};

/// What a timer is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Wakeup {
    /// A hold's time is over.
    Lapse { sku: Sku, hold: HoldId },
    /// A hold need not be kept any longer.
    Forget { hold: HoldId },
    /// Old requests need not be remembered any longer.
    ForgetRequests,
}

/// A timer's kind, as the runtime stores it: never renumber.
mod kind {
    pub(super) const LAPSE: u8 = 1;
    pub(super) const FORGET: u8 = 2;
}

/// The kind of the timer that lets old requests be forgotten.
pub(crate) const FORGET_REQUESTS: u8 = 3;

/// The version of timer keys.
const VERSION: u8 = 1;

impl Typed for Wakeup {
    fn kind(&self) -> u8 {
        match self {
            Self::Lapse { .. } => kind::LAPSE,
            Self::Forget { .. } => kind::FORGET,
            Self::ForgetRequests => FORGET_REQUESTS,
        }
    }

    fn write(&self) -> Vec<u8> {
        let mut key = Writer::new(VERSION, 32);
        match self {
            Self::Lapse { sku, hold } => {
                hold.write(&mut key);
                key.fixed(sku.key_bytes());
            }
            Self::Forget { hold } => hold.write(&mut key),
            Self::ForgetRequests => {}
        }
        key.finish()
    }

    fn read(kind: u8, key: &[u8]) -> Result<Self, Corrupt> {
        let mut key = Reader::new(key, VERSION)?;
        match kind {
            kind::LAPSE => {
                let hold = Field::read(&mut key)?;
                Ok(Self::Lapse { sku: Sku::of_key(key.rest())?, hold })
            }
            kind::FORGET => {
                let hold = Field::read(&mut key)?;
                key.finish()?;
                Ok(Self::Forget { hold })
            }
            FORGET_REQUESTS => Ok(Self::ForgetRequests),
            _ => Err(Corrupt::Field("kind of timer")),
        }
    }
}

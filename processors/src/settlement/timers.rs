//! When time alone does something to a seller.

use events::calendar::Day;
use events::ids::SellerId;
use streams::wakeup::Wakeup as Typed;

use super::effects::Wakeup;
use crate::kit::field::Field;
use crate::kit::row::{Corrupt, Reader, Writer};

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

/// What a timer is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum SettlementTimer {
    /// A seller is woken.
    Seller(SellerId, Wakeup),
    /// The search for old lines goes on after this key; at the beginning there is none.
    ForgetLines(SellerId, Vec<u8>),
    /// Old requests need not be remembered any longer.
    ForgetRequests,
}

impl Typed for SettlementTimer {
    fn kind(&self) -> u8 {
        match self {
            Self::Seller(_, Wakeup::Close(_)) => kind::CLOSE,
            Self::Seller(_, Wakeup::Snapshot) => kind::SNAPSHOT,
            Self::Seller(_, Wakeup::ForgetLines) | Self::ForgetLines(..) => kind::FORGET_LINES,
            Self::ForgetRequests => FORGET_REQUESTS,
        }
    }

    fn write(&self) -> Vec<u8> {
        let mut key = Writer::new(VERSION, 48);
        match self {
            Self::Seller(seller, wakeup) => {
                seller.write(&mut key);
                if let Wakeup::Close(day) = wakeup {
                    key.signed(day.number().into());
                }
            }
            Self::ForgetLines(seller, after) => {
                seller.write(&mut key);
                key.fixed(after);
            }
            Self::ForgetRequests => {}
        }
        key.finish()
    }

    fn read(kind: u8, key: &[u8]) -> Result<Self, Corrupt> {
        let mut key = Reader::new(key, VERSION)?;
        if kind == FORGET_REQUESTS {
            return Ok(Self::ForgetRequests);
        }
        let seller = Field::read(&mut key)?;
        match kind {
            kind::CLOSE => {
                let number = i32::try_from(key.signed()?).ok().and_then(Day::from_number);
                key.finish()?;
                Ok(Self::Seller(seller, Wakeup::Close(number.ok_or(Corrupt::Field("day"))?)))
            }
            kind::SNAPSHOT => {
                key.finish()?;
                Ok(Self::Seller(seller, Wakeup::Snapshot))
            }
            kind::FORGET_LINES => Ok(Self::ForgetLines(seller, key.rest().to_vec())),
            _ => Err(Corrupt::Field("kind of timer")),
        }
    }
}

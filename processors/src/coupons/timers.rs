//! When time alone does something to a campaign.

use events::ids::{CampaignId, HoldId, ShopperId};
use streams::wakeup::Wakeup as Typed;

use crate::kit::field::{Field, Id};
use crate::kit::row::{Corrupt, Reader, Writer};

/// Why a campaign is woken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Wakeup {
    /// A hold's time is over.
    Lapse { shopper: ShopperId, hold: HoldId },
    /// A use window is over: expire coupons, account by account, after this account.
    Expire { after: Vec<u8> },
    /// Old requests need not be remembered any longer, account by account, after this account.
    Forget { after: Vec<u8> },
    /// The campaign's accounts need not be kept any longer. They are deleted from the front, so no place is kept.
    Retire,
}

/// A timer's kind, as the runtime stores it: never renumber.
mod kind {
    pub(super) const LAPSE: u8 = 1;
    pub(super) const EXPIRE: u8 = 2;
    pub(super) const FORGET: u8 = 3;
    pub(super) const RETIRE: u8 = 4;
}

/// The kind of the timer that lets old requests be forgotten.
pub(crate) const FORGET_REQUESTS: u8 = 5;

/// The version of timer keys.
const VERSION: u8 = 1;

impl Wakeup {
    /// The beginning of an expiry sweep.
    pub(crate) fn expire() -> Self {
        Self::Expire { after: Vec::new() }
    }

    /// The beginning of a forgetting sweep.
    pub(crate) fn forget() -> Self {
        Self::Forget { after: Vec::new() }
    }
}

/// What a timer is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum CouponTimer {
    /// A campaign is woken.
    Campaign(CampaignId, Wakeup),
    /// Old requests need not be remembered any longer.
    ForgetRequests,
}

impl Typed for CouponTimer {
    fn kind(&self) -> u8 {
        match self {
            Self::Campaign(_, Wakeup::Lapse { .. }) => kind::LAPSE,
            Self::Campaign(_, Wakeup::Expire { .. }) => kind::EXPIRE,
            Self::Campaign(_, Wakeup::Forget { .. }) => kind::FORGET,
            Self::Campaign(_, Wakeup::Retire) => kind::RETIRE,
            Self::ForgetRequests => FORGET_REQUESTS,
        }
    }

    fn write(&self) -> Vec<u8> {
        let mut key = Writer::new(VERSION, 64);
        if let Self::Campaign(campaign, wakeup) = self {
            campaign.write(&mut key);
            match wakeup {
                Wakeup::Lapse { shopper, hold } => {
                    hold.write(&mut key);
                    key.fixed(shopper.key_bytes());
                }
                Wakeup::Expire { after } | Wakeup::Forget { after } => key.fixed(after),
                Wakeup::Retire => {}
            }
        }
        key.finish()
    }

    fn read(kind: u8, key: &[u8]) -> Result<Self, Corrupt> {
        let mut key = Reader::new(key, VERSION)?;
        if kind == FORGET_REQUESTS {
            return Ok(Self::ForgetRequests);
        }
        let campaign = Field::read(&mut key)?;
        let wakeup = match kind {
            kind::LAPSE => {
                let hold = Field::read(&mut key)?;
                Wakeup::Lapse { shopper: ShopperId::of_key(key.rest())?, hold }
            }
            kind::EXPIRE => Wakeup::Expire { after: key.rest().to_vec() },
            kind::FORGET => Wakeup::Forget { after: key.rest().to_vec() },
            kind::RETIRE => Wakeup::Retire,
            _ => return Err(Corrupt::Field("kind of timer")),
        };
        Ok(Self::Campaign(campaign, wakeup))
    }
}

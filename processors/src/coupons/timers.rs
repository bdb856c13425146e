//! Wake-ups: what time alone can lead to, and how a wake-up is written as a timer of the runtime.

use events::ids::{CampaignId, HoldId, ShopperId};
use events::time::Timestamp;
use streams::processor::Timer;

use crate::kit::row::{Reader, RowError, Writer};

/// Why a campaign, or the memory of strangers, is woken.
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

/// A change of timers that a step asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum TimerChange {
    Set(Timestamp, Wakeup),
    Cancel(Timestamp, Wakeup),
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

    /// The runtime's timer for this wake-up of a campaign.
    pub(crate) fn timer(&self, campaign: &CampaignId, deadline: Timestamp) -> Timer {
        let mut key = Writer::new(VERSION, 64);
        key.text(campaign.as_str());
        let kind = match self {
            Self::Lapse { shopper, hold } => {
                key.fixed(hold.as_bytes());
                key.fixed(shopper.as_str().as_bytes());
                kind::LAPSE
            }
            Self::Expire { after } => {
                key.fixed(after);
                kind::EXPIRE
            }
            Self::Forget { after } => {
                key.fixed(after);
                kind::FORGET
            }
            Self::Retire => kind::RETIRE,
        };
        Timer { deadline: deadline.as_millis(), kind, key: key.finish() }
    }
}

impl TimerChange {
    /// The change that undoes this one.
    pub(crate) fn reversed(self) -> Self {
        match self {
            Self::Set(deadline, wakeup) => Self::Cancel(deadline, wakeup),
            Self::Cancel(deadline, wakeup) => Self::Set(deadline, wakeup),
        }
    }
}

/// Who a timer wakes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Woken {
    Campaign(CampaignId, Wakeup),
    Requests,
}

/// Reads a timer.
pub(crate) fn read(timer: &Timer) -> Result<Woken, RowError> {
    let mut key = Reader::new(&timer.key, VERSION)?;
    if timer.kind == FORGET_REQUESTS {
        return Ok(Woken::Requests);
    }
    let campaign = CampaignId::new(key.text()?).map_err(|_| RowError::Field("campaign"))?;
    let wakeup = match timer.kind {
        kind::LAPSE => {
            let hold = HoldId::from_bytes(key.fixed()?);
            let shopper = std::str::from_utf8(key.rest()).ok().and_then(|text| ShopperId::new(text).ok());
            Wakeup::Lapse { shopper: shopper.ok_or(RowError::Field("shopper"))?, hold }
        }
        kind::EXPIRE => Wakeup::Expire { after: key.rest().to_vec() },
        kind::FORGET => Wakeup::Forget { after: key.rest().to_vec() },
        kind::RETIRE => Wakeup::Retire,
        _ => return Err(RowError::Field("kind of timer")),
    };
    Ok(Woken::Campaign(campaign, wakeup))
}

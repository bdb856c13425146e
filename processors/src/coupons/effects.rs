//! What one step leads to: facts, timers of the campaign, and answers to orders that sent no command; or why it is not taken.

use events::coupons::{CouponAnswer, CouponEvent, Refusal};
use events::ids::{CampaignId, HoldId, OrderId, ShopperId};

use crate::kit::id::Rest;
use crate::kit::machine::{self, CorruptState};
use crate::kit::wakeup::wakeups;

/// The effects of one step.
pub(crate) type Effects = machine::Effects<CouponEvent, Wakeup, Notice>;

/// An answer to an order that sent no command: its hold was ended by another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Notice {
    pub(crate) order: OrderId,
    pub(crate) answer: CouponAnswer,
}

/// Why a step was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Declined {
    /// A rule says no: an outcome.
    Refused(Refusal),
    /// The state contradicts itself: stop.
    Corrupt(CorruptState),
}

impl From<Refusal> for Declined {
    fn from(reason: Refusal) -> Self {
        Self::Refused(reason)
    }
}

impl From<CorruptState> for Declined {
    fn from(corrupt: CorruptState) -> Self {
        Self::Corrupt(corrupt)
    }
}

/// The kind of the timer that lets old requests be forgotten.
pub(crate) const FORGET_REQUESTS: u8 = 5;

wakeups!(
    /// What a timer is for.
    Wakeup {
        /// A hold's time is over.
        Lapse = 1 { campaign: CampaignId, hold: HoldId, shopper: ShopperId as Rest },
        /// A use window is over: expire coupons, account by account, after this account.
        Expire = 2 { campaign: CampaignId, after: Vec<u8> as Rest },
        /// Old requests need not be remembered any longer, account by account, after this account.
        Forget = 3 { campaign: CampaignId, after: Vec<u8> as Rest },
        /// The campaign's accounts need not be kept any longer. They are deleted from the front, so no place is kept.
        Retire = 4 { campaign: CampaignId },
        /// Old requests for no campaign need not be remembered any longer.
        ForgetRequests = FORGET_REQUESTS,
    }
);

impl Wakeup {
    /// The campaign that is woken.
    pub(crate) fn campaign(&self) -> Option<&CampaignId> {
        match self {
            Self::Lapse { campaign, .. }
            | Self::Expire { campaign, .. }
            | Self::Forget { campaign, .. }
            | Self::Retire { campaign } => Some(campaign),
            Self::ForgetRequests => None,
        }
    }

    /// The first round of an expiry.
    pub(crate) fn expire(campaign: &CampaignId) -> Self {
        Self::Expire { campaign: campaign.clone(), after: Vec::new() }
    }

    /// The first round in which old requests are forgotten.
    pub(crate) fn forget(campaign: &CampaignId) -> Self {
        Self::Forget { campaign: campaign.clone(), after: Vec::new() }
    }

    /// The first round in which a campaign's accounts are deleted.
    pub(crate) fn retire(campaign: &CampaignId) -> Self {
        Self::Retire { campaign: campaign.clone() }
    }
}

//! What one step leads to: facts, wake-ups of the campaign, and notices to orders that did not ask.

use events::coupons::{CouponAnswer, CouponEvent};
use events::ids::OrderId;

use super::timers::Wakeup;
use crate::kit::effects;

/// The effects of one step.
pub(crate) type Effects = effects::Effects<CouponEvent, Wakeup, Notice>;

/// What an order is told unasked: its hold has ended by somebody else's doing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Notice {
    pub(crate) order: OrderId,
    pub(crate) answer: CouponAnswer,
}

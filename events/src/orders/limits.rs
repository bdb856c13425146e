//! How long an order may stay where it is. The limits travel with the order, so that a decision follows from the log alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Time limits of one order, milliseconds of log time. Each ends a state in which nothing else would.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeLimits {
    /// From the holds to the start of the payment; then the order expires.
    pub pay_ms: i64,
    /// From the payment to the shipment; then it is refunded.
    pub ship_ms: i64,
    /// From the shipment to the delivery; then the purchase is confirmed, since nobody has complained.
    pub deliver_ms: i64,
    /// From the delivery to the confirmation of the purchase; then it is confirmed.
    pub confirm_ms: i64,
}

const MINUTE_MS: i64 = 60 * 1000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

impl TimeLimits {
    /// The longest that an order may wait for its payment to begin: a day.
    pub const LONGEST_PAY_MS: i64 = DAY_MS;
    /// The longest of the other limits: ninety days.
    pub const LONGEST_MS: i64 = 90 * DAY_MS;

    /// Whether every limit is at least a second and at most its longest.
    #[must_use]
    pub fn is_plausible(&self) -> bool {
        (1_000..=Self::LONGEST_PAY_MS).contains(&self.pay_ms)
            && [self.ship_ms, self.deliver_ms, self.confirm_ms]
                .iter()
                .all(|limit| (1_000..=Self::LONGEST_MS).contains(limit))
    }
}

/// Ten minutes to pay, fourteen days to ship, 28 days under way (what Korean marketplaces grant untracked parcels), eight
/// days after delivery (what they confirm a purchase after).
impl Default for TimeLimits {
    fn default() -> Self {
        Self { pay_ms: 10 * MINUTE_MS, ship_ms: 14 * DAY_MS, deliver_ms: 28 * DAY_MS, confirm_ms: 8 * DAY_MS }
    }
}

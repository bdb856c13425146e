//! How Redis writes an order: where it is, on one line. What only some facts say ([`OrderDetails`]) is in Postgres alone.

use super::{Parts, ValueError, or_empty};
use crate::{OrderDetails, OrderRow};
use events::ids::OrderId;
use events::money::Money;
use events::orders::{OrderAmounts, OrderState};
use events::time::Timestamp;

impl OrderRow {
    /// The value of the order's key. Every fact says all of it, so that a newer line replaces an older one whole.
    #[must_use]
    pub fn to_redis(&self) -> String {
        let OrderAmounts { gross, discount, due, paid, refunded } = self.amounts;
        let deadline = or_empty(self.deadline.map(Timestamp::as_millis).as_ref());
        format!(
            "{}|{}|{}|{}|{gross}|{discount}|{due}|{paid}|{refunded}|{}|{deadline}|{}",
            self.version,
            self.partition,
            self.shopper,
            self.state.name(),
            self.awaited,
            self.updated_at.as_millis(),
        )
    }

    /// Reads the value of an order's key: a row without details.
    ///
    /// # Errors
    /// [`ValueError`] names the part that is missing or unreadable.
    pub fn from_redis(order: OrderId, value: &str) -> Result<Self, ValueError> {
        let mut parts = Parts::of("order", value);
        let version = parts.one("version")?;
        let partition = parts.one("partition")?;
        let shopper = parts.one("shopper")?;
        let state = parts.named("state", OrderState::from_name)?;
        let mut money = |part| parts.one(part).map(Money::new);
        let amounts = OrderAmounts {
            gross: money("gross")?,
            discount: money("discount")?,
            due: money("due")?,
            paid: money("paid")?,
            refunded: money("refunded")?,
        };
        let row = Self {
            order,
            partition,
            version,
            shopper,
            state,
            amounts,
            awaited: parts.one("awaited")?,
            deadline: parts.maybe("deadline")?.map(Timestamp::from_millis),
            details: OrderDetails::default(),
            updated_at: Timestamp::from_millis(parts.one("updated_at")?),
        };
        parts.end()?;
        Ok(row)
    }

    /// What of the row Redis holds.
    #[must_use]
    pub fn without_details(&self) -> Self {
        Self { details: OrderDetails::default(), ..self.clone() }
    }
}

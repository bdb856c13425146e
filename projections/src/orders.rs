//! The rows of an order: from `orders.events`. Every fact says where the order is and what it amounts to; what only some facts
//! say is kept until another fact says it.

use compact_str::CompactString;

use events::ids::{HoldId, OrderId, PaymentKey, RequestId, ShopperId, Sku};
use events::inventory::UnitTerms;
use events::money::BasisPoints;
use events::orders::{LineAmounts, OrderAmounts, OrderCoupon, OrderFact, OrderState};
use events::payments::{PaymentMethod, VirtualAccount};
use events::time::Timestamp;

/// An order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OrderRow {
    /// Its id.
    pub order: OrderId,
    /// The partition it lives in.
    pub partition: i32,
    /// The number of its latest fact; the row with the greater version wins.
    pub version: u64,
    /// Whose it is.
    pub shopper: ShopperId,
    /// Where it is.
    pub state: OrderState,
    /// What it amounts to.
    pub amounts: OrderAmounts,
    /// How many steps others have yet to answer.
    pub awaited: u16,
    /// When it moves by itself; nothing at its end.
    pub deadline: Option<Timestamp>,
    /// What no fact but some say.
    pub details: OrderDetails,
    /// Log time of the latest fact.
    pub updated_at: Timestamp,
}

/// What only some facts say about an order; nothing when none at hand does.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OrderDetails {
    /// The request that placed it.
    pub request: Option<RequestId>,
    /// When it was placed.
    pub placed_at: Option<Timestamp>,
    /// Its coupon.
    pub coupon: Option<OrderCoupon>,
    /// The hold on the coupon.
    pub coupon_hold: Option<HoldId>,
    /// The platform's share of the discount.
    pub platform_share: Option<BasisPoints>,
    /// The latest attempt to pay.
    pub attempt: Option<u16>,
    /// The latest payment.
    pub payment_key: Option<PaymentKey>,
    /// How it was paid.
    pub method: Option<PaymentMethod>,
    /// Where the shopper has to transfer the money.
    pub account: Option<VirtualAccount>,
    /// The code of why it was rejected, or its latest payment declined, as `code()` of every refusal spells it.
    pub reason: Option<CompactString>,
}

/// A line of an order. Its frozen part comes with the price, the rest with each refund.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OrderLineRow {
    /// The order.
    pub order: OrderId,
    /// The product: the line's name in its order.
    pub sku: Sku,
    /// The number of the order's latest fact about the line; the row with the greater version wins.
    pub version: u64,
    /// What was frozen; nothing when the fact that froze it is not at hand.
    pub frozen: Option<FrozenLine>,
    /// How many of its units are refunded.
    pub refunded_quantity: u32,
    /// What they amount to.
    pub refunded: LineAmounts,
}

/// What was frozen of a line when everything was held.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FrozenLine {
    /// How many units.
    pub quantity: u32,
    /// The hold on them.
    pub hold: HoldId,
    /// The terms of a unit.
    pub unit: UnitTerms,
    /// What the line amounts to.
    pub amounts: LineAmounts,
}

/// A fact as the order's timeline shows it: written once, never changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TimelineRow {
    /// The order.
    pub order: OrderId,
    /// The fact's number.
    pub version: u64,
    /// Its log time.
    pub at: Timestamp,
    /// Where the order was after it.
    pub state: OrderState,
    /// What the order amounted to after it.
    pub amounts: OrderAmounts,
    /// How many steps others had yet to answer.
    pub awaited: u16,
    /// When the order would have moved by itself.
    pub deadline: Option<Timestamp>,
    /// The fact.
    pub fact: OrderFact,
}

impl OrderRow {
    /// How long Redis shows an order after its last deadline, or its end: 7 days. Postgres shows it after that.
    pub const REMEMBERED_MS: i64 = 7 * 24 * 60 * 60 * 1000;

    /// The instant from which on Redis does not hold the row.
    #[must_use]
    pub fn forgotten_at(&self) -> Timestamp {
        self.deadline.map_or(self.updated_at, |deadline| deadline.max(self.updated_at)).plus_millis(Self::REMEMBERED_MS)
    }
}

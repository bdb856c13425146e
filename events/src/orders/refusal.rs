//! Why an order, or a command to one, is refused: a closed list, and the reasons that others gave. Where several rules are broken
//! the one listed first is named.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coupons::Refusal;
use crate::ids::Sku;
use crate::inventory::StockRefusal;
use crate::payments::Decline;

/// The rule that a refused command broke.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderRefusal {
    /// The same request was sent before with other content.
    IdempotencyConflict,
    /// So many requests were accepted within a day that no more can be remembered, and what cannot be remembered is not done.
    TooManyRequests,
    /// No such order, or it is another shopper's.
    UnknownOrder,
    /// Lines, quantities or time limits that no order can have.
    InvalidOrder,
    /// What is held costs something else than the shopper was shown.
    PriceChanged,
    /// Stock or coupon did not answer in time.
    NotAnswered,
    /// A product that the order does not have.
    UnknownLine,
    /// More units than the order has left.
    TooManyUnits,
    /// The payment is not for what the order costs; nothing was charged.
    AmountMismatch,
    /// The time to pay is over; nothing was charged.
    PaymentWindowOver,
    /// The provider is being asked to charge.
    PaymentInFlight,
    /// Money is being given back.
    RefundInFlight,
    /// The order does not await a payment.
    NotAwaitingPayment,
    /// It was shipped: it cannot be cancelled any more, only sent back.
    AlreadyShipped,
    /// It is not paid, or was undone.
    NotPaid,
    /// It was not shipped.
    NotShipped,
    /// A refund of money that came by transfer needs an account to send it to.
    RefundAccountMissing,
}

impl OrderRefusal {
    /// Every refusal, in order of precedence.
    pub const ALL: [Self; 17] = [
        Self::IdempotencyConflict,
        Self::TooManyRequests,
        Self::UnknownOrder,
        Self::InvalidOrder,
        Self::PriceChanged,
        Self::NotAnswered,
        Self::UnknownLine,
        Self::TooManyUnits,
        Self::AmountMismatch,
        Self::PaymentWindowOver,
        Self::PaymentInFlight,
        Self::RefundInFlight,
        Self::NotAwaitingPayment,
        Self::AlreadyShipped,
        Self::NotPaid,
        Self::NotShipped,
        Self::RefundAccountMissing,
    ];

    /// The code, as HTTP, SQL, Redis and metrics name it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::IdempotencyConflict => "IDEMPOTENCY_CONFLICT",
            Self::TooManyRequests => "TOO_MANY_REQUESTS",
            Self::UnknownOrder => "UNKNOWN_ORDER",
            Self::InvalidOrder => "INVALID_ORDER",
            Self::PriceChanged => "PRICE_CHANGED",
            Self::NotAnswered => "NOT_ANSWERED",
            Self::UnknownLine => "UNKNOWN_LINE",
            Self::TooManyUnits => "TOO_MANY_UNITS",
            Self::AmountMismatch => "AMOUNT_MISMATCH",
            Self::PaymentWindowOver => "PAYMENT_WINDOW_OVER",
            Self::PaymentInFlight => "PAYMENT_IN_FLIGHT",
            Self::RefundInFlight => "REFUND_IN_FLIGHT",
            Self::NotAwaitingPayment => "NOT_AWAITING_PAYMENT",
            Self::AlreadyShipped => "ALREADY_SHIPPED",
            Self::NotPaid => "NOT_PAID",
            Self::NotShipped => "NOT_SHIPPED",
            Self::RefundAccountMissing => "REFUND_ACCOUNT_MISSING",
        }
    }

    /// Whether the same, sent as a new request later, may be granted.
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(self, Self::TooManyRequests | Self::NotAnswered | Self::PaymentInFlight | Self::RefundInFlight)
    }
}

/// Why an order was rejected, or a command to it refused.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A rule of orders.
    Order {
        /// The rule.
        refusal: OrderRefusal,
    },
    /// A product's units cannot be had.
    Stock {
        /// The product.
        sku: Sku,
        /// Why.
        refusal: StockRefusal,
    },
    /// The coupon cannot be used.
    Coupon {
        /// Why.
        refusal: Refusal,
    },
    /// The payment provider said no.
    Payment {
        /// What the shopper can do about it.
        decline: Decline,
        /// The provider's code.
        code: String,
    },
    /// The payment provider gave no money back.
    Refund {
        /// The provider's code.
        code: String,
    },
}

impl Reason {
    /// The code of every payment that the provider declined.
    pub const PAYMENT_DECLINED: &'static str = "PAYMENT_DECLINED";
    /// The code of every refund that the provider refused.
    pub const REFUND_REFUSED: &'static str = "REFUND_REFUSED";

    /// The code, as HTTP, SQL, Redis and metrics name it; of a payment provider's many codes the kind only.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Order { refusal } => refusal.code(),
            Self::Stock { refusal, .. } => refusal.code(),
            Self::Coupon { refusal } => refusal.code(),
            Self::Payment { .. } => Self::PAYMENT_DECLINED,
            Self::Refund { .. } => Self::REFUND_REFUSED,
        }
    }

    /// Every code that a reason can have, each once.
    #[must_use]
    pub fn codes() -> BTreeSet<&'static str> {
        let orders = OrderRefusal::ALL.map(OrderRefusal::code);
        let stock = StockRefusal::ALL.map(StockRefusal::code);
        let coupons = Refusal::ALL.map(Refusal::code);
        let provider = [Self::PAYMENT_DECLINED, Self::REFUND_REFUSED];
        orders.into_iter().chain(stock).chain(coupons).chain(provider).collect()
    }

    /// Whether the same, sent as a new request later, may be granted.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Order { refusal } => refusal.is_transient(),
            Self::Stock { refusal, .. } => refusal.is_transient(),
            Self::Coupon { refusal } => refusal.is_transient(),
            Self::Payment { decline, .. } => *decline != Decline::Fault,
            Self::Refund { .. } => false,
        }
    }
}

impl From<OrderRefusal> for Reason {
    fn from(refusal: OrderRefusal) -> Self {
        Self::Order { refusal }
    }
}

#[cfg(test)]
#[path = "refusal_tests.rs"]
mod tests;

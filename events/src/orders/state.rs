//! Where an order is.
//!
//! ```text
//! Holding ──▶ AwaitingPayment ──▶ Confirming ──▶ Paid ──▶ Shipped ──▶ Delivered ──▶ PurchaseConfirmed
//!    │           │  │    ▲           │  ▲         │          │            │               │
//!    ▼           │  │    └─ declined ┤  ▼         └──────────┴─── Refunding ──────────────┘
//! Rejected       │  │                │ PaymentUnknown          │          │
//!                │  ▼                │ AwaitingDeposit         ▼          ▼
//!                │ Expired           │ CancelRequested     Cancelled   Refunded, or back where it was
//!                ▼                   ▼
//!             Cancelled         PaymentFailed
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where an order is. What of it is paid and refunded are numbers beside it ([`super::OrderAmounts`]).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Stock and coupon are being held.
    Holding,
    /// Everything is held and priced; the shopper may pay.
    AwaitingPayment,
    /// The provider is asked to charge. The deadline to pay does not fire.
    Confirming,
    /// The provider's answer is not known; it is asked again. Everything stays held.
    PaymentUnknown,
    /// A virtual account awaits the shopper's transfer.
    AwaitingDeposit,
    /// The shopper cancelled while the provider's answer was awaited: undone as soon as it is known.
    CancelRequested,
    /// Paid.
    Paid,
    /// On its way.
    Shipped,
    /// With the shopper.
    Delivered,
    /// The purchase is confirmed, by the shopper or by time: settlement counts it.
    PurchaseConfirmed,
    /// Money is being given back.
    Refunding,
    /// Never held: something was refused.
    Rejected,
    /// Not paid in time.
    Expired,
    /// The provider refused to charge, and the shopper cannot try again.
    PaymentFailed,
    /// Undone before the shipment.
    Cancelled,
    /// Wholly refunded after the shipment.
    Refunded,
}

impl OrderState {
    /// Every state.
    pub const ALL: [Self; 16] = [
        Self::Holding,
        Self::AwaitingPayment,
        Self::Confirming,
        Self::PaymentUnknown,
        Self::AwaitingDeposit,
        Self::CancelRequested,
        Self::Paid,
        Self::Shipped,
        Self::Delivered,
        Self::PurchaseConfirmed,
        Self::Refunding,
        Self::Rejected,
        Self::Expired,
        Self::PaymentFailed,
        Self::Cancelled,
        Self::Refunded,
    ];

    /// Whether the order never moves again by itself. A confirmed purchase may still be refunded by an operator, and a payment
    /// that is found late is refunded.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        self == Self::PurchaseConfirmed || self.is_undone()
    }

    /// Whether the order ended without a purchase: nothing is held, and all that was paid is given back.
    #[must_use]
    pub fn is_undone(self) -> bool {
        matches!(self, Self::Rejected | Self::Expired | Self::PaymentFailed | Self::Cancelled | Self::Refunded)
    }

    /// The name in HTTP, SQL and Redis.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Holding => "holding",
            Self::AwaitingPayment => "awaiting_payment",
            Self::Confirming => "confirming",
            Self::PaymentUnknown => "payment_unknown",
            Self::AwaitingDeposit => "awaiting_deposit",
            Self::CancelRequested => "cancel_requested",
            Self::Paid => "paid",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::PurchaseConfirmed => "purchase_confirmed",
            Self::Refunding => "refunding",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::PaymentFailed => "payment_failed",
            Self::Cancelled => "cancelled",
            Self::Refunded => "refunded",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

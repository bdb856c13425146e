//! What the orders processor is told: the values of `orders.inbox`. Commands of shoppers, merchants and operators, and the answers
//! of those that it asked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Goods, OrderCoupon, RefundCause, TimeLimits, Units};
use crate::coupons::CouponAnswer;
use crate::ids::{OrderId, PaymentKey, RequestId, ShopperId, Sku, TransmissionId};
use crate::inventory::StockAnswer;
use crate::money::Money;
use crate::payments::{PaymentAnswer, PaymentStatus, RefundAccount};
use crate::request::Fingerprint;

/// What the orders processor can be told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderCommand {
    /// A shopper orders.
    Place {
        /// The request; the order's id derives from it.
        request: RequestId,
        /// The order: [`RequestId::order`] of the request.
        order: OrderId,
        /// Who orders.
        shopper: ShopperId,
        /// What, each product once, `1..=`[`super::MOST_LINES`].
        lines: Vec<Units>,
        /// The coupon to use.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        coupon: Option<OrderCoupon>,
        /// What the shopper was shown it would cost, coupon included, minor units; an order that costs anything else is rejected.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quoted: Option<Money>,
        /// How long the order may stay where it is.
        limits: TimeLimits,
    },
    /// A shopper has authenticated a payment: charge it.
    Pay {
        /// The request.
        request: RequestId,
        /// The order.
        order: OrderId,
        /// Who pays.
        shopper: ShopperId,
        /// The payment, as the provider named it.
        payment_key: PaymentKey,
        /// For how much, minor units.
        amount: Money,
    },
    /// A shopper cancels before the shipment.
    Cancel {
        /// The request.
        request: RequestId,
        /// The order.
        order: OrderId,
        /// Who cancels.
        shopper: ShopperId,
        /// Which units; none: all that are left.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        lines: Vec<Units>,
        /// Where to send money that came by transfer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<RefundAccount>,
    },
    /// The goods are on their way.
    Ship {
        /// The request.
        request: RequestId,
        /// The order.
        order: OrderId,
    },
    /// The goods are with the shopper.
    Deliver {
        /// The request.
        request: RequestId,
        /// The order.
        order: OrderId,
    },
    /// The purchase is confirmed.
    ConfirmPurchase {
        /// The request.
        request: RequestId,
        /// The order.
        order: OrderId,
        /// The shopper who confirms; nobody: an operator does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shopper: Option<ShopperId>,
    },
    /// An operator gives money back.
    Refund {
        /// The request.
        request: RequestId,
        /// The order.
        order: OrderId,
        /// Which units; none: all that are left.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        lines: Vec<Units>,
        /// Why: one of [`RefundCause::OF_OPERATORS`].
        cause: RefundCause,
        /// What becomes of the goods.
        goods: Goods,
        /// Where to send money that came by transfer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<RefundAccount>,
    },
    /// The provider's webhook says that something happened: a hint to look, no proof.
    Hint {
        /// The webhook.
        transmission: TransmissionId,
        /// The order.
        order: OrderId,
        /// The payment it names.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        payment_key: Option<PaymentKey>,
        /// The status it claims.
        status: PaymentStatus,
    },
    /// The inventory processor answers.
    StockAnswered {
        /// The order.
        order: OrderId,
        /// The product.
        sku: Sku,
        /// The step it answers; nothing when time alone led to it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<RequestId>,
        /// The answer.
        answer: StockAnswer,
    },
    /// The coupon processor answers.
    CouponAnswered {
        /// The order.
        order: OrderId,
        /// The step it answers; nothing when time or an operator led to it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<RequestId>,
        /// The answer.
        answer: CouponAnswer,
    },
    /// The connector of the payment provider answers.
    PaymentAnswered {
        /// The order.
        order: OrderId,
        /// The step it answers.
        request: RequestId,
        /// The answer.
        answer: PaymentAnswer,
    },
}

impl OrderCommand {
    /// The order the command is about: the record's key.
    #[must_use]
    pub fn order(&self) -> &OrderId {
        match self {
            Self::Place { order, .. }
            | Self::Pay { order, .. }
            | Self::Cancel { order, .. }
            | Self::Ship { order, .. }
            | Self::Deliver { order, .. }
            | Self::ConfirmPurchase { order, .. }
            | Self::Refund { order, .. }
            | Self::Hint { order, .. }
            | Self::StockAnswered { order, .. }
            | Self::CouponAnswered { order, .. }
            | Self::PaymentAnswered { order, .. } => order,
        }
    }

    /// The request of a shopper, merchant or operator; nothing for answers and hints.
    #[must_use]
    pub fn request(&self) -> Option<RequestId> {
        match self {
            Self::Place { request, .. }
            | Self::Pay { request, .. }
            | Self::Cancel { request, .. }
            | Self::Ship { request, .. }
            | Self::Deliver { request, .. }
            | Self::ConfirmPurchase { request, .. }
            | Self::Refund { request, .. } => Some(*request),
            Self::Hint { .. }
            | Self::StockAnswered { .. }
            | Self::CouponAnswered { .. }
            | Self::PaymentAnswered { .. } => None,
        }
    }

    /// The shopper whose command it is.
    #[must_use]
    pub fn shopper(&self) -> Option<&ShopperId> {
        match self {
            Self::Place { shopper, .. } | Self::Pay { shopper, .. } | Self::Cancel { shopper, .. } => Some(shopper),
            Self::ConfirmPurchase { shopper, .. } => shopper.as_ref(),
            _ => None,
        }
    }

    /// What the command says, hashed. An order's time limits are the shop's and not the shopper's words: they do not count.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let mut said = self.clone();
        if let Self::Place { limits, .. } = &mut said {
            *limits = TimeLimits::default();
        }
        // Encoding cannot fail: the type has string keys only. Its form changes only by fields that older commands lack.
        Fingerprint::of(&serde_json::to_vec(&said).unwrap_or_default())
    }

    /// The command's type, as the `event-type` header and metrics name it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Place { .. } => "place",
            Self::Pay { .. } => "pay",
            Self::Cancel { .. } => "cancel",
            Self::Ship { .. } => "ship",
            Self::Deliver { .. } => "deliver",
            Self::ConfirmPurchase { .. } => "confirm_purchase",
            Self::Refund { .. } => "refund",
            Self::Hint { .. } => "hint",
            Self::StockAnswered { .. } => "stock_answered",
            Self::CouponAnswered { .. } => "coupon_answered",
            Self::PaymentAnswered { .. } => "payment_answered",
        }
    }
}

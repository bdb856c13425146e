//! What can happen to an order.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Goods, OrderCoupon, OrderLine, Reason, RefundCause, RefundLine, Units};
use crate::ids::{HoldId, PaymentKey, RequestId, ShopperId, Sku, TransmissionId};
use crate::money::{BasisPoints, Money};
use crate::payments::{Decline, PaymentMethod, PaymentStatus, VirtualAccount};

/// Who confirmed a purchase.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Confirmer {
    /// The shopper.
    Shopper,
    /// An operator.
    Operator,
    /// Nobody complained in time.
    Time,
}

/// What happened. Of the facts that one request leads to, exactly one names it: the one that decides it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderFact {
    /// An order was placed; its stock is being held.
    OrderPlaced {
        /// What was ordered.
        lines: Vec<Units>,
        /// The coupon to use.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        coupon: Option<OrderCoupon>,
    },
    /// Everything is held; terms and amounts are frozen. Decides the order's request.
    OrderPriced {
        /// The request.
        request: RequestId,
        /// The lines.
        lines: Vec<OrderLine>,
        /// The coupon that is held.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        coupon: Option<OrderCoupon>,
        /// The hold on it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        coupon_hold: Option<HoldId>,
        /// The platform's share of the discount, as the coupon's campaign promised it.
        platform_share: BasisPoints,
    },
    /// Something could not be held; what was held is released. Decides the order's request.
    OrderRejected {
        /// The request.
        request: RequestId,
        /// Why.
        reason: Reason,
    },
    /// The provider is asked to charge.
    PaymentStarted {
        /// Which attempt, from 1.
        attempt: u16,
        /// The payment.
        payment_key: PaymentKey,
    },
    /// The provider's answer is not known; it will be asked again.
    PaymentUnknown {
        /// Which attempt.
        attempt: u16,
        /// What went wrong.
        code: String,
    },
    /// The provider refused to charge; the shopper may try again.
    PaymentDeclined {
        /// The request to pay.
        request: RequestId,
        /// Which attempt.
        attempt: u16,
        /// What the shopper can do about it.
        decline: Decline,
        /// The provider's code.
        code: String,
    },
    /// The provider refused to charge, and the order ends: too often, too late, or the transfer did not come.
    PaymentFailed {
        /// The request to pay; nothing when time alone led to it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<RequestId>,
        /// Which attempt.
        attempt: u16,
        /// What the shopper could do about it.
        decline: Decline,
        /// The provider's code.
        code: String,
    },
    /// A virtual account awaits the shopper's transfer.
    DepositAwaited {
        /// The request to pay.
        request: RequestId,
        /// Which attempt.
        attempt: u16,
        /// The payment.
        payment_key: PaymentKey,
        /// Where to transfer to.
        account: VirtualAccount,
    },
    /// The order is paid; stock is committed and the coupon redeemed.
    OrderPaid {
        /// The request to pay; nothing when it was decided before, or when there was nothing to pay.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<RequestId>,
        /// Which attempt; 0 when there was nothing to pay.
        attempt: u16,
        /// The payment; nothing when there was nothing to pay.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        payment_key: Option<PaymentKey>,
        /// How it was paid.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        method: Option<PaymentMethod>,
    },
    /// A payment turned up for an order that had been given up; it is refunded.
    LatePaymentFound {
        /// The payment.
        payment_key: PaymentKey,
        /// How much, minor units.
        amount: Money,
    },
    /// The order was not paid in time; what was held is released.
    OrderExpired,
    /// The shopper cancelled while the provider's answer was awaited.
    CancelRequested {
        /// The request.
        request: RequestId,
    },
    /// The order was cancelled before it was paid; what was held is released.
    OrderCancelled {
        /// The request; nothing when an earlier fact decided it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<RequestId>,
    },
    /// The provider is asked to give money back.
    RefundStarted {
        /// Which refund of the order, from 1.
        refund: u16,
        /// Why.
        cause: RefundCause,
        /// What becomes of the goods.
        goods: Goods,
        /// What is refunded.
        lines: Vec<RefundLine>,
        /// How much, minor units: the sum of the lines' due.
        amount: Money,
    },
    /// The provider's answer about a refund is not known; it will be asked again.
    RefundUnknown {
        /// Which refund.
        refund: u16,
        /// What went wrong.
        code: String,
    },
    /// Money was given back. Settlement's contra lines are these.
    RefundCompleted {
        /// The request; nothing when no request led to it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<RequestId>,
        /// Which refund.
        refund: u16,
        /// Why.
        cause: RefundCause,
        /// What was refunded.
        lines: Vec<RefundLine>,
        /// How much, minor units.
        amount: Money,
    },
    /// The provider gave no money back. A refund that a request asked for ends; one that must be made is tried again later.
    RefundRefused {
        /// The request; nothing when no request led to it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<RequestId>,
        /// Which refund.
        refund: u16,
        /// The provider's code.
        code: String,
    },
    /// A hold ended otherwise than the order asked: it lapsed, or its coupon was taken away.
    HoldLost {
        /// The line it was on; nothing: the coupon's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sku: Option<Sku>,
        /// The hold.
        hold: HoldId,
    },
    /// Every step that others were asked for has been answered.
    StepsAnswered,
    /// The goods are on their way.
    OrderShipped {
        /// The request.
        request: RequestId,
    },
    /// The goods are with the shopper.
    OrderDelivered {
        /// The request.
        request: RequestId,
    },
    /// The purchase is confirmed. Settlement's lines are the order's.
    PurchaseConfirmed {
        /// The request; nothing when time alone led to it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<RequestId>,
        /// Who confirmed it.
        by: Confirmer,
    },
    /// A webhook was taken as a hint.
    HintTaken {
        /// The webhook.
        transmission: TransmissionId,
        /// The status it claims.
        status: PaymentStatus,
    },
    /// The provider's figures are not the order's: somebody has to look.
    PaymentDiffers {
        /// The payment.
        payment_key: PaymentKey,
        /// What the provider says can be refunded, minor units.
        balance: Money,
        /// What the order has of it, minor units.
        expected: Money,
    },
    /// A command was refused and nothing changed.
    OrderRefused {
        /// The request.
        request: RequestId,
        /// Who asked, if it was a shopper.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shopper: Option<ShopperId>,
        /// Why.
        reason: Reason,
    },
}

impl OrderFact {
    /// The types of all facts, as [`OrderFact::kind`] names them.
    pub const KINDS: [&'static str; 25] = [
        "order_placed",
        "order_priced",
        "order_rejected",
        "payment_started",
        "payment_unknown",
        "payment_declined",
        "payment_failed",
        "deposit_awaited",
        "order_paid",
        "late_payment_found",
        "order_expired",
        "cancel_requested",
        "order_cancelled",
        "refund_started",
        "refund_unknown",
        "refund_completed",
        "refund_refused",
        "hold_lost",
        "steps_answered",
        "order_shipped",
        "order_delivered",
        "purchase_confirmed",
        "hint_taken",
        "payment_differs",
        "order_refused",
    ];

    /// The fact's type, as the `event-type` header and metrics name it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::OrderPlaced { .. } => "order_placed",
            Self::OrderPriced { .. } => "order_priced",
            Self::OrderRejected { .. } => "order_rejected",
            Self::PaymentStarted { .. } => "payment_started",
            Self::PaymentUnknown { .. } => "payment_unknown",
            Self::PaymentDeclined { .. } => "payment_declined",
            Self::PaymentFailed { .. } => "payment_failed",
            Self::DepositAwaited { .. } => "deposit_awaited",
            Self::OrderPaid { .. } => "order_paid",
            Self::LatePaymentFound { .. } => "late_payment_found",
            Self::OrderExpired => "order_expired",
            Self::CancelRequested { .. } => "cancel_requested",
            Self::OrderCancelled { .. } => "order_cancelled",
            Self::RefundStarted { .. } => "refund_started",
            Self::RefundUnknown { .. } => "refund_unknown",
            Self::RefundCompleted { .. } => "refund_completed",
            Self::RefundRefused { .. } => "refund_refused",
            Self::HoldLost { .. } => "hold_lost",
            Self::StepsAnswered => "steps_answered",
            Self::OrderShipped { .. } => "order_shipped",
            Self::OrderDelivered { .. } => "order_delivered",
            Self::PurchaseConfirmed { .. } => "purchase_confirmed",
            Self::HintTaken { .. } => "hint_taken",
            Self::PaymentDiffers { .. } => "payment_differs",
            Self::OrderRefused { .. } => "order_refused",
        }
    }

    /// The request that the fact decides, unless it decides none.
    #[must_use]
    pub fn request(&self) -> Option<RequestId> {
        match self {
            Self::OrderPriced { request, .. }
            | Self::OrderRejected { request, .. }
            | Self::PaymentDeclined { request, .. }
            | Self::DepositAwaited { request, .. }
            | Self::CancelRequested { request }
            | Self::OrderShipped { request }
            | Self::OrderDelivered { request }
            | Self::OrderRefused { request, .. } => Some(*request),
            Self::PaymentFailed { request, .. }
            | Self::OrderPaid { request, .. }
            | Self::OrderCancelled { request }
            | Self::RefundCompleted { request, .. }
            | Self::RefundRefused { request, .. }
            | Self::PurchaseConfirmed { request, .. } => *request,
            Self::OrderPlaced { .. }
            | Self::PaymentStarted { .. }
            | Self::PaymentUnknown { .. }
            | Self::LatePaymentFound { .. }
            | Self::OrderExpired
            | Self::RefundStarted { .. }
            | Self::RefundUnknown { .. }
            | Self::HoldLost { .. }
            | Self::StepsAnswered
            | Self::HintTaken { .. }
            | Self::PaymentDiffers { .. } => None,
        }
    }
}

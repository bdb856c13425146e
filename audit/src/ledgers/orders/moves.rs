//! The moves that an order may make: from where, by which fact, to where. What a refund leads back to is judged with it.

use events::orders::{OrderFact, OrderState};

use OrderState::{
    AwaitingDeposit, AwaitingPayment, CancelRequested, Cancelled, Confirming, Delivered, Expired, Holding, Paid,
    PaymentFailed, PaymentUnknown, PurchaseConfirmed, Refunding, Rejected, Shipped,
};

/// Whether there is such a move.
pub(super) fn is_legal(from: OrderState, fact: &OrderFact, to: OrderState) -> bool {
    let asked = matches!(from, Confirming | PaymentUnknown);
    let bought = matches!(from, Paid | Shipped | Delivered | PurchaseConfirmed);
    match fact {
        OrderFact::OrderPlaced { .. } => false,
        OrderFact::OrderPriced { .. } => (from, to) == (Holding, AwaitingPayment),
        OrderFact::OrderRejected { .. } => (from, to) == (Holding, Rejected),
        OrderFact::PaymentStarted { .. } => (from, to) == (AwaitingPayment, Confirming),
        OrderFact::PaymentUnknown { .. } => (from, to) == (Confirming, PaymentUnknown),
        OrderFact::PaymentDeclined { .. } => {
            asked && to == AwaitingPayment || (from, to) == (CancelRequested, CancelRequested)
        }
        OrderFact::PaymentFailed { .. } => (asked || from == AwaitingDeposit) && to == PaymentFailed,
        OrderFact::DepositAwaited { .. } => {
            asked && to == AwaitingDeposit || (from, to) == (CancelRequested, CancelRequested)
        }
        OrderFact::OrderPaid { .. } => {
            (asked || matches!(from, AwaitingPayment | AwaitingDeposit | CancelRequested)) && to == Paid
        }
        OrderFact::LatePaymentFound { .. } => from.is_undone() && to == Refunding,
        OrderFact::OrderExpired => (from, to) == (AwaitingPayment, Expired),
        OrderFact::CancelRequested { .. } => (asked || from == AwaitingDeposit) && to == CancelRequested,
        OrderFact::OrderCancelled { .. } => matches!(from, AwaitingPayment | CancelRequested) && to == Cancelled,
        OrderFact::RefundStarted { .. } => (bought || from == Refunding) && to == Refunding,
        OrderFact::RefundUnknown { .. } => (from, to) == (Refunding, Refunding),
        OrderFact::RefundCompleted { .. } => from == Refunding && to != Refunding,
        OrderFact::RefundRefused { .. } => from == Refunding,
        OrderFact::OrderShipped { .. } => (from, to) == (Paid, Shipped),
        OrderFact::OrderDelivered { .. } => (from, to) == (Shipped, Delivered),
        OrderFact::PurchaseConfirmed { .. } => matches!(from, Shipped | Delivered) && to == PurchaseConfirmed,
        OrderFact::HoldLost { .. }
        | OrderFact::StepsAnswered
        | OrderFact::HintTaken { .. }
        | OrderFact::PaymentDiffers { .. }
        | OrderFact::OrderRefused { .. } => from == to,
    }
}

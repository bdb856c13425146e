//! Facts of `orders.events` become rows of orders, their lines and timelines, and of requests.

use super::{Fact, Projection, Row, put};
use crate::{
    FrozenLine, OrderDetails, OrderLineRow, OrderRow, RequestKind, RequestRow, RequestStatus, Source, Subject,
    TimelineRow,
};
use events::ids::{ShopperId, Sku};
use events::orders::{LineAmounts, OrderEvent, OrderFact, OrderState, Reason};

impl Fact for OrderEvent {
    fn project(&self, source: Source, rows: &mut Projection) {
        // A refusal for an order that does not exist is about no order.
        if let (1.., Some(shopper), Some(state)) = (self.version, &self.shopper, self.state) {
            let row = order_part(self, source, shopper, state);
            put(&mut rows.orders, row.order.clone(), row);
            let row = timeline_part(self, state);
            put(&mut rows.timeline, (row.order.clone(), row.version), row);
            line_parts(self, |row| put(&mut rows.lines, (row.order.clone(), row.sku.clone()), row));
        }
        if let Some(row) = request_part(self, source) {
            put(&mut rows.requests, row.request, row);
        }
    }
}

impl Row for OrderRow {
    fn merge(&mut self, later: Self) {
        if later.version > self.version {
            let details = later.details.clone().or(std::mem::take(&mut self.details));
            *self = Self { details, ..later };
        }
    }
}

impl OrderDetails {
    /// What these facts say, and of what they do not say, what the earlier ones said.
    fn or(self, earlier: Self) -> Self {
        Self {
            request: self.request.or(earlier.request),
            placed_at: self.placed_at.or(earlier.placed_at),
            coupon: self.coupon.or(earlier.coupon),
            coupon_hold: self.coupon_hold.or(earlier.coupon_hold),
            platform_share: self.platform_share.or(earlier.platform_share),
            attempt: self.attempt.or(earlier.attempt),
            payment_key: self.payment_key.or(earlier.payment_key),
            method: self.method.or(earlier.method),
            account: self.account.or(earlier.account),
            reason: self.reason.or(earlier.reason),
        }
    }
}

impl Row for OrderLineRow {
    fn merge(&mut self, later: Self) {
        if later.version > self.version {
            let frozen = later.frozen.clone().or_else(|| self.frozen.take());
            *self = Self { frozen, ..later };
        }
    }
}

impl Row for TimelineRow {
    fn merge(&mut self, _later: Self) {}
}

fn order_part(event: &OrderEvent, source: Source, shopper: &ShopperId, state: OrderState) -> OrderRow {
    OrderRow {
        order: event.order.clone(),
        partition: source.partition,
        version: event.version,
        shopper: shopper.clone(),
        state,
        amounts: event.amounts,
        awaited: event.awaited,
        deadline: event.deadline,
        details: details(event),
        updated_at: event.at,
    }
}

fn timeline_part(event: &OrderEvent, state: OrderState) -> TimelineRow {
    TimelineRow {
        order: event.order.clone(),
        version: event.version,
        at: event.at,
        state,
        amounts: event.amounts,
        awaited: event.awaited,
        deadline: event.deadline,
        fact: event.fact.clone(),
    }
}

fn details(event: &OrderEvent) -> OrderDetails {
    let none = OrderDetails::default();
    match &event.fact {
        OrderFact::OrderPlaced { coupon, .. } => {
            OrderDetails { placed_at: Some(event.at), coupon: coupon.clone(), ..none }
        }
        OrderFact::OrderPriced { request, coupon, coupon_hold, platform_share, .. } => OrderDetails {
            request: Some(*request),
            coupon: coupon.clone(),
            coupon_hold: *coupon_hold,
            platform_share: Some(*platform_share),
            ..none
        },
        OrderFact::OrderRejected { request, reason } => {
            OrderDetails { request: Some(*request), reason: Some(reason.code().into()), ..none }
        }
        OrderFact::PaymentStarted { attempt, payment_key } => {
            OrderDetails { attempt: Some(*attempt), payment_key: Some(payment_key.clone()), ..none }
        }
        OrderFact::PaymentUnknown { attempt, .. } => OrderDetails { attempt: Some(*attempt), ..none },
        OrderFact::PaymentDeclined { attempt, .. } | OrderFact::PaymentFailed { attempt, .. } => {
            OrderDetails { attempt: Some(*attempt), reason: Some(Reason::PAYMENT_DECLINED.into()), ..none }
        }
        OrderFact::DepositAwaited { attempt, payment_key, account, .. } => OrderDetails {
            attempt: Some(*attempt),
            payment_key: Some(payment_key.clone()),
            account: Some(account.clone()),
            ..none
        },
        OrderFact::OrderPaid { attempt, payment_key, method, .. } => {
            OrderDetails { attempt: Some(*attempt), payment_key: payment_key.clone(), method: *method, ..none }
        }
        OrderFact::LatePaymentFound { payment_key, .. } => {
            OrderDetails { payment_key: Some(payment_key.clone()), ..none }
        }
        OrderFact::OrderExpired
        | OrderFact::CancelRequested { .. }
        | OrderFact::OrderCancelled { .. }
        | OrderFact::RefundStarted { .. }
        | OrderFact::RefundUnknown { .. }
        | OrderFact::RefundCompleted { .. }
        | OrderFact::RefundRefused { .. }
        | OrderFact::HoldLost { .. }
        | OrderFact::StepsAnswered
        | OrderFact::OrderShipped { .. }
        | OrderFact::OrderDelivered { .. }
        | OrderFact::PurchaseConfirmed { .. }
        | OrderFact::HintTaken { .. }
        | OrderFact::PaymentDiffers { .. }
        | OrderFact::OrderRefused { .. } => none,
    }
}

fn line_parts(event: &OrderEvent, mut take: impl FnMut(OrderLineRow)) {
    let row = |sku: &Sku| OrderLineRow {
        order: event.order.clone(),
        sku: sku.clone(),
        version: event.version,
        frozen: None,
        refunded_quantity: 0,
        refunded: LineAmounts::default(),
    };
    match &event.fact {
        OrderFact::OrderPriced { lines, .. } => {
            for line in lines {
                let (quantity, hold, unit, amounts) = (line.quantity, line.hold, line.unit.clone(), line.amounts);
                take(OrderLineRow { frozen: Some(FrozenLine { quantity, hold, unit, amounts }), ..row(&line.sku) });
            }
        }
        OrderFact::RefundCompleted { lines, .. } => {
            for line in lines {
                let (refunded_quantity, refunded) = (line.refunded_quantity, line.refunded);
                take(OrderLineRow { refunded_quantity, refunded, ..row(&line.sku) });
            }
        }
        _ => {}
    }
}

fn request_part(event: &OrderEvent, source: Source) -> Option<RequestRow> {
    let request = event.fact.request()?;
    let (shopper, reason) = match &event.fact {
        OrderFact::OrderRejected { reason, .. } => (None, Some(reason.code())),
        OrderFact::PaymentDeclined { .. } | OrderFact::PaymentFailed { .. } => (None, Some(Reason::PAYMENT_DECLINED)),
        OrderFact::RefundRefused { .. } => (None, Some(Reason::REFUND_REFUSED)),
        // Another shopper who asks about somebody else's order.
        OrderFact::OrderRefused { shopper, reason, .. } => (shopper.clone(), Some(reason.code())),
        _ => (None, None),
    };
    Some(RequestRow {
        request,
        subject: Subject::Order(event.order.clone()),
        shopper: shopper.or_else(|| event.shopper.clone()),
        kind: RequestKind::Order,
        status: if reason.is_some() { RequestStatus::Refused } else { RequestStatus::Applied },
        reason: reason.map(Into::into),
        coupon: None,
        decided_at: event.at,
        source,
    })
}

#[cfg(test)]
#[path = "orders_tests.rs"]
mod tests;

//! Facts of `payments.events` become rows of payments. An answer that does not show the payment makes none.

use super::{Fact, Projection, Row, put};
use crate::{PaymentRow, Source};
use events::payments::PaymentEvent;

impl Fact for PaymentEvent {
    fn project(&self, source: Source, rows: &mut Projection) {
        if let Some(payment) = self.answer.payment() {
            let row = PaymentRow { payment: payment.clone(), told_at: self.at, source };
            put(&mut rows.payments, row.payment.payment_key.clone(), row);
        }
    }
}

impl Row for PaymentRow {
    fn merge(&mut self, later: Self) {
        if later.source > self.source {
            *self = later;
        }
    }
}

//! The problem that an order's reason is: its code decides the status, and what others said goes along.

use events::orders::Reason;

use super::{Code, Others, Problem};

impl From<Reason> for Problem {
    fn from(reason: Reason) -> Self {
        let (code, others) = match reason {
            Reason::Order { refusal } => (Code::Order(refusal), None),
            Reason::Coupon { refusal } => (Code::Refused(refusal), None),
            Reason::Stock { sku, refusal } => {
                (Code::Line(refusal), Some(Others { sku: Some(sku), ..Others::default() }))
            }
            Reason::Payment { decline, code } => {
                let others = Others { provider_code: Some(code), decline: Some(decline), ..Others::default() };
                (Code::PaymentDeclined(decline), Some(others))
            }
            Reason::Refund { code } => {
                (Code::RefundRefused, Some(Others { provider_code: Some(code), ..Others::default() }))
            }
        };
        Self { others: others.map(Box::new), ..Self::new(code) }
    }
}

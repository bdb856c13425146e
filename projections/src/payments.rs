//! The row of a payment: from `payments.events`. Only answers that show the payment make rows.

use super::Source;
use events::payments::Payment;
use events::time::Timestamp;

/// A payment as the provider last showed it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaymentRow {
    /// The payment; its key is the row's.
    pub payment: Payment,
    /// When the connector was told, by its own clock.
    pub told_at: Timestamp,
    /// The fact, in `payments.events`; the row with the greater source wins.
    pub source: Source,
}

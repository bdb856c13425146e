//! The language of payments: what a connector to the payment provider is told ([`PaymentCommand`]), what it found out
//! ([`PaymentAnswer`]), and how that is recorded ([`PaymentEvent`]). The words are the provider's where it has them.

mod answer;
mod command;
mod payment;

pub use answer::{Decline, PaymentAnswer, PaymentEvent};
pub use command::{PaymentCommand, RefundAccount};
pub use payment::{Payment, PaymentMethod, PaymentRefund, PaymentStatus, VirtualAccount, Wallet};

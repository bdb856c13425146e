//! A question.

use events::ids::{OrderId, PaymentKey};
use events::payments::PaymentAnswer;

use super::Attempt;

impl Attempt<'_> {
    /// Finds out where a payment is.
    pub(super) async fn look_up(&mut self, order: &OrderId, payment_key: Option<&PaymentKey>) -> PaymentAnswer {
        loop {
            let found = match payment_key {
                Some(payment_key) => self.provider.find(payment_key, self.deadline).await,
                None => self.provider.find_of_order(order, self.deadline).await,
            };
            match found {
                Ok(payment) if payment.order == *order => return PaymentAnswer::Found { payment },
                // A webhook that was made up can name any payment: this order has none of that name.
                Ok(payment) => {
                    tracing::warn!(%order, payment_key = %payment.payment_key, "a payment of another order was named");
                    return PaymentAnswer::NotFound;
                }
                Err(failure) if failure.is_not_found() => return PaymentAnswer::NotFound,
                Err(failure) if failure.is_final() => {
                    self.fault(order, &failure);
                    return Self::unknown(failure.code());
                }
                Err(failure) => {
                    if !self.again().await {
                        return Self::unknown(failure.code());
                    }
                }
            }
        }
    }
}

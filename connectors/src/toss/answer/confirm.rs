//! A charge.

use events::ids::{OrderId, PaymentKey};
use events::money::Money;
use events::payments::{Decline, Payment, PaymentAnswer, PaymentStatus};

use super::{Attempt, was_charged};
use crate::toss::codes::{self, ConfirmVerdict};
use crate::toss::provider::Failure;

/// What is to be charged.
pub(super) struct Confirm<'a> {
    pub(super) order: &'a OrderId,
    pub(super) payment_key: &'a PaymentKey,
    pub(super) amount: Money,
    pub(super) key: &'a str,
}

/// What a look-up says about a charge.
enum LookUp {
    /// This is the answer.
    Answer(Box<PaymentAnswer>),
    /// It is not charged, and may still be.
    Open,
    /// The provider knows no such payment, or not yet.
    Missing,
    /// It could not be looked up.
    Failed(Failure),
}

impl Attempt<'_> {
    /// Charges a payment. Asked for the first time it charges at once; asked again it first looks whether it has been charged.
    pub(super) async fn confirm(&mut self, confirm: &Confirm<'_>, repeat: u32) -> PaymentAnswer {
        // The last refusal; nothing before the first call.
        let mut refusal: Option<(ConfirmVerdict, Failure)> = None;
        let mut look_first = repeat > 0;
        loop {
            if look_first {
                match self.look_up_charge(confirm).await {
                    LookUp::Answer(answer) => return *answer,
                    LookUp::Open | LookUp::Missing => {
                        if let Some((ConfirmVerdict::Unlisted, failure)) = &refusal {
                            tracing::warn!(
                                code = failure.code(),
                                "an unlisted code of the provider, and nothing was charged"
                            );
                            let code = failure.code().to_owned();
                            return PaymentAnswer::Declined { decline: Decline::TryAnother, code };
                        }
                    }
                    LookUp::Failed(failure) => {
                        let code = refusal.as_ref().map_or(failure.code(), |(_, failure)| failure.code()).to_owned();
                        if failure.is_final() {
                            self.fault(confirm.order, &failure);
                            return Self::unknown(&code);
                        }
                        if !self.again().await {
                            return Self::unknown(&code);
                        }
                        // Without a look-up nothing is charged.
                        continue;
                    }
                }
                if let Some((_, failure)) = &refusal {
                    let code = failure.code().to_owned();
                    if !self.again().await {
                        return Self::unknown(&code);
                    }
                }
            }
            let called = self
                .provider
                .confirm(confirm.payment_key, confirm.order, confirm.amount, confirm.key, self.deadline)
                .await;
            match called {
                Ok(payment) => match self.judge(confirm, payment) {
                    Some(answer) => return answer,
                    None => refusal = Some((ConfirmVerdict::Unknown, Failure::Unreadable)),
                },
                Err(failure) => {
                    let verdict = match &failure {
                        Failure::Refused { status, code } => codes::of_confirm(*status, code),
                        _ => ConfirmVerdict::Unknown,
                    };
                    if let ConfirmVerdict::Declined(decline) = verdict {
                        if decline == Decline::Fault {
                            self.fault(confirm.order, &failure);
                        }
                        return PaymentAnswer::Declined { decline, code: failure.code().to_owned() };
                    }
                    refusal = Some((verdict, failure));
                }
            }
            look_first = true;
        }
    }

    /// Looks a charge up: by the order, and by the payment when the order's is another one.
    async fn look_up_charge(&self, confirm: &Confirm<'_>) -> LookUp {
        let found = match self.provider.find_of_order(confirm.order, self.deadline).await {
            Ok(payment) if payment.payment_key != *confirm.payment_key => {
                // An order is paid once: a payment of another attempt that holds money is for somebody to look at.
                if was_charged(&payment) && payment.balance > Money::ZERO {
                    return LookUp::Answer(Box::new(self.mismatch(confirm.order, &payment)));
                }
                self.provider.find(confirm.payment_key, self.deadline).await
            }
            other => other,
        };
        match found {
            Ok(payment) => match self.judge(confirm, payment) {
                Some(answer) => LookUp::Answer(Box::new(answer)),
                None => LookUp::Open,
            },
            Err(failure) if failure.is_not_found() => LookUp::Missing,
            Err(failure) => LookUp::Failed(failure),
        }
    }

    /// What a payment says about a charge; nothing while it may still be charged or not.
    fn judge(&self, confirm: &Confirm<'_>, payment: Payment) -> Option<PaymentAnswer> {
        let is_it = payment.payment_key == *confirm.payment_key
            && payment.order == *confirm.order
            && payment.total == confirm.amount;
        let is_open = matches!(payment.status, PaymentStatus::Ready | PaymentStatus::InProgress);
        if !is_it {
            return Some(self.mismatch(confirm.order, &payment));
        }
        if is_open {
            return None;
        }
        Some(if was_charged(&payment) {
            PaymentAnswer::Charged { payment }
        } else if payment.status == PaymentStatus::WaitingForDeposit {
            PaymentAnswer::DepositAwaited { payment }
        } else {
            let code = payment.status.name().to_ascii_uppercase();
            PaymentAnswer::Declined { decline: Decline::Restart, code }
        })
    }
}

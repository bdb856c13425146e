//! A refund, or the closing of a virtual account into which nothing was paid.

use events::ids::{OrderId, PaymentKey};
use events::money::Money;
use events::payments::{Payment, PaymentAnswer, RefundAccount};

use super::Attempt;
use crate::toss::codes::{self, RefundVerdict};
use crate::toss::provider::{Failure, RefundCall};

/// What is to be given back.
pub(super) struct Refund<'a> {
    pub(super) order: &'a OrderId,
    pub(super) payment_key: &'a PaymentKey,
    pub(super) amount: Money,
    pub(super) balance: Money,
    pub(super) reason: &'a str,
    pub(super) account: Option<&'a RefundAccount>,
    pub(super) key: &'a str,
}

/// What a look-up says about a refund.
enum LookUp {
    /// This is the answer: it was made.
    Answer(Box<PaymentAnswer>),
    /// The balance is not what it would be after the refund.
    NotMade,
    /// It could not be looked up.
    Failed(Failure),
}

impl Attempt<'_> {
    /// Gives money back. Asked for the first time it does so at once; asked again it first looks whether it has been done.
    pub(super) async fn refund(&mut self, refund: &Refund<'_>, repeat: u32) -> PaymentAnswer {
        let mut refusal: Option<(RefundVerdict, Failure)> = None;
        let mut look_first = repeat > 0;
        loop {
            if look_first {
                let code = |other: &Failure| refusal.as_ref().map_or(other, |(_, failure)| failure).code().to_owned();
                match self.look_up_refund(refund).await {
                    LookUp::Answer(answer) => return *answer,
                    LookUp::NotMade => {}
                    LookUp::Failed(failure) if failure.is_not_found() => {
                        return PaymentAnswer::RefundRefused { code: failure.code().to_owned() };
                    }
                    LookUp::Failed(failure) => {
                        let code = code(&failure);
                        if failure.is_final() {
                            self.fault(refund.order, &failure);
                            return Self::unknown(&code);
                        }
                        if !self.again().await {
                            return Self::unknown(&code);
                        }
                        continue;
                    }
                }
                match &refusal {
                    Some((RefundVerdict::Balance, failure)) => {
                        return PaymentAnswer::RefundRefused { code: failure.code().to_owned() };
                    }
                    Some((verdict, failure)) => {
                        let (is_later, code) = (*verdict == RefundVerdict::Later, failure.code().to_owned());
                        if !self.again().await {
                            // It has refused each time, and a look-up agrees; the next refund has another key.
                            return if is_later { PaymentAnswer::RefundRefused { code } } else { Self::unknown(&code) };
                        }
                    }
                    None => {}
                }
            }
            let call = RefundCall {
                payment_key: refund.payment_key,
                amount: refund.amount,
                balance: refund.balance,
                reason: refund.reason,
                account: refund.account,
                idempotency_key: refund.key,
            };
            match self.provider.refund(&call, self.deadline).await {
                Ok(payment) => match Self::made(refund, payment) {
                    Some(answer) => return answer,
                    None => refusal = Some((RefundVerdict::Unknown, Failure::Unreadable)),
                },
                Err(failure) => {
                    let verdict = match &failure {
                        Failure::Refused { status, code } => codes::of_refund(*status, code),
                        _ => RefundVerdict::Unknown,
                    };
                    if let RefundVerdict::Refused | RefundVerdict::Fault = verdict {
                        if verdict == RefundVerdict::Fault {
                            self.fault(refund.order, &failure);
                        }
                        return PaymentAnswer::RefundRefused { code: failure.code().to_owned() };
                    }
                    refusal = Some((verdict, failure));
                }
            }
            look_first = true;
        }
    }

    async fn look_up_refund(&self, refund: &Refund<'_>) -> LookUp {
        match self.provider.find(refund.payment_key, self.deadline).await {
            Ok(payment) if payment.order != *refund.order => {
                LookUp::Answer(Box::new(self.mismatch(refund.order, &payment)))
            }
            Ok(payment) => match Self::made(refund, payment) {
                Some(answer) => LookUp::Answer(Box::new(answer)),
                None => LookUp::NotMade,
            },
            Err(failure) => LookUp::Failed(failure),
        }
    }

    /// Whether the payment's balance is what it is after this refund and not before it.
    fn made(refund: &Refund<'_>, payment: Payment) -> Option<PaymentAnswer> {
        let after = refund.balance.minus(refund.amount)?;
        (payment.balance == after && refund.amount > Money::ZERO).then_some(PaymentAnswer::Refunded { payment })
    }
}

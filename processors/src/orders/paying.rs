//! The payment. One attempt is under way at most. A call whose outcome is not known is repeated, and the outcome never guessed; a charge that turns up
//! for an order that was given up is refunded.

use events::ids::{PaymentKey, RequestId};
use events::money::Money;
use events::orders::{Goods, OrderFact, OrderRefusal, OrderState, Reason, RefundCause, Step};
use events::payments::{Decline, Payment, PaymentAnswer, PaymentCommand, PaymentMethod, PaymentStatus};

use super::effects::{Effects, Output};
use super::order::Order;
use super::payment::{Attempt, RefundKind, pause, short};
use super::refunding::Plan;
use crate::kit::machine::CorruptState;
use crate::policy;

impl Order {
    /// A shopper pays. What is refused is refused before the charge.
    pub(crate) fn pay(
        &mut self,
        request: RequestId,
        key: &PaymentKey,
        amount: Money,
        effects: &mut Effects,
    ) -> Result<(), OrderRefusal> {
        if self.is_paying() {
            return Err(OrderRefusal::PaymentInFlight);
        }
        match self.state {
            OrderState::AwaitingPayment => {}
            OrderState::Refunding => return Err(OrderRefusal::RefundInFlight),
            OrderState::Expired => return Err(OrderRefusal::PaymentWindowOver),
            _ => return Err(OrderRefusal::NotAwaitingPayment),
        }
        if amount != self.amounts.due {
            return Err(OrderRefusal::AmountMismatch);
        }
        if effects.at() >= self.pay_by {
            return Err(OrderRefusal::PaymentWindowOver);
        }
        let number = self.payment.as_ref().map_or(0, |attempt| attempt.number).saturating_add(1);
        self.payment = Some(Attempt {
            number,
            key: key.clone(),
            request,
            begun_at: effects.at(),
            repeats: 0,
            charged: false,
            method: None,
            account: None,
            differs: None,
        });
        // From here on the deadline to pay does not fire.
        self.enter(OrderState::Confirming, Some(effects.in_millis(policy::PAYMENT_ANSWERED_WITHIN_MS)));
        self.request_charge(effects);
        self.state(OrderFact::PaymentStarted { attempt: number, payment_key: key.clone() }, effects);
        Ok(())
    }

    fn request_charge(&self, effects: &mut Effects) {
        let Some(attempt) = &self.payment else { return };
        effects.write(Output::Payment(PaymentCommand::Confirm {
            request: Step::Confirm(attempt.number).request(&self.id),
            order: self.id.clone(),
            attempt: attempt.number,
            payment_key: attempt.key.clone(),
            amount: self.amounts.due,
            repeat: attempt.repeats,
        }));
    }

    /// The connector answers a call.
    pub(crate) fn payment_answered(
        &mut self,
        request: RequestId,
        answer: &PaymentAnswer,
        effects: &mut Effects,
    ) -> Result<(), CorruptState> {
        if self.look_ups.open.is_some() && request == Step::LookUp(self.look_ups.number).request(&self.id) {
            return self.looked_up(answer, effects);
        }
        if self.refund.is_some() && request == Step::Refund(self.refunds).request(&self.id) {
            return self.refund_answered(answer, effects);
        }
        let Some(attempt) = &self.payment else { return Ok(()) };
        if request == Step::Confirm(attempt.number).request(&self.id) {
            return self.confirm_answered(answer, effects);
        }
        let earlier = |number: &u16| request == Step::Confirm(*number).request(&self.id);
        if let (PaymentAnswer::Charged { payment }, Some(_)) = (answer, (1..attempt.number).find(earlier)) {
            // It was declined for good, and the order went on: money that belongs to no attempt.
            self.differ(payment, Money::ZERO, effects);
        }
        Ok(())
    }

    fn confirm_answered(&mut self, answer: &PaymentAnswer, effects: &mut Effects) -> Result<(), CorruptState> {
        match answer {
            PaymentAnswer::Charged { payment } | PaymentAnswer::Found { payment } => self.found(payment, effects),
            PaymentAnswer::DepositAwaited { payment } => self.deposit_awaited(payment, effects),
            PaymentAnswer::Declined { decline, code } => self.declined(*decline, code, effects),
            PaymentAnswer::Unknown { code } => {
                self.outcome_unknown(code, effects);
                Ok(())
            }
            PaymentAnswer::NotFound => self.not_found(effects),
            PaymentAnswer::Refunded { .. } | PaymentAnswer::RefundRefused { .. } => Ok(()),
        }
    }

    /// The provider shows the payment. Only the latest attempt's counts.
    pub(crate) fn found(&mut self, payment: &Payment, effects: &mut Effects) -> Result<(), CorruptState> {
        let Some(attempt) = &self.payment else { return Ok(()) };
        if payment.payment_key != attempt.key || payment.order != self.id {
            return Ok(());
        }
        let charged = attempt.charged;
        if payment.status.is_charged() {
            if payment.total != self.amounts.due {
                self.differ(payment, self.balance(), effects);
                self.outcome_unknown("MISMATCH", effects);
                return Ok(());
            }
            if self.is_closing() && !self.refund.as_ref().is_some_and(|refund| refund.refused) {
                // The answer about the account is still to come, and says whether the transfer was first.
                return Ok(());
            }
            let waits = self.is_paying() || self.state == OrderState::AwaitingPayment;
            return match (waits, payment.balance == Money::ZERO) {
                (true, true) => self.dead("CANCELED", effects),
                (true, false) => self.charged(payment, effects),
                (false, false) if self.state.is_undone() && !charged => self.charged_late(payment, effects),
                (false, _) => Ok(()),
            };
        }
        match payment.status {
            PaymentStatus::Aborted => self.dead("ABORTED", effects),
            PaymentStatus::Expired => self.dead("EXPIRED", effects),
            PaymentStatus::WaitingForDeposit if self.is_closing() => Ok(()),
            PaymentStatus::WaitingForDeposit => self.deposit_awaited(payment, effects),
            _ => {
                if self.state == OrderState::Confirming {
                    self.outcome_unknown("IN_PROGRESS", effects);
                }
                Ok(())
            }
        }
    }

    /// The money is there: the order is paid, and what it holds is used up.
    fn charged(&mut self, payment: &Payment, effects: &mut Effects) -> Result<(), CorruptState> {
        let cancelled = self.state == OrderState::CancelRequested;
        let Some(attempt) = &mut self.payment else { return Ok(()) };
        attempt.charged = true;
        attempt.method = Some(payment.method);
        let (request, account) = (attempt.request, attempt.account.take());
        self.refund = None;
        self.paid(effects)?;
        self.grant(request, effects);
        if payment.balance != payment.total {
            self.differ(payment, self.balance(), effects);
        }
        let transferred = payment.method == PaymentMethod::VirtualAccount;
        if cancelled && (!transferred || account.is_some()) {
            let plan = Plan {
                kind: RefundKind::Due,
                cause: RefundCause::Cancelled,
                goods: Goods::Returned,
                units: self.all_left(),
                request: None,
                account,
            };
            self.refund(plan, effects)?;
        }
        Ok(())
    }

    /// Nothing is left to pay.
    pub(crate) fn paid(&mut self, effects: &mut Effects) -> Result<(), CorruptState> {
        self.amounts.paid = self.amounts.due;
        self.enter(OrderState::Paid, Some(effects.in_millis(self.limits.ship_ms)));
        self.commit(effects);
        let attempt = self.payment.as_ref();
        let fact = OrderFact::OrderPaid {
            request: attempt.map(|attempt| attempt.request).filter(|request| self.requests.awaits(*request)),
            attempt: attempt.map_or(0, |attempt| attempt.number),
            payment_key: attempt.map(|attempt| attempt.key.clone()),
            method: attempt.and_then(|attempt| attempt.method),
        };
        self.state(fact, effects);
        Ok(())
    }

    /// Money was taken for an order that had been given up. Its stock is not taken again: the money goes back.
    fn charged_late(&mut self, payment: &Payment, effects: &mut Effects) -> Result<(), CorruptState> {
        if payment.balance != payment.total {
            self.differ(payment, Money::ZERO, effects);
            return Ok(());
        }
        let Some(attempt) = &mut self.payment else { return Ok(()) };
        attempt.charged = true;
        attempt.method = Some(payment.method);
        self.amounts.paid = self.amounts.due;
        let plan = Plan {
            kind: RefundKind::Due,
            cause: RefundCause::PaidLate,
            goods: Goods::Returned,
            units: self.all_left(),
            request: None,
            account: None,
        };
        self.begin_refund(plan, effects);
        let fact = OrderFact::LatePaymentFound { payment_key: payment.payment_key.clone(), amount: payment.total };
        self.state(fact, effects);
        self.start_refund(effects)
    }

    /// Nothing was charged, and nothing ever will be.
    fn dead(&mut self, code: &str, effects: &mut Effects) -> Result<(), CorruptState> {
        match self.state {
            OrderState::AwaitingDeposit => {
                self.refund = None;
                self.payment_failed(Decline::Restart, code, effects);
                Ok(())
            }
            _ => self.declined(Decline::Restart, code, effects),
        }
    }

    /// The provider refuses to charge.
    fn declined(&mut self, decline: Decline, code: &str, effects: &mut Effects) -> Result<(), CorruptState> {
        let Some(attempt) = &self.payment else { return Ok(()) };
        let (number, request) = (attempt.number, attempt.request);
        let may_try_again = effects.at() < self.pay_by && number < policy::MOST_ATTEMPTS && !self.has_lost_a_hold();
        match self.state {
            OrderState::CancelRequested => {
                self.refund = None;
                if self.requests.awaits(request) {
                    let code = short(code);
                    let fact = OrderFact::PaymentDeclined { request, attempt: number, decline, code: code.clone() };
                    self.state(fact, effects);
                    self.refuse(request, Reason::Payment { decline, code }, effects);
                }
                self.cancelled(None, effects);
            }
            OrderState::Confirming | OrderState::PaymentUnknown if may_try_again => {
                let code = short(code);
                self.enter(OrderState::AwaitingPayment, Some(self.pay_by));
                let fact = OrderFact::PaymentDeclined { request, attempt: number, decline, code: code.clone() };
                self.state(fact, effects);
                self.refuse(request, Reason::Payment { decline, code }, effects);
            }
            OrderState::Confirming | OrderState::PaymentUnknown => self.payment_failed(decline, code, effects),
            _ => {}
        }
        Ok(())
    }

    /// The order ends without a payment.
    pub(crate) fn payment_failed(&mut self, decline: Decline, code: &str, effects: &mut Effects) {
        let Some(attempt) = &self.payment else { return };
        let (number, request) = (attempt.number, attempt.request);
        let code = short(code);
        self.enter(OrderState::PaymentFailed, None);
        self.undo(effects);
        let fact = OrderFact::PaymentFailed {
            request: Some(request).filter(|request| self.requests.awaits(*request)),
            attempt: number,
            decline,
            code: code.clone(),
        };
        self.state(fact, effects);
        self.refuse(request, Reason::Payment { decline, code }, effects);
    }

    /// The order ends because the shopper cancels it, before anything was paid.
    pub(crate) fn cancelled(&mut self, request: Option<RequestId>, effects: &mut Effects) {
        self.enter(OrderState::Cancelled, None);
        self.undo(effects);
        self.state(OrderFact::OrderCancelled { request }, effects);
        if let Some(request) = request {
            self.grant(request, effects);
        }
    }

    /// The outcome is unknown. The same call is repeated after a pause.
    pub(crate) fn outcome_unknown(&mut self, code: &str, effects: &mut Effects) {
        let Some(attempt) = &self.payment else { return };
        let (number, next) = (attempt.number, effects.in_millis(pause(attempt.repeats)));
        match self.state {
            OrderState::Confirming => {
                self.enter(OrderState::PaymentUnknown, Some(next));
                self.state(OrderFact::PaymentUnknown { attempt: number, code: short(code) }, effects);
            }
            OrderState::PaymentUnknown | OrderState::CancelRequested if self.refund.is_none() => {
                self.limit = self.limit.map(|limit| limit.min(next));
            }
            _ => {}
        }
    }

    /// The provider knows of no such payment: believed after a day only.
    pub(crate) fn not_found(&mut self, effects: &mut Effects) -> Result<(), CorruptState> {
        if matches!(self.state, OrderState::PaymentUnknown | OrderState::CancelRequested)
            && self.refund.is_none()
            && self.is_attempt_old(effects)
        {
            return self.declined(Decline::Restart, "NOT_FOUND", effects);
        }
        Ok(())
    }

    fn is_attempt_old(&self, effects: &Effects) -> bool {
        self.payment
            .as_ref()
            .is_some_and(|attempt| attempt.begun_at.plus_millis(policy::PAYMENT_NOT_FOUND_AFTER_MS) <= effects.at())
    }

    /// No answer came in time, or the pause before the next call is over.
    pub(crate) fn repeat_payment(&mut self, effects: &mut Effects) {
        if self.state == OrderState::Confirming {
            self.outcome_unknown("NOT_ANSWERED", effects);
            return;
        }
        let old = self.is_attempt_old(effects);
        let Some(attempt) = &mut self.payment else { return };
        let key = attempt.key.clone();
        if old {
            // A call that old is not repeated: whether it was carried out is looked up.
            self.limit = Some(effects.in_millis(policy::STEP_RETRY_AT_MOST_MS));
            self.look_up(Some(key), effects);
        } else {
            attempt.repeats = attempt.repeats.saturating_add(1);
            self.limit = Some(effects.in_millis(policy::PAYMENT_ANSWERED_WITHIN_MS));
            self.request_charge(effects);
        }
    }

    /// The provider's figures are not the order's: an operator has to look, so it is stated once.
    pub(crate) fn differ(&mut self, payment: &Payment, expected: Money, effects: &mut Effects) {
        let Some(attempt) = &mut self.payment else { return };
        if attempt.differs == Some(payment.balance) {
            return;
        }
        attempt.differs = Some(payment.balance);
        let fact =
            OrderFact::PaymentDiffers { payment_key: payment.payment_key.clone(), balance: payment.balance, expected };
        self.state(fact, effects);
    }

    fn has_lost_a_hold(&self) -> bool {
        let coupon = self.coupon.as_ref().is_some_and(|coupon| coupon.state == super::coupon::CouponState::Lost);
        coupon || self.has_lost_stock()
    }
}

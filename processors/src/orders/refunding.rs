//! Refunds. What units amount to is cumulative, so that after the last one every component is exactly zero. The call to the
//! provider is repeated until it answers; a refund that must be made is tried again under the next number until it is made.

use events::ids::RequestId;
use events::money::Money;
use events::orders::{
    Goods, LineAmounts, OrderFact, OrderRefusal, OrderState, Reason, RefundCause, RefundLine, Step, Units,
};
use events::payments::{Payment, PaymentAnswer, PaymentCommand, PaymentMethod, RefundAccount};

use super::coupon::CouponState;
use super::effects::{Effects, Output};
use super::line::Stock;
use super::order::Order;
use super::payment::{Refund, RefundKind, pause, short};
use super::placing::are_units;
use crate::kit::machine::CorruptState;
use crate::policy;

/// A refund that is to begin.
pub(crate) struct Plan {
    pub(crate) kind: RefundKind,
    pub(crate) cause: RefundCause,
    pub(crate) goods: Goods,
    /// How many units of which line, by its place.
    pub(crate) units: Vec<(u16, u32)>,
    pub(crate) request: Option<RequestId>,
    pub(crate) account: Option<RefundAccount>,
}

/// A request for a refund.
pub(crate) struct RefundRequest<'a> {
    pub(crate) request: RequestId,
    pub(crate) cause: RefundCause,
    pub(crate) goods: Goods,
    pub(crate) lines: &'a [Units],
    pub(crate) account: Option<&'a RefundAccount>,
}

impl Order {
    /// Every unit that is not refunded.
    pub(crate) fn all_left(&self) -> Vec<(u16, u32)> {
        let places = (0_u16..).zip(&self.lines);
        places.map(|(place, line)| (place, line.left())).filter(|(_, left)| *left > 0).collect()
    }

    /// The units that a request names; none named: all that are left.
    pub(crate) fn units_of(&self, lines: &[Units]) -> Result<Vec<(u16, u32)>, OrderRefusal> {
        if lines.is_empty() {
            return Ok(self.all_left());
        }
        if !are_units(lines) {
            return Err(OrderRefusal::InvalidOrder);
        }
        let place_of = |units: &Units| (0_u16..).zip(&self.lines).find(|(_, line)| line.sku == units.sku);
        let found: Option<Vec<_>> = lines.iter().map(|units| place_of(units).zip(Some(units.quantity))).collect();
        let found = found.ok_or(OrderRefusal::UnknownLine)?;
        if found.iter().any(|((_, line), quantity)| *quantity > line.left()) {
            return Err(OrderRefusal::TooManyUnits);
        }
        Ok(found.into_iter().map(|((place, _), quantity)| (place, quantity)).collect())
    }

    /// Begins the refund that a request is for, if it may be made.
    pub(crate) fn refund_requested(
        &mut self,
        requested: &RefundRequest<'_>,
        effects: &mut Effects,
    ) -> Result<Result<(), OrderRefusal>, CorruptState> {
        let units = match self.units_of(requested.lines) {
            Ok(units) => units,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let plan = Plan {
            kind: RefundKind::Requested,
            cause: requested.cause,
            goods: requested.goods,
            units,
            request: Some(requested.request),
            account: requested.account.cloned(),
        };
        let costs = self.refund_lines(&plan.units)?.1 > Money::ZERO;
        if costs && self.was_transferred() && plan.account.is_none() {
            return Ok(Err(OrderRefusal::RefundAccountMissing));
        }
        self.refund(plan, effects)?;
        Ok(Ok(()))
    }

    /// A refund that must be made and that the provider refuses is tried at once when a request says where to send the money.
    pub(crate) fn bring_account(
        &mut self,
        request: RequestId,
        account: Option<&RefundAccount>,
        effects: &mut Effects,
    ) -> Result<bool, CorruptState> {
        let stuck = |refund: &&mut Refund| refund.kind == RefundKind::Due && refund.refused && refund.request.is_none();
        let (Some(refund), Some(account)) = (self.refund.as_mut().filter(stuck), account) else { return Ok(false) };
        refund.request = Some(request);
        refund.account = Some(account.clone());
        self.next_refund(effects)?;
        Ok(true)
    }

    /// Whether the money came by transfer: then a refund needs an account.
    fn was_transferred(&self) -> bool {
        self.payment.as_ref().and_then(|attempt| attempt.method) == Some(PaymentMethod::VirtualAccount)
    }

    /// It was not shipped in time.
    pub(crate) fn refund_unshipped(&mut self, effects: &mut Effects) -> Result<(), CorruptState> {
        self.limit = None;
        self.refund(self.due(RefundCause::NotShipped), effects)
    }

    /// Its stock was gone when it was paid. What was committed comes back.
    pub(crate) fn refund_lost_stock(&mut self, effects: &mut Effects) -> Result<(), CorruptState> {
        self.refund(self.due(RefundCause::StockLost), effects)
    }

    fn due(&self, cause: RefundCause) -> Plan {
        Plan {
            kind: RefundKind::Due,
            cause,
            goods: Goods::Returned,
            units: self.all_left(),
            request: None,
            account: None,
        }
    }

    /// Gives money back.
    pub(crate) fn refund(&mut self, plan: Plan, effects: &mut Effects) -> Result<(), CorruptState> {
        self.begin_refund(plan, effects);
        self.start_refund(effects)
    }

    /// The order is refunding from here on; the limit of the state that it was in waits.
    pub(crate) fn begin_refund(&mut self, plan: Plan, effects: &Effects) {
        self.refund = Some(Refund {
            kind: plan.kind,
            cause: plan.cause,
            goods: plan.goods,
            units: plan.units,
            amount: Money::ZERO,
            request: plan.request,
            account: plan.account,
            repeats: 0,
            unknown: false,
            refused: false,
            next: effects.in_millis(policy::PAYMENT_ANSWERED_WITHIN_MS),
            back: self.state,
        });
        self.state = OrderState::Refunding;
    }

    /// States the refund under the next number, and calls the provider, unless the amount is zero.
    pub(crate) fn start_refund(&mut self, effects: &mut Effects) -> Result<(), CorruptState> {
        let Some(units) = self.refund.as_ref().map(|refund| refund.units.clone()) else { return Ok(()) };
        let (lines, amount) = self.refund_lines(&units)?;
        self.refunds = self.refunds.saturating_add(1);
        let number = self.refunds;
        let Some(refund) = &mut self.refund else { return Ok(()) };
        refund.amount = amount;
        refund.repeats = 0;
        refund.unknown = false;
        refund.refused = false;
        refund.next = effects.in_millis(policy::PAYMENT_ANSWERED_WITHIN_MS);
        let (cause, goods) = (refund.cause, refund.goods);
        self.state(OrderFact::RefundStarted { refund: number, cause, goods, lines, amount }, effects);
        if amount == Money::ZERO {
            return self.complete_refund(effects);
        }
        self.call_for_refund(effects);
        Ok(())
    }

    /// What so many units of these lines amount to: the difference between all refunded units after it and before it.
    fn refund_lines(&self, units: &[(u16, u32)]) -> Result<(Vec<RefundLine>, Money), CorruptState> {
        let cut = |(place, units): &(u16, u32)| {
            let line = self.lines.get(usize::from(*place))?;
            let after = line.refunded.checked_add(*units)?;
            let refunded = line.amounts.of_units(after, line.quantity)?;
            let amounts = refunded.minus(&line.amounts.of_units(line.refunded, line.quantity)?)?;
            Some(RefundLine { sku: line.sku.clone(), quantity: *units, amounts, refunded_quantity: after, refunded })
        };
        let lines: Option<Vec<RefundLine>> = units.iter().map(cut).collect();
        let lines = lines.ok_or(CorruptState("units that are left can be refunded"))?;
        let sum = lines.iter().try_fold(LineAmounts::default(), |sum, line| sum.plus(&line.amounts));
        Ok((lines, sum.ok_or(CorruptState("parts of an order fit"))?.due))
    }

    pub(crate) fn call_for_refund(&self, effects: &mut Effects) {
        let (Some(attempt), Some(refund)) = (&self.payment, &self.refund) else { return };
        let balance = if refund.kind == RefundKind::Closing { refund.amount } else { self.balance() };
        effects.write(Output::Payment(PaymentCommand::Refund {
            request: Step::Refund(self.refunds).request(&self.id),
            order: self.id.clone(),
            refund: self.refunds,
            payment_key: attempt.key.clone(),
            amount: refund.amount,
            balance,
            reason: refund.cause.name().to_owned(),
            account: refund.account.clone(),
            repeat: refund.repeats,
        }));
    }

    /// The connector answers the refund that is under way.
    pub(crate) fn refund_answered(
        &mut self,
        answer: &PaymentAnswer,
        effects: &mut Effects,
    ) -> Result<(), CorruptState> {
        let Some(refund) = &mut self.refund else { return Ok(()) };
        if refund.refused {
            return Ok(());
        }
        let closing = refund.kind == RefundKind::Closing;
        match answer {
            PaymentAnswer::Refunded { payment } if closing && payment.balance == Money::ZERO => {
                self.account_closed(effects);
                Ok(())
            }
            PaymentAnswer::Refunded { .. } | PaymentAnswer::RefundRefused { .. } if closing => {
                refund.refused = true;
                refund.next = effects.in_millis(policy::STEP_RETRY_MS);
                let key = self.payment.as_ref().map(|attempt| attempt.key.clone());
                self.look_up(key, effects);
                Ok(())
            }
            PaymentAnswer::Refunded { payment } => {
                self.complete_refund(effects)?;
                self.compare(payment, effects);
                Ok(())
            }
            PaymentAnswer::RefundRefused { code } => {
                self.refund_refused(&short(code), effects);
                Ok(())
            }
            PaymentAnswer::Unknown { code } => {
                let next = effects.in_millis(pause(refund.repeats));
                refund.next = refund.next.min(next);
                self.refund_unknown(&short(code), effects);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn refund_unknown(&mut self, code: &str, effects: &mut Effects) {
        let number = self.refunds;
        let Some(refund) = self.refund.as_mut().filter(|refund| !refund.unknown) else { return };
        refund.unknown = true;
        if refund.kind != RefundKind::Closing {
            self.state(OrderFact::RefundUnknown { refund: number, code: code.to_owned() }, effects);
        }
    }

    /// No money was given back. What a request began ends; what must be made is tried again later.
    fn refund_refused(&mut self, code: &str, effects: &mut Effects) {
        let number = self.refunds;
        let Some(refund) = &mut self.refund else { return };
        let request = refund.request.take();
        if refund.kind == RefundKind::Requested {
            self.state = refund.back;
            self.refund = None;
        } else {
            refund.refused = true;
            refund.account = None;
            refund.next = effects.in_millis(policy::REFUND_RETRY_MS);
        }
        self.state(OrderFact::RefundRefused { request, refund: number, code: code.to_owned() }, effects);
        if let Some(request) = request {
            self.refuse(request, Reason::Refund { code: code.to_owned() }, effects);
        }
    }

    /// The money is back with the shopper; goods and coupon follow.
    fn complete_refund(&mut self, effects: &mut Effects) -> Result<(), CorruptState> {
        let Some(refund) = self.refund.take() else { return Ok(()) };
        let (lines, amount) = self.refund_lines(&refund.units)?;
        for (place, units) in &refund.units {
            let Some(line) = self.lines.get_mut(usize::from(*place)) else { continue };
            line.refunded = line.refunded.saturating_add(*units);
            if refund.goods == Goods::Returned && matches!(line.stock, Stock::Committed | Stock::Committing) {
                line.returned = line.returned.saturating_add(*units);
                line.returning = true;
            }
        }
        let refunded = self.amounts.refunded.plus(amount);
        self.amounts.refunded = refunded.ok_or(CorruptState("what is refunded was paid"))?;
        self.misused |= !refund.cause.restores_coupon();
        let whole = self.lines.iter().all(|line| line.left() == 0);
        self.state = refund.back;
        if whole && !refund.back.is_undone() {
            let never_shipped = refund.back == OrderState::Paid;
            let state = if never_shipped { OrderState::Cancelled } else { OrderState::Refunded };
            self.enter(state, None);
            if let Some(coupon) = self.coupon.as_mut().filter(|_| !self.misused) {
                coupon.restoring = matches!(coupon.state, CouponState::Redeemed | CouponState::Redeeming);
            }
        }
        self.give_back(effects);
        let fact = OrderFact::RefundCompleted {
            request: refund.request,
            refund: self.refunds,
            cause: refund.cause,
            lines,
            amount,
        };
        self.state(fact, effects);
        if let Some(request) = refund.request {
            self.grant(request, effects);
        }
        Ok(())
    }

    /// The pause before the next call is over.
    pub(crate) fn refund_due(&mut self, effects: &mut Effects) -> Result<(), CorruptState> {
        let Some(refund) = &mut self.refund else { return Ok(()) };
        if refund.refused {
            return self.next_refund(effects);
        }
        if !refund.unknown {
            refund.next = effects.in_millis(pause(0));
            self.refund_unknown("NOT_ANSWERED", effects);
            return Ok(());
        }
        refund.repeats = refund.repeats.saturating_add(1);
        refund.next = effects.in_millis(policy::PAYMENT_ANSWERED_WITHIN_MS);
        self.call_for_refund(effects);
        Ok(())
    }

    /// Tries a refused refund under the next number.
    fn next_refund(&mut self, effects: &mut Effects) -> Result<(), CorruptState> {
        if self.is_closing() {
            self.close_account(effects);
            return Ok(());
        }
        self.start_refund(effects)
    }

    /// Whether the provider has of the payment what the order has of it.
    pub(crate) fn compare(&mut self, payment: &Payment, effects: &mut Effects) {
        let ours = self.payment.as_ref().is_some_and(|attempt| attempt.charged && attempt.key == payment.payment_key);
        if ours && self.refund.is_none() && payment.balance != self.balance() {
            self.differ(payment, self.balance(), effects);
        }
    }
}

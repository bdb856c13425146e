//! Refunds as the facts tell them: cumulative, one at a time, each ending as it began.

use events::money::Money;
use events::orders::{LineAmounts, OrderAmounts, OrderEvent, OrderFact, OrderState, RefundLine};

use super::OrderRule;
use super::order::LedgerOrder;

/// A refund that has begun.
#[derive(Clone, Debug)]
pub(super) struct Refund {
    /// Where the order was.
    back: OrderState,
    /// What was stated of it; nothing until it has a number.
    stated: Option<(u16, Vec<RefundLine>, Money)>,
    /// Whether the provider refused: the next one takes its place.
    refused: bool,
}

impl Refund {
    /// A refund that must be made and has no number yet.
    pub(super) fn due(back: OrderState) -> Self {
        Self { back, stated: None, refused: false }
    }
}

impl LedgerOrder {
    /// What is refunded changes by a completed refund only, and by exactly what its units amount to.
    pub(super) fn judge_refund(
        &mut self,
        event: &OrderEvent,
        before: &OrderAmounts,
        from: OrderState,
    ) -> Result<(), OrderRule> {
        let completed = match &event.fact {
            OrderFact::RefundStarted { refund, lines, amount, .. } => {
                self.begin_refund(*refund, lines, *amount, from)?;
                Money::ZERO
            }
            OrderFact::RefundUnknown { refund, .. } => {
                self.under_way(*refund)?;
                Money::ZERO
            }
            OrderFact::RefundRefused { refund, .. } => {
                self.end_refused(*refund, event)?;
                Money::ZERO
            }
            OrderFact::RefundCompleted { refund, lines, amount, .. } => {
                self.complete(*refund, lines, *amount, event)?;
                *amount
            }
            _ => Money::ZERO,
        };
        let refunded = before.refunded.plus(completed);
        let within = event.amounts.refunded >= Money::ZERO && event.amounts.refunded <= event.amounts.paid;
        if refunded == Some(event.amounts.refunded) && within { Ok(()) } else { Err(OrderRule::RefundsAddUp) }
    }

    fn begin_refund(
        &mut self,
        number: u16,
        lines: &[RefundLine],
        amount: Money,
        from: OrderState,
    ) -> Result<(), OrderRule> {
        let back = match (&self.refund, from) {
            (None, OrderState::Refunding) => return Err(OrderRule::RefundsAddUp),
            (None, from) => from,
            (Some(refund), _) if refund.stated.is_none() || refund.refused => refund.back,
            (Some(_), _) => return Err(OrderRule::RefundsAddUp),
        };
        let next = number > self.refunds;
        self.refunds = number;
        self.refund = Some(Refund { back, stated: Some((number, lines.to_vec(), amount)), refused: false });
        let sum = lines.iter().try_fold(LineAmounts::default(), |sum, line| sum.plus(&line.amounts));
        let cut = lines.iter().all(|line| self.is_cut(line));
        let distinct =
            lines.iter().enumerate().all(|(place, line)| lines.iter().take(place).all(|other| other.sku != line.sku));
        let adds_up = next && cut && distinct && sum.map(|sum| sum.due) == Some(amount) && !lines.is_empty();
        if adds_up { Ok(()) } else { Err(OrderRule::RefundsAddUp) }
    }

    /// Whether a refunded line is exactly the difference between all its refunded units after it and before it.
    fn is_cut(&self, cut: &RefundLine) -> bool {
        let Some(line) = self.lines.iter().find(|line| line.sku == cut.sku) else { return false };
        let before = line.amounts.of_units(line.refunded, line.quantity);
        let after = line.amounts.of_units(cut.refunded_quantity, line.quantity);
        let difference = before.zip(after).and_then(|(before, after)| after.minus(&before));
        cut.quantity > 0
            && line.refunded.checked_add(cut.quantity) == Some(cut.refunded_quantity)
            && after == Some(cut.refunded)
            && difference == Some(cut.amounts)
            && cut.amounts.is_balanced()
    }

    fn under_way(&mut self, number: u16) -> Result<&mut Refund, OrderRule> {
        let found = self
            .refund
            .as_mut()
            .filter(|refund| !refund.refused && refund.stated.as_ref().is_some_and(|(stated, _, _)| *stated == number));
        found.ok_or(OrderRule::RefundsAddUp)
    }

    fn end_refused(&mut self, number: u16, event: &OrderEvent) -> Result<(), OrderRule> {
        let refund = self.under_way(number)?;
        let back = refund.back;
        match event.state {
            Some(OrderState::Refunding) => refund.refused = true,
            state if state == Some(back) => self.refund = None,
            _ => return Err(OrderRule::LegalMoves),
        }
        Ok(())
    }

    fn complete(
        &mut self,
        number: u16,
        lines: &[RefundLine],
        amount: Money,
        event: &OrderEvent,
    ) -> Result<(), OrderRule> {
        let refund = self.under_way(number)?.clone();
        self.refund = None;
        let as_stated = refund.stated.is_some_and(|(_, stated, sum)| stated == lines && sum == amount);
        for cut in lines {
            if let Some(line) = self.lines.iter_mut().find(|line| line.sku == cut.sku) {
                line.refunded = cut.refunded_quantity;
            }
        }
        let whole = self.lines.iter().all(|line| line.refunded == line.quantity);
        let expected = match refund.back {
            back if back.is_undone() || !whole => back,
            OrderState::Paid => OrderState::Cancelled,
            _ => OrderState::Refunded,
        };
        if event.state != Some(expected) {
            return Err(OrderRule::LegalMoves);
        }
        let zero = !whole || event.amounts.refunded == event.amounts.paid;
        if as_stated && zero { Ok(()) } else { Err(OrderRule::RefundsAddUp) }
    }
}

//! Postings as the facts tell them: a line is sold once, taken back bit by bit, and ends at zero.

use events::calendar::Day;
use events::ids::{OrderId, Sku};
use events::settlement::{DayTotals, LineKind, PostedLine, Settled};

use super::SettlementRule;
use super::book::{LineRecord, SellerBook};

/// The lines of one fact.
pub(super) struct Posting<'a> {
    pub(super) day: Day,
    pub(super) kind: LineKind,
    pub(super) order: &'a OrderId,
    pub(super) policy: u32,
    pub(super) lines: &'a [PostedLine],
}

impl SellerBook {
    pub(super) fn post(&mut self, posting: &Posting<'_>) -> Result<(), SettlementRule> {
        if posting.lines.is_empty() {
            return Err(SettlementRule::PostingsAddUp);
        }
        posting.lines.iter().try_for_each(|line| self.post_line(posting, line))
    }

    fn post_line(&mut self, posting: &Posting<'_>, line: &PostedLine) -> Result<(), SettlementRule> {
        let next = self.numbered.checked_add(1) == Some(line.number);
        self.numbered = line.number;
        if !next {
            return Err(SettlementRule::GaplessLines);
        }
        if !line.amounts.is_balanced() || !line.amounts.is_net(line.terms.vat) {
            return Err(SettlementRule::LineIdentity);
        }
        let totals = self.open.entry(posting.day).or_default();
        *totals = DayTotals::with(totals, &line.amounts).ok_or(SettlementRule::TotalsFollowLines)?;
        let place = (posting.order.clone(), line.sku.clone());
        match posting.kind {
            LineKind::Sale => self.post_sale(posting, line, place),
            LineKind::Contra => self.post_contra(posting, line, &place),
        }
    }

    fn post_sale(
        &mut self,
        posting: &Posting<'_>,
        line: &PostedLine,
        place: (OrderId, Sku),
    ) -> Result<(), SettlementRule> {
        let (number, policy) = self.policy_of(posting.day);
        if number != posting.policy || !policy.gives(&line.terms) {
            return Err(SettlementRule::TermsFollowPolicy);
        }
        let units = u32::try_from(line.quantity).ok().filter(|units| *units > 0);
        let units = units.ok_or(SettlementRule::PostingsAddUp)?;
        let (amounts, terms, policy) = (line.amounts, line.terms, posting.policy);
        let record = LineRecord { sold: units, left: units, amounts, terms, policy };
        let positive = line.amounts.line().is_balanced();
        if self.lines.insert(place, record).is_some() || !positive {
            return Err(SettlementRule::PostingsAddUp);
        }
        Ok(())
    }

    fn post_contra(
        &mut self,
        posting: &Posting<'_>,
        line: &PostedLine,
        place: &(OrderId, Sku),
    ) -> Result<(), SettlementRule> {
        let record = self.lines.get_mut(place).ok_or(SettlementRule::PostingsAddUp)?;
        let back = line.quantity.checked_neg().and_then(|units| u32::try_from(units).ok()).filter(|units| *units > 0);
        let left = back.and_then(|back| record.left.checked_sub(back)).ok_or(SettlementRule::PostingsAddUp)?;
        let amounts = record.amounts.plus(&line.amounts).ok_or(SettlementRule::PostingsAddUp)?;
        (record.left, record.amounts) = (left, amounts);
        if record.terms != line.terms || record.policy != posting.policy {
            return Err(SettlementRule::TermsFollowPolicy);
        }
        let ends_at_zero = left > 0 || amounts == Settled::default();
        let stays_balanced = amounts.line().is_balanced();
        if ends_at_zero && stays_balanced { Ok(()) } else { Err(SettlementRule::PostingsAddUp) }
    }
}

//! Posting lines: a sale when its step is reached, contra lines when units are refunded. Every posting is the difference between what
//! the line should amount to now and what was posted of it.

use events::ids::OrderId;
use events::inventory::MOST_QUANTITY;
use events::money::Money;
use events::orders::MOST_LINES;
use events::settlement::{LineKind, LineTerms, PostedLine, RefundedLine, Settled, SettlementFact, SoldLine, Source};
use events::time::Timestamp;

use super::effects::Effects;
use super::seller::Seller;
use super::sold::{SettledLine, SoldLines};

/// Amounts that no order can have: the record is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Implausible(pub(crate) &'static str);

/// Where a posting comes from.
pub(crate) struct Cause<'a> {
    pub(crate) order: &'a OrderId,
    pub(crate) refund: Option<u16>,
    pub(crate) reached_at: Timestamp,
    pub(crate) source: Source,
}

/// Most that a line can amount to.
const MOST_GROSS: i128 = Money::LARGEST.minor() as i128 * MOST_QUANTITY as i128;

/// Checks what an order says of a seller's lines: the log may hold anything.
pub(crate) fn are_plausible(lines: &[SoldLine], at: Timestamp) -> Result<(), Implausible> {
    let distinct = |place: usize, line: &SoldLine| lines.iter().take(place).all(|other| other.sku != line.sku);
    let rules = [
        (at.is_plausible(), "an order's step at no time"),
        ((1..=MOST_LINES).contains(&lines.len()), "an order has 1 to 50 lines"),
        (lines.iter().enumerate().all(|(place, line)| distinct(place, line)), "an order names a product once"),
        (
            lines.iter().all(|line| (1..=MOST_QUANTITY).contains(&line.quantity) && line.refunded <= line.quantity),
            "a line has units, and no more are refunded",
        ),
        (
            lines.iter().all(|line| {
                let fits = i128::from(line.amounts.gross.minor()) <= MOST_GROSS;
                line.amounts.is_balanced() && fits && line.supply_price.is_none_or(Money::is_plausible)
            }),
            "a line's amounts add up",
        ),
    ];
    match rules.into_iter().find(|(holds, _)| !holds) {
        Some((_, rule)) => Err(Implausible(rule)),
        None => Ok(()),
    }
}

impl Seller {
    /// Posts what is left of lines that count from now on, on the open day at this place. Nothing left: nothing to post.
    pub(crate) fn post_sale(
        &mut self,
        place: usize,
        lines: &[SoldLine],
        terms: &[LineTerms],
        cause: &Cause<'_>,
        effects: &mut Effects,
    ) -> Result<Option<SoldLines>, Implausible> {
        let Some(policy) = self.days.get(place).map(|open| open.policy) else { return Ok(None) };
        let settled: Vec<SettledLine> = lines
            .iter()
            .zip(terms)
            .map(|(line, terms)| SettledLine {
                sku: line.sku.clone(),
                quantity: line.quantity,
                refunded: line.refunded,
                supply_price: line.supply_price,
                amounts: line.amounts,
                terms: *terms,
            })
            .collect();
        let mut posted = Vec::with_capacity(settled.len());
        for line in settled.iter().filter(|line| line.left() > 0) {
            let amounts = line.settled(line.refunded).ok_or(Implausible("amounts that do not fit"))?;
            posted.push(self.line(line, line.left().cast_signed(), amounts));
        }
        if posted.is_empty() {
            return Ok(None);
        }
        self.post(place, LineKind::Sale, policy, posted, cause, effects)?;
        Ok(Some(SoldLines { policy, touched: touched(effects.at()), lines: settled }))
    }

    /// Posts contra lines for units that were refunded since the last posting; whether there are any.
    pub(crate) fn post_contra(
        &mut self,
        place: usize,
        sold: &mut SoldLines,
        refunded: impl Iterator<Item = RefundedLine>,
        cause: &Cause<'_>,
        effects: &mut Effects,
    ) -> Result<bool, Implausible> {
        let mut posted = Vec::new();
        for refund in refunded {
            let Some(line) = sold.lines.iter_mut().find(|line| line.sku == refund.sku) else { continue };
            let after = refund.refunded.min(line.quantity);
            if after <= line.refunded {
                continue;
            }
            let before = line.settled(line.refunded);
            let difference = line.settled(after).zip(before).and_then(|(after, before)| after.minus(&before));
            let back = (after - line.refunded).cast_signed();
            line.refunded = after;
            let amounts = difference.ok_or(Implausible("amounts that do not fit"))?;
            posted.push(self.line(line, -back, amounts));
        }
        if posted.is_empty() {
            return Ok(false);
        }
        sold.touched = touched(effects.at());
        self.post(place, LineKind::Contra, sold.policy, posted, cause, effects)?;
        Ok(true)
    }

    fn line(&mut self, line: &SettledLine, quantity: i32, amounts: Settled) -> PostedLine {
        self.numbered += 1;
        PostedLine { number: self.numbered, sku: line.sku.clone(), quantity, terms: line.terms, amounts }
    }

    fn post(
        &mut self,
        place: usize,
        kind: LineKind,
        policy: u32,
        lines: Vec<PostedLine>,
        cause: &Cause<'_>,
        effects: &mut Effects,
    ) -> Result<(), Implausible> {
        let Some(open) = self.days.get_mut(place) else { return Ok(()) };
        let totals = lines.iter().try_fold(open.totals, |totals, line| totals.with(&line.amounts));
        open.totals = totals.ok_or(Implausible("a day's totals that do not fit"))?;
        let (day, order, refund) = (open.day, cause.order.clone(), cause.refund);
        let (reached_at, source) = (cause.reached_at, cause.source);
        let fact = SettlementFact::LinesPosted { day, kind, order, refund, reached_at, policy, source, lines };
        self.state(fact, effects);
        self.changed(place, effects);
        Ok(())
    }
}

/// Days since 1970 (UTC) of an instant.
pub(crate) fn touched(at: Timestamp) -> u32 {
    u32::try_from(at.as_millis() / 86_400_000).unwrap_or(0)
}

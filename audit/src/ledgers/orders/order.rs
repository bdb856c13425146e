//! An order as the facts tell it.

use std::collections::BTreeSet;

use events::ids::{HoldId, OrderId, PaymentKey, ShopperId, Sku};
use events::money::{BasisPoints, Money};
use events::orders::{
    LineAmounts, OrderAmounts, OrderCoupon, OrderEvent, OrderFact, OrderLine, OrderState, Step, Units,
};
use events::time::Timestamp;

use super::moves::is_legal;
use super::refunds::Refund;
use super::{OrderRule, lives_or_ends};

/// What the facts say of an order.
#[derive(Clone, Debug)]
pub struct LedgerOrder {
    version: u64,
    at: Timestamp,
    shopper: Option<ShopperId>,
    pub(super) state: OrderState,
    pub(super) amounts: OrderAmounts,
    awaited: u16,
    deadline: Option<Timestamp>,
    pub(super) lines: Vec<LedgerLine>,
    coupon: Option<OrderCoupon>,
    priced: bool,
    bought: bool,
    payment: Option<PaymentKey>,
    /// The latest attempt to pay.
    attempt: u16,
    lost: BTreeSet<HoldId>,
    pub(super) refund: Option<Refund>,
    pub(super) refunds: u16,
}

/// A line, as far as the facts go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LedgerLine {
    /// The product.
    pub sku: Sku,
    /// How many units.
    pub quantity: u32,
    /// The hold on them.
    pub hold: HoldId,
    /// What the line amounts to; zero until it is priced.
    pub amounts: LineAmounts,
    /// How many units are refunded.
    pub refunded: u32,
}

impl LedgerOrder {
    /// Where the order is.
    #[must_use]
    pub fn state(&self) -> OrderState {
        self.state
    }

    /// What it amounts to.
    #[must_use]
    pub fn amounts(&self) -> OrderAmounts {
        self.amounts
    }

    /// How many steps others have yet to answer.
    #[must_use]
    pub fn awaited(&self) -> u16 {
        self.awaited
    }

    /// When it moves by itself.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        self.deadline
    }

    /// Whose it is.
    #[must_use]
    pub fn shopper(&self) -> Option<&ShopperId> {
        self.shopper.as_ref()
    }

    /// Its lines.
    #[must_use]
    pub fn lines(&self) -> &[LedgerLine] {
        &self.lines
    }

    /// The coupon that it was placed with, and the hold that it asks for.
    #[must_use]
    pub fn coupon(&self, order: &OrderId) -> Option<(&OrderCoupon, HoldId)> {
        self.coupon.as_ref().map(|coupon| (coupon, Step::HoldCoupon.request(order).hold()))
    }

    /// Whether its holds were to be used up: it was paid while it was alive. A payment that came late does not count.
    #[must_use]
    pub fn was_bought(&self) -> bool {
        self.bought
    }

    /// The payment that was charged, also late.
    #[must_use]
    pub fn charged(&self) -> Option<&PaymentKey> {
        self.payment.as_ref()
    }

    /// Whether this hold of it ended otherwise than the order asked.
    #[must_use]
    pub fn has_lost(&self, hold: &HoldId) -> bool {
        self.lost.contains(hold)
    }

    /// The order that its first fact places, and whether that fact keeps the rules.
    pub(super) fn begin(event: &OrderEvent) -> Result<(Self, Result<(), OrderRule>), OrderRule> {
        let OrderFact::OrderPlaced { lines, coupon } = &event.fact else {
            return Err(OrderRule::NothingBeforeThePlacement);
        };
        let line = |units: &Units| LedgerLine {
            sku: units.sku.clone(),
            quantity: units.quantity,
            hold: Step::HoldStock(&units.sku).request(&event.order).hold(),
            amounts: LineAmounts::default(),
            refunded: 0,
        };
        let order = Self {
            version: event.version,
            at: event.at,
            shopper: event.shopper.clone(),
            state: OrderState::Holding,
            amounts: event.amounts,
            awaited: event.awaited,
            deadline: event.deadline,
            lines: lines.iter().map(line).collect(),
            coupon: coupon.clone(),
            priced: false,
            bought: false,
            payment: None,
            attempt: 0,
            lost: BTreeSet::new(),
            refund: None,
            refunds: 0,
        };
        let judged = if event.version != 1 {
            Err(OrderRule::GaplessVersions)
        } else if event.state != Some(OrderState::Holding) {
            Err(OrderRule::LegalMoves)
        } else if event.shopper.is_none() {
            Err(OrderRule::OwnerNeverChanges)
        } else if event.amounts != OrderAmounts::default() {
            Err(OrderRule::TotalsFollowLines)
        } else {
            lives_or_ends(OrderState::Holding, event.awaited, event.deadline)
        };
        Ok((order, judged))
    }

    /// Takes the next fact in.
    pub(super) fn follow(&mut self, event: &OrderEvent) -> Result<(), OrderRule> {
        let (from, awaited) = (self.state, self.awaited);
        let expected = (self.version + 1, &self.shopper);
        let in_order = expected == (event.version, &event.shopper);
        let owned = self.shopper == event.shopper;
        let later = event.at >= self.at;
        let to = event.state.ok_or(OrderRule::LegalMoves)?;
        (self.version, self.at, self.awaited, self.deadline) = (event.version, event.at, event.awaited, event.deadline);
        self.state = to;
        let before = std::mem::replace(&mut self.amounts, event.amounts);
        if !owned {
            return Err(OrderRule::OwnerNeverChanges);
        }
        if !in_order {
            return Err(OrderRule::GaplessVersions);
        }
        if !later {
            return Err(OrderRule::TimeNeverRunsBack);
        }
        if !is_legal(from, &event.fact, to) {
            return Err(OrderRule::LegalMoves);
        }
        if event.fact == OrderFact::StepsAnswered && (awaited == 0 || event.awaited > 0) {
            return Err(OrderRule::StepsAreAnswered);
        }
        self.judge_price(event, &before)?;
        self.judge_payment(event, &before, from)?;
        self.judge_refund(event, &before, from)?;
        if to.is_undone() && event.amounts.paid != event.amounts.refunded {
            return Err(OrderRule::UndoneKeepsNoMoney);
        }
        lives_or_ends(to, event.awaited, event.deadline)
    }

    /// Terms and totals are frozen once, and follow from each other.
    fn judge_price(&mut self, event: &OrderEvent, before: &OrderAmounts) -> Result<(), OrderRule> {
        if let OrderFact::OrderRejected { request, .. } | OrderFact::OrderPriced { request, .. } = &event.fact
            && request.order() != event.order
        {
            return Err(OrderRule::IdsAreDerived);
        }
        let OrderFact::OrderPriced { lines, coupon, coupon_hold, platform_share, .. } = &event.fact else {
            let (now, then) = (event.amounts, before);
            let frozen = (now.gross, now.discount, now.due) == (then.gross, then.discount, then.due);
            return if frozen { Ok(()) } else { Err(OrderRule::TotalsFollowLines) };
        };
        let hold = self.coupon.as_ref().map(|_| Step::HoldCoupon.request(&event.order).hold());
        if *coupon_hold != hold || lines.iter().zip(&self.lines).any(|(line, placed)| line.hold != placed.hold) {
            return Err(OrderRule::IdsAreDerived);
        }
        if self.priced || *coupon != self.coupon || !self.are_placed(lines) {
            return Err(OrderRule::TotalsFollowLines);
        }
        self.priced = true;
        for (line, priced) in self.lines.iter_mut().zip(lines) {
            line.amounts = priced.amounts;
        }
        if is_sum(lines, &event.amounts, *platform_share) { Ok(()) } else { Err(OrderRule::TotalsFollowLines) }
    }

    /// Whether the priced lines are the placed ones.
    fn are_placed(&self, lines: &[OrderLine]) -> bool {
        lines.len() == self.lines.len()
            && lines.iter().zip(&self.lines).all(|(line, placed)| {
                line.sku == placed.sku
                    && line.quantity == placed.quantity
                    && line.unit.unit_price.times(i64::from(line.quantity)) == Some(line.amounts.gross)
            })
    }

    /// What is paid changes by a charge only, and a charge comes once.
    fn judge_payment(&mut self, event: &OrderEvent, before: &OrderAmounts, from: OrderState) -> Result<(), OrderRule> {
        let amounts = event.amounts;
        let charged = match &event.fact {
            OrderFact::OrderPaid { payment_key, attempt, .. } => {
                let nothing_due = amounts.due == Money::ZERO;
                let right = nothing_due == payment_key.is_none() && (*attempt == 0) == nothing_due;
                if self.bought || !right || *attempt != self.attempt {
                    return Err(OrderRule::PaidOnce);
                }
                self.bought = true;
                self.payment.clone_from(payment_key);
                true
            }
            OrderFact::LatePaymentFound { payment_key, amount } => {
                if self.payment.is_some() || *amount != amounts.due {
                    return Err(OrderRule::PaidOnce);
                }
                self.payment = Some(payment_key.clone());
                self.refund = Some(Refund::due(from));
                true
            }
            OrderFact::PaymentStarted { attempt, .. } => {
                let next = *attempt == self.attempt + 1;
                self.attempt = *attempt;
                if !next {
                    return Err(OrderRule::PaidOnce);
                }
                false
            }
            OrderFact::HoldLost { hold, .. } => {
                self.lost.insert(*hold);
                false
            }
            _ => false,
        };
        let paid = if charged { amounts.due } else { before.paid };
        let once = !charged || before.paid == Money::ZERO;
        if amounts.paid == paid && once { Ok(()) } else { Err(OrderRule::PaidOnce) }
    }
}

/// Whether the lines are balanced, share the discount as promised, and sum to the totals.
fn is_sum(lines: &[OrderLine], amounts: &OrderAmounts, platform_share: BasisPoints) -> bool {
    let gross: Vec<Money> = lines.iter().map(|line| line.amounts.gross).collect();
    let parts = LineAmounts::of_lines(&gross, amounts.discount, platform_share);
    let stated: Vec<LineAmounts> = lines.iter().map(|line| line.amounts).collect();
    let sum = stated.iter().try_fold(LineAmounts::default(), |sum, line| sum.plus(line));
    let totals = sum.map(|sum| (sum.gross, sum.discount(), sum.due));
    parts.as_ref() == Some(&stated)
        && stated.iter().all(LineAmounts::is_balanced)
        && totals == Some((amounts.gross, amounts.discount, amounts.due))
}

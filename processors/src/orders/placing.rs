//! From the placement to the price: stock is held, then the coupon, then terms and amounts are frozen. All or nothing.

use events::coupons::Refusal;
use events::ids::{OrderId, RequestId, ShopperId, Sku};
use events::inventory::{MOST_QUANTITY, StockRefusal, UnitTerms};
use events::money::{BasisPoints, Money};
use events::orders::{
    LineAmounts, MOST_LINES, OrderAmounts, OrderCommand, OrderCoupon, OrderFact, OrderLine, OrderRefusal, OrderState,
    Reason, TimeLimits, Units,
};
use events::request::Fingerprint;
use events::time::Timestamp;

use super::coupon::{Coupon, CouponState};
use super::effects::Effects;
use super::line::{Line, Stock};
use super::order::Order;
use super::payment::LookUps;
use super::requests::Answer;
use crate::kit::machine::CorruptState;
use crate::kit::requests::{Remembered, Requests};
use crate::policy;

/// What a placement says.
pub(crate) struct Placement<'a> {
    pub(crate) request: RequestId,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) reply_to: Option<i32>,
    pub(crate) order: &'a OrderId,
    pub(crate) shopper: &'a ShopperId,
    pub(crate) lines: &'a [Units],
    pub(crate) coupon: Option<&'a OrderCoupon>,
    pub(crate) quoted: Option<Money>,
    pub(crate) limits: TimeLimits,
}

impl<'a> Placement<'a> {
    /// Reads a placement; nothing when the command is none.
    pub(crate) fn of(command: &'a OrderCommand, fingerprint: Fingerprint, reply_to: Option<i32>) -> Option<Self> {
        let OrderCommand::Place { request, order, shopper, lines, coupon, quoted, limits } = command else {
            return None;
        };
        Some(Self {
            request: *request,
            fingerprint,
            reply_to,
            order,
            shopper,
            lines,
            coupon: coupon.as_ref(),
            quoted: *quoted,
            limits: *limits,
        })
    }

    /// Whether lines, quantities and limits are what an order can have.
    pub(crate) fn is_plausible(&self) -> bool {
        let quoted = self.quoted.is_none_or(Money::is_plausible);
        (1..=MOST_LINES).contains(&self.lines.len()) && are_units(self.lines) && self.limits.is_plausible() && quoted
    }
}

/// Whether each product is there once, in a quantity that can be ordered.
pub(crate) fn are_units(lines: &[Units]) -> bool {
    lines.iter().enumerate().all(|(place, line)| {
        (1..=MOST_QUANTITY).contains(&line.quantity) && lines.iter().take(place).all(|other| other.sku != line.sku)
    })
}

/// Places an order and requests its holds.
pub(crate) fn place(placement: &Placement<'_>, effects: &mut Effects) -> Order {
    let now = effects.at();
    let mut order = Order {
        id: placement.order.clone(),
        shopper: placement.shopper.clone(),
        placed_at: now,
        limits: placement.limits,
        quoted: placement.quoted,
        version: 0,
        at: now,
        stated_awaited: 0,
        state: OrderState::Holding,
        limit: Some(effects.in_millis(policy::HOLDS_ANSWERED_WITHIN_MS)),
        pay_by: now,
        hold_until: now.plus_millis(policy::HOLD_LIMIT_MS),
        amounts: OrderAmounts::default(),
        platform_share: BasisPoints::new(0),
        lines: placement.lines.iter().map(|line| Line::requested(line.sku.clone(), line.quantity)).collect(),
        coupon: placement.coupon.map(|coupon| Coupon::waiting(coupon.campaign.clone(), coupon.coupon)),
        retry: None,
        payment: None,
        look_ups: LookUps::default(),
        refund: None,
        refunds: 0,
        misused: false,
        requests: Requests(vec![Remembered {
            request: placement.request,
            fingerprint: placement.fingerprint,
            at: now,
            answer: Answer::Pending(placement.reply_to),
        }]),
        transmissions: Vec::new(),
        timer: None,
    };
    order.hold_stock(effects);
    let fact = OrderFact::OrderPlaced { lines: placement.lines.to_vec(), coupon: placement.coupon.cloned() };
    order.state(fact, effects);
    order
}

impl Order {
    /// The request that placed it.
    pub(crate) fn placement(&self) -> Option<RequestId> {
        self.requests.0.first().map(|known| known.request)
    }

    /// A line's units are held.
    pub(crate) fn stock_held(
        &mut self,
        sku: &Sku,
        unit: &UnitTerms,
        until: Timestamp,
        effects: &mut Effects,
    ) -> Result<(), CorruptState> {
        let Some(line) = self.lines.iter_mut().find(|line| line.sku == *sku) else { return Ok(()) };
        line.stock = Stock::Held;
        line.unit = Some(unit.clone());
        self.hold_until = self.hold_until.min(until);
        if self.lines.iter().any(|line| line.stock != Stock::Held) {
            return Ok(());
        }
        match self.spend() {
            Some(spend) if spend.is_plausible() => {}
            _ => return self.reject(OrderRefusal::InvalidOrder.into(), effects),
        }
        if self.hold_coupon(effects) { Ok(()) } else { self.price(effects) }
    }

    /// The coupon is held.
    pub(crate) fn coupon_held(
        &mut self,
        discount: Money,
        platform_share: BasisPoints,
        until: Timestamp,
        effects: &mut Effects,
    ) -> Result<(), CorruptState> {
        let Some(coupon) = &mut self.coupon else { return Ok(()) };
        coupon.state = CouponState::Held;
        coupon.discount = discount;
        self.platform_share = platform_share;
        self.hold_until = self.hold_until.min(until);
        self.price(effects)
    }

    /// Everything is held: freezes what it costs, and awaits the payment, if there is anything to pay.
    fn price(&mut self, effects: &mut Effects) -> Result<(), CorruptState> {
        let discount = self.coupon.as_ref().map_or(Money::ZERO, |coupon| coupon.discount);
        let gross = self.gross().ok_or(CorruptState("a line that is held has terms"))?;
        let Some(parts) = LineAmounts::of_lines(&gross, discount, self.platform_share) else {
            return self.reject(OrderRefusal::InvalidOrder.into(), effects);
        };
        let sum = parts.iter().try_fold(LineAmounts::default(), |sum, part| sum.plus(part));
        let sum = sum.ok_or(CorruptState("what was plausible fits"))?;
        if self.quoted.is_some_and(|quoted| quoted != sum.due) {
            return self.reject(OrderRefusal::PriceChanged.into(), effects);
        }
        for (line, amounts) in self.lines.iter_mut().zip(parts) {
            line.amounts = amounts;
        }
        self.amounts = OrderAmounts { gross: sum.gross, discount, due: sum.due, ..OrderAmounts::default() };
        self.pay_by = effects.in_millis(self.limits.pay_ms);
        self.enter(OrderState::AwaitingPayment, Some(self.pay_by));
        let request = self.placement().ok_or(CorruptState("an order remembers its placement"))?;
        self.state(self.priced(request)?, effects);
        if sum.due == Money::ZERO {
            self.paid(effects)?;
        }
        self.grant(request, effects);
        Ok(())
    }

    fn priced(&self, request: RequestId) -> Result<OrderFact, CorruptState> {
        let lines = self.lines.iter().map(|line| {
            Some(OrderLine {
                sku: line.sku.clone(),
                quantity: line.quantity,
                hold: self.stock_hold(&line.sku),
                unit: line.unit.clone()?,
                amounts: line.amounts,
            })
        });
        let lines: Option<Vec<OrderLine>> = lines.collect();
        Ok(OrderFact::OrderPriced {
            request,
            lines: lines.ok_or(CorruptState("a line that is held has terms"))?,
            coupon: self
                .coupon
                .as_ref()
                .map(|coupon| OrderCoupon { campaign: coupon.campaign.clone(), coupon: coupon.id }),
            coupon_hold: self.coupon.as_ref().map(|_| self.coupon_hold()),
            platform_share: self.platform_share,
        })
    }

    /// Something cannot be had: nothing is kept.
    pub(crate) fn reject(&mut self, reason: Reason, effects: &mut Effects) -> Result<(), CorruptState> {
        let request = self.placement().ok_or(CorruptState("an order remembers its placement"))?;
        self.enter(OrderState::Rejected, None);
        self.undo(effects);
        self.state(OrderFact::OrderRejected { request, reason: reason.clone() }, effects);
        self.refuse(request, reason, effects);
        Ok(())
    }

    /// The hold on a line's units is refused.
    pub(crate) fn stock_refused(
        &mut self,
        sku: &Sku,
        refusal: StockRefusal,
        effects: &mut Effects,
    ) -> Result<(), CorruptState> {
        self.set_stock(sku, Stock::Ended);
        self.reject(Reason::Stock { sku: sku.clone(), refusal }, effects)
    }

    /// The hold on the coupon is refused.
    pub(crate) fn coupon_refused(&mut self, refusal: Refusal, effects: &mut Effects) -> Result<(), CorruptState> {
        self.set_coupon(CouponState::Ended);
        self.reject(Reason::Coupon { refusal }, effects)
    }

    /// The hold on a line's units ended by itself.
    pub(crate) fn stock_lost(&mut self, sku: &Sku, effects: &mut Effects) -> Result<(), CorruptState> {
        self.set_stock(sku, Stock::Lost);
        let reason = Reason::Stock { sku: sku.clone(), refusal: StockRefusal::NotHeld };
        self.hold_lost(Some(sku.clone()), reason, effects)
    }

    /// The hold on the coupon ended by itself.
    pub(crate) fn coupon_lost(&mut self, effects: &mut Effects) -> Result<(), CorruptState> {
        self.set_coupon(CouponState::Lost);
        self.hold_lost(None, Reason::Coupon { refusal: Refusal::NotUsable }, effects)
    }

    /// Before the payment begins the order ends with its hold. While a charge is requested it waits for the answer: a
    /// charge without stock is refunded.
    fn hold_lost(&mut self, sku: Option<Sku>, reason: Reason, effects: &mut Effects) -> Result<(), CorruptState> {
        if self.state == OrderState::Holding {
            return self.reject(reason, effects);
        }
        let hold = sku.as_ref().map_or_else(|| self.coupon_hold(), |sku| self.stock_hold(sku));
        self.state(OrderFact::HoldLost { sku, hold }, effects);
        if self.state == OrderState::AwaitingPayment {
            self.expire(effects);
        }
        Ok(())
    }

    /// It was not paid in time.
    pub(crate) fn expire(&mut self, effects: &mut Effects) {
        self.enter(OrderState::Expired, None);
        self.undo(effects);
        self.state(OrderFact::OrderExpired, effects);
    }

    pub(crate) fn set_stock(&mut self, sku: &Sku, stock: Stock) {
        if let Some(line) = self.lines.iter_mut().find(|line| line.sku == *sku) {
            line.stock = stock;
        }
    }

    pub(crate) fn set_coupon(&mut self, state: CouponState) {
        if let Some(coupon) = &mut self.coupon {
            coupon.state = state;
        }
    }
}

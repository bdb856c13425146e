//! Commands to stock and coupons: steps forward, and back. A step is named by what it is, so it can be repeated until it
//! is answered, and its undo can name a hold whose answer never came. Undo goes in reverse: first the coupon, then the lines,
//! last one first.

use events::coupons::CouponCommand;
use events::ids::{HoldId, Sku};
use events::inventory::InventoryCommand;
use events::money::Money;
use events::orders::{OrderFact, Step};

use super::coupon::{Coupon, CouponState};
use super::effects::{Effects, Output};
use super::line::{Line, Stock};
use super::order::{Order, Retry};
use crate::policy;

impl Order {
    /// The hold on a line's units.
    pub(crate) fn stock_hold(&self, sku: &Sku) -> HoldId {
        Step::HoldStock(sku).request(&self.id).hold()
    }

    /// The hold on the coupon.
    pub(crate) fn coupon_hold(&self) -> HoldId {
        Step::HoldCoupon.request(&self.id).hold()
    }

    /// Requests the holds on all lines.
    pub(crate) fn hold_stock(&self, effects: &mut Effects) {
        for line in &self.lines {
            self.request_stock(line, effects);
        }
    }

    /// Requests the hold on the coupon, if there is one that is not held yet. Whether it was requested.
    pub(crate) fn hold_coupon(&mut self, effects: &mut Effects) -> bool {
        let Some(coupon) = self.coupon.as_mut().filter(|coupon| coupon.state == CouponState::Waiting) else {
            return false;
        };
        coupon.state = CouponState::Requested;
        self.request_coupon(effects);
        true
    }

    /// The order is paid: what is held is used up. What was lost stays lost.
    pub(crate) fn commit(&mut self, effects: &mut Effects) {
        for line in &mut self.lines {
            if line.stock == Stock::Held {
                line.stock = Stock::Committing;
            }
        }
        if let Some(coupon) = self.coupon.as_mut().filter(|coupon| coupon.state == CouponState::Held) {
            coupon.state = CouponState::Redeeming;
        }
        for line in self.lines.iter().filter(|line| line.stock == Stock::Committing) {
            self.request_stock(line, effects);
        }
        self.request_coupon(effects);
        self.repeat_until_answered(effects);
    }

    /// The order is not paid: every hold that was requested is released, answered or not.
    pub(crate) fn undo(&mut self, effects: &mut Effects) {
        if let Some(coupon) = &mut self.coupon {
            coupon.state = match coupon.state {
                CouponState::Requested | CouponState::Held => CouponState::Releasing,
                CouponState::Waiting => CouponState::Ended,
                other => other,
            };
        }
        self.request_coupon(effects);
        for line in &mut self.lines {
            if matches!(line.stock, Stock::Requested | Stock::Held) {
                line.stock = Stock::Releasing;
            }
        }
        for line in self.lines.iter().rev().filter(|line| line.stock == Stock::Releasing) {
            self.request_stock(line, effects);
        }
        self.repeat_until_answered(effects);
    }

    /// Requests the return of a line's units and the restoration of the coupon, where they are due. What is not known to be used up
    /// is not requested back yet: too early, it would be refused, and be used up after all.
    pub(crate) fn give_back(&mut self, effects: &mut Effects) {
        if let Some(coupon) = &self.coupon {
            self.request_restoration(coupon, effects);
        }
        for line in self.lines.iter().rev() {
            self.request_return(line, effects);
        }
        self.repeat_until_answered(effects);
    }

    /// A line's units are used up, and their return may be due already.
    pub(crate) fn stock_committed(&mut self, sku: &Sku, effects: &mut Effects) {
        self.set_stock(sku, Stock::Committed);
        if let Some(line) = self.lines.iter().find(|line| line.sku == *sku) {
            self.request_return(line, effects);
        }
    }

    /// The coupon is used up, and its restoration may be due already.
    pub(crate) fn coupon_redeemed(&mut self, effects: &mut Effects) {
        self.set_coupon(CouponState::Redeemed);
        if let Some(coupon) = &self.coupon {
            self.request_restoration(coupon, effects);
        }
    }

    /// Repeats what is unanswered, with the same requests, and doubles the pause.
    pub(crate) fn repeat_steps(&mut self, effects: &mut Effects) {
        for line in &self.lines {
            if line.stock.is_awaited() {
                self.request_stock(line, effects);
            }
            self.request_return(line, effects);
        }
        self.request_coupon(effects);
        if let Some(coupon) = &self.coupon {
            self.request_restoration(coupon, effects);
        }
        let round = self.retry.map_or(0, |retry| retry.round.saturating_add(1));
        self.retry = Some(Retry { round, next: effects.in_millis(pause(round)) });
    }

    /// Everything has been answered: says so, unless the latest fact did.
    pub(crate) fn rest(&mut self, effects: &mut Effects) {
        if self.awaited() == 0 {
            self.retry = None;
            if self.stated_awaited > 0 {
                self.state(OrderFact::StepsAnswered, effects);
            }
        }
    }

    fn repeat_until_answered(&mut self, effects: &Effects) {
        self.retry = (self.awaited() > 0).then(|| Retry { round: 0, next: effects.in_millis(pause(0)) });
    }

    /// Requests what the line's state awaits.
    fn request_stock(&self, line: &Line, effects: &mut Effects) {
        let sku = line.sku.clone();
        let hold = self.stock_hold(&sku);
        let command = match line.stock {
            Stock::Requested => InventoryCommand::Hold {
                request: Step::HoldStock(&line.sku).request(&self.id),
                sku,
                order: self.id.clone(),
                quantity: line.quantity,
                until: self.placed_at.plus_millis(policy::HOLD_LIMIT_MS),
            },
            Stock::Committing => {
                InventoryCommand::Commit { request: Step::CommitStock(&line.sku).request(&self.id), sku, hold }
            }
            Stock::Releasing => {
                InventoryCommand::Release { request: Step::ReleaseStock(&line.sku).request(&self.id), sku, hold }
            }
            Stock::Held | Stock::Committed | Stock::Ended | Stock::Lost => return,
        };
        effects.write(Output::Stock(command));
    }

    fn request_return(&self, line: &Line, effects: &mut Effects) {
        if !line.returning || line.stock != Stock::Committed {
            return;
        }
        effects.write(Output::Stock(InventoryCommand::Return {
            request: Step::ReturnStock(&line.sku, line.returned).request(&self.id),
            sku: line.sku.clone(),
            hold: self.stock_hold(&line.sku),
            returned: line.returned,
        }));
    }

    /// Requests what the coupon's state awaits.
    fn request_coupon(&self, effects: &mut Effects) {
        let Some(coupon) = &self.coupon else { return };
        let (campaign, shopper, hold) = (coupon.campaign.clone(), self.shopper.clone(), self.coupon_hold());
        let command = match coupon.state {
            CouponState::Requested => CouponCommand::Hold {
                request: Step::HoldCoupon.request(&self.id),
                campaign,
                coupon: coupon.id,
                shopper,
                order: self.id.clone(),
                spend: self.spend().unwrap_or(Money::ZERO),
                until: self.placed_at.plus_millis(policy::HOLD_LIMIT_MS),
            },
            CouponState::Redeeming => CouponCommand::Redeem {
                request: Step::RedeemCoupon.request(&self.id),
                campaign,
                coupon: coupon.id,
                shopper,
                hold,
            },
            CouponState::Releasing => CouponCommand::Release {
                request: Step::ReleaseCoupon.request(&self.id),
                campaign,
                coupon: coupon.id,
                shopper,
                hold,
            },
            CouponState::Waiting
            | CouponState::Held
            | CouponState::Redeemed
            | CouponState::Ended
            | CouponState::Lost => return,
        };
        effects.write(Output::Coupon(command));
    }

    fn request_restoration(&self, coupon: &Coupon, effects: &mut Effects) {
        if !coupon.restoring || coupon.state != CouponState::Redeemed {
            return;
        }
        effects.write(Output::Coupon(CouponCommand::Restore {
            request: Step::RestoreCoupon.request(&self.id),
            campaign: coupon.campaign.clone(),
            coupon: coupon.id,
            shopper: self.shopper.clone(),
            order: self.id.clone(),
        }));
    }

    /// What the lines cost before the coupon, as the holds have frozen it; nothing when that does not fit.
    pub(crate) fn spend(&self) -> Option<Money> {
        self.gross()?.into_iter().try_fold(Money::ZERO, Money::plus)
    }

    /// What each line costs before the coupon.
    pub(crate) fn gross(&self) -> Option<Vec<Money>> {
        self.lines.iter().map(|line| line.unit.as_ref()?.unit_price.times(i64::from(line.quantity))).collect()
    }
}

/// The pause before the steps are repeated for the so-many-th time.
fn pause(round: u32) -> i64 {
    policy::STEP_RETRY_MS
        .saturating_mul(1_i64.checked_shl(round.min(16)).unwrap_or(1))
        .min(policy::STEP_RETRY_AT_MOST_MS)
}

//! Answers of stock and coupon. An answer counts only if the order still awaits it: one that comes twice, or late, changes
//! nothing.

use events::coupons::CouponAnswer;
use events::hold::ReleaseCause;
use events::ids::{RequestId, Sku};
use events::inventory::StockAnswer;
use events::orders::{OrderFact, OrderState, Step};

use super::coupon::CouponState;
use super::effects::Effects;
use super::line::Stock;
use super::order::Order;
use crate::kit::machine::CorruptState;

impl Order {
    /// The inventory processor answers, or a hold lapsed.
    pub(crate) fn stock_answered(
        &mut self,
        sku: &Sku,
        request: Option<RequestId>,
        answer: &StockAnswer,
        effects: &mut Effects,
    ) -> Result<(), CorruptState> {
        let Some(line) = self.lines.iter_mut().find(|line| line.sku == *sku) else { return Ok(()) };
        let Some(request) = request else {
            let held = matches!(line.stock, Stock::Requested | Stock::Held);
            return match answer {
                StockAnswer::Released { hold, cause: ReleaseCause::Lapsed }
                    if held && *hold == self.stock_hold(sku) =>
                {
                    self.stock_lost(sku, effects)
                }
                _ => Ok(()),
            };
        };
        if line.returning
            && line.stock == Stock::Committed
            && request == Step::ReturnStock(sku, line.returned).request(&self.id)
        {
            // A refusal says that there is nothing to take back: the units never left.
            line.returning = false;
            return Ok(());
        }
        let step = match line.stock {
            Stock::Requested => Step::HoldStock(sku),
            Stock::Committing => Step::CommitStock(sku),
            Stock::Releasing => Step::ReleaseStock(sku),
            Stock::Held | Stock::Committed | Stock::Ended | Stock::Lost => return Ok(()),
        };
        if request != step.request(&self.id) {
            return Ok(());
        }
        match (line.stock, answer) {
            (Stock::Requested, StockAnswer::Held { unit, until, .. }) => self.stock_held(sku, unit, *until, effects),
            (Stock::Requested, StockAnswer::Refused { reason }) => self.stock_refused(sku, *reason, effects),
            (Stock::Committing, StockAnswer::Committed { .. }) => {
                self.stock_committed(sku, effects);
                Ok(())
            }
            (Stock::Committing, StockAnswer::Refused { .. } | StockAnswer::Released { .. }) => {
                line.stock = Stock::Lost;
                line.returning = false;
                line.returned = 0;
                let hold = self.stock_hold(sku);
                self.state(OrderFact::HoldLost { sku: Some(sku.clone()), hold }, effects);
                Ok(())
            }
            // A refusal says that nothing is held: that is what the order needs.
            (Stock::Releasing, StockAnswer::Released { .. } | StockAnswer::Refused { .. }) => {
                line.stock = Stock::Ended;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The coupon processor answers, or the hold lapsed or the coupon was revoked.
    pub(crate) fn coupon_answered(
        &mut self,
        request: Option<RequestId>,
        answer: &CouponAnswer,
        effects: &mut Effects,
    ) -> Result<(), CorruptState> {
        let hold = self.coupon_hold();
        let Some(coupon) = &mut self.coupon else { return Ok(()) };
        let Some(request) = request else {
            let held = matches!(coupon.state, CouponState::Requested | CouponState::Held);
            return match answer {
                CouponAnswer::Released { hold: ended, cause: ReleaseCause::Lapsed }
                | CouponAnswer::Revoked { hold: ended }
                    if held && *ended == hold =>
                {
                    self.coupon_lost(effects)
                }
                _ => Ok(()),
            };
        };
        if coupon.restoring && coupon.state == CouponState::Redeemed && request == Step::RestoreCoupon.request(&self.id)
        {
            // The campaign's terms decide.
            coupon.restoring = false;
            return Ok(());
        }
        let step = match coupon.state {
            CouponState::Requested => Step::HoldCoupon,
            CouponState::Redeeming => Step::RedeemCoupon,
            CouponState::Releasing => Step::ReleaseCoupon,
            CouponState::Waiting
            | CouponState::Held
            | CouponState::Redeemed
            | CouponState::Ended
            | CouponState::Lost => return Ok(()),
        };
        if request != step.request(&self.id) {
            return Ok(());
        }
        match (coupon.state, answer) {
            (CouponState::Requested, CouponAnswer::Held { discount, platform_share, until, .. }) => {
                self.coupon_held(*discount, *platform_share, *until, effects)
            }
            (CouponState::Requested, CouponAnswer::Refused { reason }) => self.coupon_refused(*reason, effects),
            (CouponState::Redeeming, CouponAnswer::Redeemed { .. }) => {
                self.coupon_redeemed(effects);
                Ok(())
            }
            // The order stays paid: a discount once given is kept.
            (
                CouponState::Redeeming,
                CouponAnswer::Refused { .. } | CouponAnswer::Released { .. } | CouponAnswer::Revoked { .. },
            ) => {
                coupon.state = CouponState::Lost;
                coupon.restoring = false;
                self.state(OrderFact::HoldLost { sku: None, hold }, effects);
                Ok(())
            }
            (
                CouponState::Releasing,
                CouponAnswer::Released { .. } | CouponAnswer::Refused { .. } | CouponAnswer::Revoked { .. },
            ) => {
                coupon.state = CouponState::Ended;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// After everything else in a step: states that all is answered, and refunds what was paid without its stock.
    pub(crate) fn settle(&mut self, effects: &mut Effects) -> Result<(), CorruptState> {
        if self.state == OrderState::Holding {
            return Ok(());
        }
        self.rest(effects);
        if self.awaited() == 0 && self.is_bought() && self.has_lost_stock() && self.lines.iter().any(|l| l.left() > 0) {
            self.refund_lost_stock(effects)?;
            self.rest(effects);
        }
        Ok(())
    }
}

//! A coupon as the facts tell it, and the moves it may make.

use events::coupons::{CouponEvent, CouponFact, Discount, ReleaseCause, Restoration};
use events::ids::{HoldId, OrderId};
use events::money::Money;
use events::time::Timestamp;

use super::Rule;
use super::campaign::{Campaign, shift};

#[derive(Debug)]
pub(super) struct Coupon {
    campaign: u32,
    owner: u32,
    expires_at: Timestamp,
    restored: u8,
    state: State,
}

/// Where a coupon is. What few coupons have is boxed, since there may be millions.
#[derive(Debug)]
enum State {
    Granted,
    Held(Box<Hold>),
    Redeemed(Box<Hold>),
    Expired,
    Revoked,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Hold {
    id: HoldId,
    order: OrderId,
    discount: Money,
    until: Timestamp,
}

impl Coupon {
    pub(super) fn granted(campaign: u32, owner: u32, expires_at: Timestamp) -> Self {
        Self { campaign, owner, expires_at, restored: 0, state: State::Granted }
    }

    pub(super) fn is_of(&self, campaign: u32, owner: Option<u32>) -> bool {
        self.campaign == campaign && owner == Some(self.owner)
    }

    /// Makes the move that a fact states, or says that there is no such move.
    pub(super) fn follow(&mut self, campaign: &mut Campaign, event: &CouponEvent) -> Result<(), Rule> {
        match &event.fact {
            CouponFact::CouponHeld { request, hold, order, discount, until, .. } => {
                if request.hold() != *hold {
                    return Err(Rule::IdsAreDerived);
                }
                let hold = Hold { id: *hold, order: order.clone(), discount: *discount, until: *until };
                self.hold(campaign, event.at, hold)
            }
            CouponFact::CouponReleased { hold, cause, .. } => self.release(campaign, event.at, *hold, *cause),
            CouponFact::CouponRedeemed { hold, order, discount, .. } => {
                self.redeem(campaign, event.at, *hold, order, *discount)
            }
            CouponFact::CouponRestored { order, restored, .. } => self.restore(campaign, event.at, order, *restored),
            CouponFact::CouponExpired { .. } => {
                let due = matches!(self.state, State::Granted) && event.at >= self.expires_at;
                self.state = State::Expired;
                if due {
                    shift(&mut campaign.stock.granted, &mut campaign.stock.expired)
                } else {
                    Err(Rule::LegalMoves)
                }
            }
            CouponFact::CouponRevoked { .. } => self.revoke(campaign),
            _ => Ok(()),
        }
    }

    fn hold(&mut self, campaign: &mut Campaign, at: Timestamp, hold: Hold) -> Result<(), Rule> {
        let usable = matches!(self.state, State::Granted) && at >= campaign.terms.usable.from && at < self.expires_at;
        let most = match campaign.terms.discount {
            Discount::Fixed { amount } => Some(amount),
            Discount::Percent { cap, .. } => cap,
        };
        let fair = hold.discount >= Money::ZERO && most.is_none_or(|most| hold.discount <= most);
        let ends = hold.until > at;
        self.state = State::Held(Box::new(hold));
        if !usable || !fair || !ends {
            return Err(Rule::LegalMoves);
        }
        shift(&mut campaign.stock.granted, &mut campaign.stock.held)
    }

    fn release(
        &mut self,
        campaign: &mut Campaign,
        at: Timestamp,
        hold: HoldId,
        cause: ReleaseCause,
    ) -> Result<(), Rule> {
        let legal = match &self.state {
            State::Held(held) => held.id == hold && (cause == ReleaseCause::Released || at >= held.until),
            _ => false,
        };
        self.state = State::Granted;
        if legal { shift(&mut campaign.stock.held, &mut campaign.stock.granted) } else { Err(Rule::LegalMoves) }
    }

    /// A redemption may be stated twice, in the same words.
    fn redeem(
        &mut self,
        campaign: &mut Campaign,
        at: Timestamp,
        hold: HoldId,
        order: &OrderId,
        discount: Money,
    ) -> Result<(), Rule> {
        let same = |held: &Hold| held.id == hold && held.order == *order && held.discount == discount;
        match std::mem::replace(&mut self.state, State::Granted) {
            State::Held(held) if same(&held) && at < held.until => {
                self.state = State::Redeemed(held);
                campaign.spent += i128::from(discount.minor());
                shift(&mut campaign.stock.held, &mut campaign.stock.redeemed)
            }
            State::Redeemed(held) if same(&held) => {
                self.state = State::Redeemed(held);
                Ok(())
            }
            other => {
                self.state = other;
                Err(Rule::LegalMoves)
            }
        }
    }

    fn restore(&mut self, campaign: &mut Campaign, at: Timestamp, order: &OrderId, restored: u8) -> Result<(), Rule> {
        let times = match campaign.terms.restoration {
            Restoration::Never => 0,
            Restoration::WithinUseWindow { times } => times,
        };
        let counted = self.restored.checked_add(1) == Some(restored) && restored <= times;
        let discount = match &self.state {
            State::Redeemed(used) if used.order == *order && at < self.expires_at && counted => used.discount,
            _ => return Err(Rule::LegalMoves),
        };
        self.state = State::Granted;
        self.restored = restored;
        campaign.spent -= i128::from(discount.minor());
        shift(&mut campaign.stock.redeemed, &mut campaign.stock.granted)
    }

    fn revoke(&mut self, campaign: &mut Campaign) -> Result<(), Rule> {
        let stock = &mut campaign.stock;
        match std::mem::replace(&mut self.state, State::Revoked) {
            State::Granted => shift(&mut stock.granted, &mut stock.revoked),
            State::Held(_) => shift(&mut stock.held, &mut stock.revoked),
            State::Redeemed(_) | State::Expired | State::Revoked => Err(Rule::LegalMoves),
        }
    }
}

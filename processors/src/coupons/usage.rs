//! What becomes of a granted coupon: each move stands beside the one that undoes it. Every move is checked first,
//! then made; a refusal leaves no trace here.
//!
//! Pausing or ending a campaign stops grants only: a coupon that was promised stays usable.

use events::coupons::{CouponAnswer, CouponFact, Refusal, ReleaseCause};
use events::ids::{CouponId, HoldId, OrderId, RequestId, ShopperId};
use events::money::Money;
use events::time::Timestamp;

use super::account::Account;
use super::campaign::{Campaign, Place};
use super::coupon::{Coupon, CouponState, Hold, Redemption};
use super::effects::{Declined, Effects, Notice, Wakeup};
use crate::kit::machine::CorruptState;
use crate::policy;

/// A coupon, and who owns it by the command.
pub(crate) struct Named<'a> {
    pub(crate) coupon: CouponId,
    pub(crate) shopper: &'a ShopperId,
}

/// What a command to hold says.
pub(crate) struct HoldRequest<'a> {
    pub(crate) request: RequestId,
    pub(crate) order: &'a OrderId,
    pub(crate) spend: Money,
    pub(crate) until: Timestamp,
}

/// Sets a usable coupon aside for one order. A hold longer than [`policy::LONGEST_HOLD_MS`] is cut to it; one that reaches beyond
/// the use window may still be redeemed until it lapses.
pub(crate) fn hold(
    campaign: &mut Campaign,
    account: &mut Account,
    named: &Named<'_>,
    requested: &HoldRequest<'_>,
    effects: &mut Effects,
) -> Result<(), Declined> {
    let now = effects.at();
    let coupon = account.coupon(named.coupon).ok_or(Refusal::NotOwner)?;
    let usable = coupon.state == CouponState::Granted && now >= campaign.terms.usable.from && !coupon.has_expired(now);
    if !usable || requested.until <= now || requested.spend > Money::LARGEST {
        return Err(Refusal::NotUsable.into());
    }
    // A minimum is never negative, so neither is a spend that reaches it.
    if requested.spend < campaign.terms.minimum_spend {
        return Err(Refusal::MinSpend.into());
    }
    let hold = Hold {
        id: requested.request.hold(),
        order: requested.order.clone(),
        discount: campaign.terms.discount.on(requested.spend),
        until: requested.until.min(now.plus_millis(policy::LONGEST_HOLD_MS)),
    };
    campaign.carry(Place::Granted, Place::Held)?;
    effects.wake(hold.until, lapse_of(campaign, &hold, named.shopper));
    let fact = CouponFact::CouponHeld {
        request: requested.request,
        coupon: named.coupon,
        shopper: named.shopper.clone(),
        hold: hold.id,
        order: hold.order.clone(),
        discount: hold.discount,
        until: hold.until,
    };
    coupon.state = CouponState::Held(hold);
    campaign.state(fact, effects);
    Ok(())
}

/// Gives a held coupon back. Only the exact hold can be released: a late release of an earlier one changes nothing.
pub(crate) fn release(
    campaign: &mut Campaign,
    account: &mut Account,
    named: &Named<'_>,
    hold: HoldId,
    request: RequestId,
    effects: &mut Effects,
) -> Result<(), Declined> {
    let coupon = account.coupon(named.coupon).ok_or(Refusal::NotOwner)?;
    let held = coupon.held_by(hold).ok_or(Refusal::NotUsable)?;
    effects.cancel(held.until, lapse_of(campaign, held, named.shopper));
    let ending = Ending { hold, request: Some(request), cause: ReleaseCause::Released };
    Ok(give_back(campaign, coupon, named.shopper, &ending, effects)?)
}

/// A hold's time is over. Whether it still held: a timer may be late for a hold that was just redeemed.
pub(crate) fn lapse(
    campaign: &mut Campaign,
    account: &mut Account,
    shopper: &ShopperId,
    hold: HoldId,
    effects: &mut Effects,
) -> Result<bool, CorruptState> {
    let now = effects.at();
    let lapsed = |coupon: &&mut Coupon| coupon.held_by(hold).is_some_and(|held| held.until <= now);
    let Some(coupon) = account.coupons.iter_mut().find(lapsed) else { return Ok(false) };
    let ending = Ending { hold, request: None, cause: ReleaseCause::Lapsed };
    let order = coupon.held_by(hold).map(|held| held.order.clone());
    give_back(campaign, coupon, shopper, &ending, effects)?;
    if let Some(order) = order {
        effects.notices.push(Notice { order, answer: CouponAnswer::Released { hold, cause: ReleaseCause::Lapsed } });
    }
    Ok(true)
}

/// How a hold ends without being redeemed.
struct Ending {
    hold: HoldId,
    request: Option<RequestId>,
    cause: ReleaseCause,
}

fn give_back(
    campaign: &mut Campaign,
    coupon: &mut Coupon,
    shopper: &ShopperId,
    ending: &Ending,
    effects: &mut Effects,
) -> Result<(), CorruptState> {
    campaign.carry(Place::Held, Place::Granted)?;
    coupon.state = CouponState::Granted;
    let fact = CouponFact::CouponReleased {
        request: ending.request,
        coupon: coupon.id(),
        shopper: shopper.clone(),
        hold: ending.hold,
        cause: ending.cause,
    };
    campaign.state(fact, effects);
    // The expiry at the end of the use window left this coupon as it was while it was held.
    expire(campaign, coupon, shopper, effects)
}

/// Expires a coupon that was not used in time; any other is left as it is.
pub(crate) fn expire(
    campaign: &mut Campaign,
    coupon: &mut Coupon,
    shopper: &ShopperId,
    effects: &mut Effects,
) -> Result<(), CorruptState> {
    if coupon.state != CouponState::Granted || !coupon.has_expired(effects.at()) {
        return Ok(());
    }
    campaign.carry(Place::Granted, Place::Expired)?;
    coupon.state = CouponState::Expired;
    campaign.state(CouponFact::CouponExpired { coupon: coupon.id(), shopper: shopper.clone() }, effects);
    Ok(())
}

/// Uses a held coupon up. The same hold may be redeemed again by another request, since a saga may send it twice: the same fact is
/// stated again, and nothing moves.
pub(crate) fn redeem(
    campaign: &mut Campaign,
    account: &mut Account,
    named: &Named<'_>,
    hold: HoldId,
    request: RequestId,
    effects: &mut Effects,
) -> Result<(), Declined> {
    let coupon = account.coupon(named.coupon).ok_or(Refusal::NotOwner)?;
    if let CouponState::Redeemed(redemption) = &coupon.state
        && redemption.hold == hold
    {
        campaign.state(redeemed(named, redemption, request), effects);
        return Ok(());
    }
    let held = coupon.held_by(hold).filter(|held| effects.at() < held.until).ok_or(Refusal::NotUsable)?.clone();
    campaign.carry(Place::Held, Place::Redeemed)?;
    campaign.counts.spent = campaign.counts.spent.saturating_add(minor(held.discount));
    effects.cancel(held.until, lapse_of(campaign, &held, named.shopper));
    let redemption = Redemption { hold, order: held.order, discount: held.discount };
    campaign.state(redeemed(named, &redemption, request), effects);
    coupon.state = CouponState::Redeemed(redemption);
    Ok(())
}

fn redeemed(named: &Named<'_>, redemption: &Redemption, request: RequestId) -> CouponFact {
    CouponFact::CouponRedeemed {
        request,
        coupon: named.coupon,
        shopper: named.shopper.clone(),
        hold: redemption.hold,
        order: redemption.order.clone(),
        discount: redemption.discount,
    }
}

/// Gives a redeemed coupon back when its order is undone: within the use window, as often as the terms say, and only while the
/// budget covers it again. It never gives stock back.
pub(crate) fn restore(
    campaign: &mut Campaign,
    account: &mut Account,
    named: &Named<'_>,
    order: &OrderId,
    request: RequestId,
    effects: &mut Effects,
) -> Result<(), Declined> {
    let coupon = account.coupon(named.coupon).ok_or(Refusal::NotOwner)?;
    let discount = match &coupon.state {
        CouponState::Redeemed(redemption) if redemption.order == *order => redemption.discount,
        _ => return Err(Refusal::NotUsable.into()),
    };
    let allowed = coupon.may_be_restored(campaign.terms.restoration, effects.at());
    if !allowed || !campaign.affords_another(discount) {
        return Err(Refusal::NotRestorable.into());
    }
    campaign.carry(Place::Redeemed, Place::Granted)?;
    campaign.counts.spent = campaign.counts.spent.saturating_sub(minor(discount));
    coupon.restored = coupon.restored.saturating_add(1);
    coupon.state = CouponState::Granted;
    let fact = CouponFact::CouponRestored {
        request,
        coupon: named.coupon,
        shopper: named.shopper.clone(),
        order: order.clone(),
        restored: coupon.restored,
    };
    campaign.state(fact, effects);
    Ok(())
}

/// Takes a coupon away that is not used up, held or not.
pub(crate) fn revoke(
    campaign: &mut Campaign,
    account: &mut Account,
    named: &Named<'_>,
    request: RequestId,
    effects: &mut Effects,
) -> Result<(), Declined> {
    let coupon = account.coupon(named.coupon).ok_or(Refusal::NotOwner)?;
    let place = match &coupon.state {
        CouponState::Granted => Place::Granted,
        CouponState::Held(held) => {
            effects.cancel(held.until, lapse_of(campaign, held, named.shopper));
            effects.notices.push(Notice { order: held.order.clone(), answer: CouponAnswer::Revoked { hold: held.id } });
            Place::Held
        }
        _ => return Err(Refusal::NotUsable.into()),
    };
    campaign.carry(place, Place::Revoked)?;
    coupon.state = CouponState::Revoked;
    let fact = CouponFact::CouponRevoked { request, coupon: named.coupon, shopper: named.shopper.clone() };
    campaign.state(fact, effects);
    Ok(())
}

fn lapse_of(campaign: &Campaign, hold: &Hold, shopper: &ShopperId) -> Wakeup {
    Wakeup::Lapse { campaign: campaign.id.clone(), hold: hold.id, shopper: shopper.clone() }
}

/// A discount is never negative.
fn minor(discount: Money) -> u64 {
    u64::try_from(discount.minor()).unwrap_or(0)
}

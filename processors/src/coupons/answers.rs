//! What an order is answered about the coupon it uses. The answer is read from the state after the step, so it says what is true
//! now, whether the command was decided just now or long ago.

use events::coupons::{CouponAnswer, CouponCommand, Refusal, ReleaseCause};
use events::request::Outcome;

use super::account::Account;
use super::campaign::Campaign;
use super::coupon::{Coupon, CouponState};

/// Whether the command is one that orders send.
pub(crate) fn is_from_orders(command: &CouponCommand) -> bool {
    matches!(
        command,
        CouponCommand::Hold { .. }
            | CouponCommand::Redeem { .. }
            | CouponCommand::Release { .. }
            | CouponCommand::Restore { .. }
    )
}

/// The answer where there is no campaign: whatever was requested, nothing is held.
pub(crate) fn without_campaign(outcome: &Outcome) -> CouponAnswer {
    CouponAnswer::Refused { reason: reason_of(outcome).unwrap_or(Refusal::UnknownCampaign) }
}

/// The answer to a command whose outcome is known, from the campaign and the shopper's account as they are now.
pub(crate) fn to(command: &CouponCommand, outcome: &Outcome, campaign: &Campaign, account: &Account) -> CouponAnswer {
    if let Some(reason) = reason_of(outcome) {
        return CouponAnswer::Refused { reason };
    }
    let owned = |id| account.coupons.iter().find(|coupon| coupon.id() == id);
    let answer = match command {
        CouponCommand::Hold { request, coupon, .. } => owned(*coupon).and_then(|coupon| {
            let held = coupon.held_by(request.hold())?;
            let platform_share = campaign.terms.platform_share;
            Some(CouponAnswer::Held { hold: held.id, discount: held.discount, platform_share, until: held.until })
        }),
        CouponCommand::Redeem { coupon, hold, .. } => owned(*coupon)
            .filter(|coupon| matches!(&coupon.state, CouponState::Redeemed(redemption) if redemption.hold == *hold))
            .map(|_| CouponAnswer::Redeemed { hold: *hold }),
        // A hold that was released never holds again.
        CouponCommand::Release { hold, .. } => {
            Some(CouponAnswer::Released { hold: *hold, cause: ReleaseCause::Released })
        }
        CouponCommand::Restore { coupon, .. } => {
            owned(*coupon).map(|Coupon { restored, .. }| CouponAnswer::Restored { restored: *restored })
        }
        _ => None,
    };
    answer.unwrap_or(CouponAnswer::Refused { reason: Refusal::NotUsable })
}

fn reason_of(outcome: &Outcome) -> Option<Refusal> {
    match outcome {
        Outcome::Refused { reason } => Some(*reason),
        _ => None,
    }
}

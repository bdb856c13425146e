//! What must be true of campaigns and accounts after every step.

use std::collections::BTreeSet;

use super::account::Account;
use super::campaign::Campaign;
use crate::kit::invariant::Violation;

/// Every coupon is in exactly one place, and the money budget covers what is spent and what may yet be.
pub(crate) fn of_campaign(campaign: &Campaign) -> Result<(), Violation> {
    if !campaign.counts.stock.is_balanced() {
        return Err(Violation("stock = remaining + granted + held + redeemed + expired + revoked"));
    }
    if campaign.counts.stock.stock != campaign.terms.stock {
        return Err(Violation("the stock is what the terms say"));
    }
    if campaign.terms.budget.is_some_and(|budget| campaign.committed(0) > i128::from(budget.minor())) {
        return Err(Violation("spent + reserved <= budget"));
    }
    Ok(())
}

/// Nobody has more coupons than the terms allow, and a hold holds one coupon.
pub(crate) fn of_account(campaign: &Campaign, account: &Account) -> Result<(), Violation> {
    if account.coupons.len() > usize::from(campaign.terms.per_shopper) {
        return Err(Violation("coupons of a shopper <= the limit per shopper"));
    }
    let mut holds = BTreeSet::new();
    if !account.coupons.iter().filter_map(|coupon| coupon.hold()).all(|hold| holds.insert(hold)) {
        return Err(Violation("a hold holds one coupon"));
    }
    Ok(())
}

//! What time alone does: lets holds lapse, expires coupons, forgets old requests, retires campaigns. A round reads some accounts,
//! keeps its place in the timer for the next round, and pauses for a millisecond of log time, so that claims go on.

use streams::processor::{Context, Verdict};

use super::campaign::Campaign;
use super::effects::{Effects, Wakeup};
use super::stores::{self, ACCOUNTS, AccountKey, CAMPAIGNS};
use super::usage;
use crate::kit::table::TableKey;
use crate::policy;

/// Does what a campaign was woken for.
pub(crate) fn wake(
    context: &mut dyn Context,
    campaign: &mut Campaign,
    wakeup: &Wakeup,
    effects: &mut Effects,
) -> Result<(), Verdict> {
    if campaign.retired && !matches!(wakeup, Wakeup::Retire { .. }) {
        return Ok(());
    }
    match wakeup {
        Wakeup::Lapse { shopper, hold, .. } => {
            let key = AccountKey::new(campaign, Some(shopper));
            let mut account = ACCOUNTS.get(context, &key)?.unwrap_or_default();
            if usage::lapse(campaign, &mut account, shopper, *hold, effects)? {
                stores::put_account(context, &key, &account);
            }
            Ok(())
        }
        Wakeup::Expire { after, .. } => expire(context, campaign, after, effects),
        Wakeup::Forget { after, .. } => forget(context, campaign, after, effects),
        Wakeup::Retire { .. } => {
            retire(context, campaign, effects);
            Ok(())
        }
        Wakeup::ForgetRequests => Ok(()),
    }
}

/// Expires what was not used in time. Held coupons are left as they are: they expire when their hold ends.
fn expire(
    context: &mut dyn Context,
    campaign: &mut Campaign,
    after: &[u8],
    effects: &mut Effects,
) -> Result<(), Verdict> {
    let accounts = stores::accounts_after(context, campaign, after)?;
    let mut more = accounts.len() == policy::ROWS_PER_ROUND;
    let mut done = None;
    for (key, mut account) in accounts {
        if effects.events.len() >= policy::FACTS_PER_ROUND {
            more = true;
            break;
        }
        let stated = effects.events.len();
        if let Some(shopper) = key.shopper()? {
            for coupon in &mut account.coupons {
                usage::expire(campaign, coupon, &shopper, effects)?;
            }
        }
        if effects.events.len() > stated {
            stores::put_account(context, &key, &account);
        }
        done = Some(key.bytes().into_owned());
    }
    if let (true, Some(after)) = (more, done) {
        go_on(effects, Wakeup::Expire { campaign: campaign.id.clone(), after });
    }
    Ok(())
}

/// Forgets requests whose repeats need not be recognised any longer, and the accounts in which nothing else is kept. The first
/// round after the last begins a retry window later.
fn forget(context: &mut dyn Context, campaign: &Campaign, after: &[u8], effects: &mut Effects) -> Result<(), Verdict> {
    let accounts = stores::accounts_after(context, campaign, after)?;
    let full = accounts.len() == policy::ROWS_PER_ROUND;
    let last = accounts.last().map(|(key, _)| key.bytes().into_owned());
    for (key, mut account) in accounts {
        if account.forget_old(effects.at()) {
            stores::put_account(context, &key, &account);
        }
    }
    match last {
        Some(after) if full => go_on(effects, Wakeup::Forget { campaign: campaign.id.clone(), after }),
        _ => effects.wake(effects.at().plus_millis(policy::RETRY_WINDOW_MS), Wakeup::forget(&campaign.id)),
    }
    Ok(())
}

/// Deletes a campaign's accounts. Its terms and counts stay, so that its name never means another campaign.
fn retire(context: &mut dyn Context, campaign: &mut Campaign, effects: &mut Effects) {
    if !campaign.retired {
        campaign.retired = true;
        CAMPAIGNS.put(context, &campaign.id, campaign);
    }
    if stores::delete_accounts(context, campaign) == policy::ROWS_PER_ROUND {
        go_on(effects, Wakeup::retire(&campaign.id));
    }
}

fn go_on(effects: &mut Effects, wakeup: Wakeup) {
    effects.wake(effects.at().plus_millis(policy::ROUND_PAUSE_MS), wakeup);
}

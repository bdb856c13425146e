//! What time alone does: lets holds lapse, expires coupons, forgets old requests, retires campaigns. A sweep visits some
//! accounts, notes where it is in the timer that wakes it next, and rests for a moment of log time, so that claims go on.

use events::time::Timestamp;
use streams::processor::{Context, Verdict};

use super::campaign::Campaign;
use super::effects::Effects;
use super::timers::{TimerChange, Wakeup};
use super::{rows, stores, usage};
use crate::kit::messaging::{corrupt, stored};
use crate::policy;

/// Does what a campaign was woken for.
pub(crate) fn wake(
    context: &mut dyn Context,
    campaign: &mut Campaign,
    wakeup: &Wakeup,
    effects: &mut Effects,
) -> Result<(), Verdict> {
    if campaign.retired && *wakeup != Wakeup::Retire {
        return Ok(());
    }
    match wakeup {
        Wakeup::Lapse { shopper, hold } => {
            let key = stores::account_key(campaign, Some(shopper));
            let mut account = stores::account(context, &key, campaign.origin).map_err(stored)?;
            if usage::lapse(campaign, &mut account, shopper, *hold, effects).map_err(corrupt)? {
                stores::put_account(context, &key, &account, campaign.origin);
            }
            Ok(())
        }
        Wakeup::Expire { after } => expire(context, campaign, after, effects),
        Wakeup::Forget { after } => forget(context, campaign, after, effects),
        Wakeup::Retire => {
            retire(context, campaign, effects);
            Ok(())
        }
    }
}

/// Expires what was not used in time. Held coupons are passed by: they expire when their hold ends.
fn expire(
    context: &mut dyn Context,
    campaign: &mut Campaign,
    after: &[u8],
    effects: &mut Effects,
) -> Result<(), Verdict> {
    let accounts = stores::accounts_after(context, campaign, after);
    let mut more = accounts.len() == policy::ACCOUNTS_PER_ROUND;
    let mut done = None;
    for (key, row) in accounts {
        if effects.events.len() >= policy::FACTS_PER_ROUND {
            more = true;
            break;
        }
        let mut account = rows::read_account(&row, campaign.origin).map_err(stored)?;
        let stated = effects.events.len();
        if let Some(shopper) = stores::shopper_of(&key).map_err(stored)? {
            for coupon in &mut account.coupons {
                usage::expire(campaign, coupon, &shopper, effects).map_err(corrupt)?;
            }
        }
        if effects.events.len() > stated {
            stores::put_account(context, &key, &account, campaign.origin);
        }
        done = Some(key);
    }
    if let (true, Some(after)) = (more, done) {
        go_on(effects, Wakeup::Expire { after });
    }
    Ok(())
}

/// Forgets requests whose repeats need not be recognised any longer, and the accounts in which nothing else is kept. The
/// next sweep begins a retry window later.
fn forget(context: &mut dyn Context, campaign: &Campaign, after: &[u8], effects: &mut Effects) -> Result<(), Verdict> {
    let accounts = stores::accounts_after(context, campaign, after);
    let full = accounts.len() == policy::ACCOUNTS_PER_ROUND;
    let last = accounts.last().map(|(key, _)| key.clone());
    for (key, row) in accounts {
        let mut account = rows::read_account(&row, campaign.origin).map_err(stored)?;
        if account.forget_old(effects.at()) {
            stores::put_account(context, &key, &account, campaign.origin);
        }
    }
    match last {
        Some(after) if full => go_on(effects, Wakeup::Forget { after }),
        _ => effects.wake(TimerChange::Set(effects.at().plus_millis(policy::RETRY_WINDOW_MS), Wakeup::forget())),
    }
    Ok(())
}

/// Deletes a campaign's accounts. Its terms and counts stay, so that its name never means another campaign.
fn retire(context: &mut dyn Context, campaign: &mut Campaign, effects: &mut Effects) {
    if !campaign.retired {
        campaign.retired = true;
        stores::put_campaign(context, campaign);
    }
    let accounts = stores::accounts_after(context, campaign, &[]);
    for (key, _) in &accounts {
        context.delete(stores::ACCOUNTS, key);
    }
    if accounts.len() == policy::ACCOUNTS_PER_ROUND {
        go_on(effects, Wakeup::Retire);
    }
}

fn go_on(effects: &mut Effects, wakeup: Wakeup) {
    let next: Timestamp = effects.at().plus_millis(policy::ROUND_PAUSE_MS);
    effects.wake(TimerChange::Set(next, wakeup));
}

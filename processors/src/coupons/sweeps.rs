//! What time alone does: lets holds lapse, expires coupons, forgets old requests, retires campaigns. A sweep visits some
//! accounts, notes where it is in the timer that wakes it next, and rests for a moment of log time, so that claims go on.

use events::time::Timestamp;
use streams::processor::{Context, Verdict};

use super::campaign::Campaign;
use super::journal::Journal;
use super::timers::{TimerChange, Wakeup};
use super::{rows, shelf, usage};
use crate::policy;
use crate::post::{broken, stored};

/// Does what a campaign was woken for.
pub(crate) fn wake(
    context: &mut dyn Context,
    campaign: &mut Campaign,
    wakeup: &Wakeup,
    journal: &mut Journal,
) -> Result<(), Verdict> {
    if campaign.retired && *wakeup != Wakeup::Retire {
        return Ok(());
    }
    match wakeup {
        Wakeup::Lapse { shopper, hold } => {
            let key = shelf::account_key(campaign, Some(shopper));
            let mut account = shelf::account(context, &key, campaign.origin).map_err(stored)?;
            if usage::lapse(campaign, &mut account, shopper, *hold, journal).map_err(broken)? {
                shelf::put_account(context, &key, &account, campaign.origin);
            }
            Ok(())
        }
        Wakeup::Expire { after } => expire(context, campaign, after, journal),
        Wakeup::Forget { after } => forget(context, campaign, after, journal),
        Wakeup::Retire => {
            retire(context, campaign, journal);
            Ok(())
        }
    }
}

/// Expires what was not used in time. Held coupons are passed by: they expire when their hold ends.
fn expire(
    context: &mut dyn Context,
    campaign: &mut Campaign,
    after: &[u8],
    journal: &mut Journal,
) -> Result<(), Verdict> {
    let accounts = shelf::accounts_after(context, campaign, after);
    let mut more = accounts.len() == policy::ACCOUNTS_PER_SWEEP;
    let mut done = None;
    for (key, row) in accounts {
        if journal.events.len() >= policy::FACTS_PER_SWEEP {
            more = true;
            break;
        }
        let mut account = rows::read_account(&row, campaign.origin).map_err(stored)?;
        let stated = journal.events.len();
        if let Some(shopper) = shelf::shopper_of(&key).map_err(stored)? {
            for coupon in &mut account.coupons {
                usage::expire(campaign, coupon, &shopper, journal).map_err(broken)?;
            }
        }
        if journal.events.len() > stated {
            shelf::put_account(context, &key, &account, campaign.origin);
        }
        done = Some(key);
    }
    if let (true, Some(after)) = (more, done) {
        go_on(journal, Wakeup::Expire { after });
    }
    Ok(())
}

/// Forgets requests whose repeats need not be recognised any longer, and the accounts in which nothing else is kept. The
/// next sweep begins a retry window later.
fn forget(context: &mut dyn Context, campaign: &Campaign, after: &[u8], journal: &mut Journal) -> Result<(), Verdict> {
    let accounts = shelf::accounts_after(context, campaign, after);
    let full = accounts.len() == policy::ACCOUNTS_PER_SWEEP;
    let last = accounts.last().map(|(key, _)| key.clone());
    for (key, row) in accounts {
        let mut account = rows::read_account(&row, campaign.origin).map_err(stored)?;
        if account.forget_old(journal.at()) {
            shelf::put_account(context, &key, &account, campaign.origin);
        }
    }
    match last {
        Some(after) if full => go_on(journal, Wakeup::Forget { after }),
        _ => journal.wake(TimerChange::Set(journal.at().plus_millis(policy::RETRY_WINDOW_MS), Wakeup::forget())),
    }
    Ok(())
}

/// Deletes a campaign's accounts. Its terms and counts stay, so that its name never means another campaign.
fn retire(context: &mut dyn Context, campaign: &mut Campaign, journal: &mut Journal) {
    if !campaign.retired {
        campaign.retired = true;
        shelf::put_campaign(context, campaign);
    }
    let accounts = shelf::accounts_after(context, campaign, &[]);
    for (key, _) in &accounts {
        context.delete(shelf::ACCOUNTS, key);
    }
    if accounts.len() == policy::ACCOUNTS_PER_SWEEP {
        go_on(journal, Wakeup::Retire);
    }
}

fn go_on(journal: &mut Journal, wakeup: Wakeup) {
    let next: Timestamp = journal.at().plus_millis(policy::SWEEP_PAUSE_MS);
    journal.wake(TimerChange::Set(next, wakeup));
}

//! The stores under their keys: what is where, read and written as what it means.
//!
//! ```text
//! campaigns   <campaign id>               terms and status            '#': how many campaigns have been numbered
//! counts      <number>                    version, counts, spent
//! accounts    <number> <shopper id>       coupons and requests        no shopper id: operators' requests
//! strangers                               requests for no campaign    see crate::strangers
//! ```
//!
//! A claim reads and writes a campaign's counts and one account; terms are read only.

use events::coupons::{CouponCommand, Refusal};
use events::ids::{CampaignId, RequestId, ShopperId};
use events::request::Fingerprint;
use events::time::Timestamp;
use streams::processor::{Context, StoreId};

use super::account::{Account, Answer, Remembered};
use super::campaign::{Campaign, Counts};
use super::{rows, timers};
use crate::bytes::{Reader, RowError, Writer};
use crate::policy;
use crate::strangers::{Stranger, Strangers};

pub(crate) const CAMPAIGNS: StoreId = StoreId(0);
pub(crate) const COUNTS: StoreId = StoreId(1);
pub(crate) const ACCOUNTS: StoreId = StoreId(2);
pub(crate) const STRANGERS: StoreId = StoreId(3);

/// No campaign's id: ids hold letters, digits, `-` and `_` only.
const NUMBERED: &[u8] = b"#";
/// Requests for no campaign.
const MEMORY: Strangers = Strangers { store: STRANGERS, timer_kind: timers::STRANGERS, capacity: policy::STRANGERS };
/// The version of the rows that are written here.
const VERSION: u8 = 1;

/// Reads a campaign, its counts included.
pub(crate) fn campaign(context: &dyn Context, id: &CampaignId) -> Result<Option<Campaign>, RowError> {
    let Some(row) = context.get(CAMPAIGNS, id.as_str().as_bytes()) else { return Ok(None) };
    let mut campaign = rows::read_campaign(id, row)?;
    let counts = context.get(COUNTS, &campaign.number.to_be_bytes()).ok_or(RowError::Field("lack of counts"))?;
    campaign.counts = rows::read_counts(counts)?;
    Ok(Some(campaign))
}

/// Writes a campaign's terms and status.
pub(crate) fn put_campaign(context: &mut dyn Context, campaign: &Campaign) {
    context.put(CAMPAIGNS, campaign.id.as_str().as_bytes(), &rows::write_campaign(campaign));
}

/// Writes a campaign's counts.
pub(crate) fn put_counts(context: &mut dyn Context, number: u32, counts: &Counts) {
    context.put(COUNTS, &number.to_be_bytes(), &rows::write_counts(counts));
}

/// The next campaign's number.
pub(crate) fn next_number(context: &mut dyn Context) -> Result<u32, RowError> {
    let number: u32 = match context.get(CAMPAIGNS, NUMBERED) {
        Some(row) => Reader::new(row, VERSION)?.small("campaign number")?,
        None => 0,
    };
    let mut row = Writer::new(VERSION, 6);
    row.number(u64::from(number) + 1);
    context.put(CAMPAIGNS, NUMBERED, &row.finish());
    Ok(number)
}

/// The key of an account: a shopper's, or the operators'.
pub(crate) fn account_key(campaign: &Campaign, shopper: Option<&ShopperId>) -> Vec<u8> {
    let name = shopper.map_or("", ShopperId::as_str).as_bytes();
    [campaign.number.to_be_bytes().as_slice(), name].concat()
}

/// The shopper whose account a key names; nothing for the operators'.
pub(crate) fn shopper_of(key: &[u8]) -> Result<Option<ShopperId>, RowError> {
    match key.get(4..) {
        None => Err(RowError::Length),
        Some([]) => Ok(None),
        Some(name) => std::str::from_utf8(name)
            .ok()
            .and_then(|name| ShopperId::new(name).ok())
            .map(Some)
            .ok_or(RowError::Field("shopper")),
    }
}

/// Reads an account; one that is not there is empty.
pub(crate) fn account(context: &dyn Context, key: &[u8], origin: Timestamp) -> Result<Account, RowError> {
    context.get(ACCOUNTS, key).map_or(Ok(Account::default()), |row| rows::read_account(row, origin))
}

/// Writes an account, or deletes it when nothing is left to keep.
pub(crate) fn put_account(context: &mut dyn Context, key: &[u8], account: &Account, origin: Timestamp) {
    if account.is_empty() {
        context.delete(ACCOUNTS, key);
    } else {
        context.put(ACCOUNTS, key, &rows::write_account(account, origin));
    }
}

/// Some accounts of a campaign, in order of key, after this one.
pub(crate) fn accounts_after(context: &dyn Context, campaign: &Campaign, after: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let after = (!after.is_empty()).then_some(after);
    context.scan(ACCOUNTS, &campaign.number.to_be_bytes(), after, policy::ACCOUNTS_PER_SWEEP)
}

/// Whose account a command is about; nothing for operators' commands.
pub(crate) fn shopper_in(command: &CouponCommand) -> Option<&ShopperId> {
    match command {
        CouponCommand::DefineCampaign { .. }
        | CouponCommand::PauseCampaign { .. }
        | CouponCommand::ResumeCampaign { .. }
        | CouponCommand::EndCampaign { .. } => None,
        CouponCommand::Claim { shopper, .. }
        | CouponCommand::Hold { shopper, .. }
        | CouponCommand::Redeem { shopper, .. }
        | CouponCommand::Release { shopper, .. }
        | CouponCommand::Restore { shopper, .. }
        | CouponCommand::Revoke { shopper, .. } => Some(shopper),
    }
}

/// A request that was decided while its campaign did not exist, or after it retired.
pub(crate) fn stranger(context: &dyn Context, request: RequestId) -> Result<Option<Remembered>, RowError> {
    let Some(Stranger { request, fingerprint, at, reason }) = MEMORY.find(context, request)? else { return Ok(None) };
    let reason = rows::refusal_of(reason).ok_or(RowError::Field("refusal"))?;
    Ok(Some(Remembered { request, fingerprint, at, answer: Answer::Refused(reason) }))
}

/// Remembers such a request, which was refused for this reason.
pub(crate) fn put_stranger(
    context: &mut dyn Context,
    request: RequestId,
    fingerprint: Fingerprint,
    at: Timestamp,
    reason: Refusal,
) -> Result<(), RowError> {
    MEMORY.remember(context, &Stranger { request, fingerprint, at, reason: rows::number_of(reason) })
}

/// Forgets strangers that are old, some at a time.
pub(crate) fn forget_strangers(context: &mut dyn Context, now: Timestamp) -> Result<(), RowError> {
    MEMORY.forget(context, now)
}

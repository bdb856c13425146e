//! The stores under their keys: what is where, read and written as what it means.
//!
//! ```text
//! campaigns   <campaign id>               terms and status            '#': how many campaigns have been numbered
//! counts      <number>                    version, counts, spent
//! accounts    <number> <shopper id>       coupons and requests        no shopper id: operators' requests
//! strangers                               requests for no campaign    see crate::kit::request_store
//! ```
//!
//! A claim reads and writes a campaign's counts and one account; terms are read only.

use events::coupons::CouponCommand;
use events::ids::{CampaignId, ShopperId};
use events::time::Timestamp;
use streams::processor::{Context, StoreId};

use super::account::{Account, Answer};
use super::campaign::{Campaign, Counts};
use super::{rows, timers};
use crate::kit::request_store::RequestStore;
use crate::kit::row::{Reader, RowError, Writer};
use crate::policy;

pub(crate) const CAMPAIGNS: StoreId = StoreId(0);
pub(crate) const COUNTS: StoreId = StoreId(1);
pub(crate) const ACCOUNTS: StoreId = StoreId(2);
pub(crate) const REQUEST_STORE: StoreId = StoreId(3);

/// No campaign's id: ids hold letters, digits, `-` and `_` only.
const NUMBERED: &[u8] = b"#";
/// Requests that were decided while their campaign did not exist, or after it retired: all of them are refused.
pub(crate) const REQUESTS: RequestStore<Answer> =
    RequestStore::new(REQUEST_STORE, timers::FORGET_REQUESTS, policy::REFUSED_REQUESTS, 0);
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
    context.scan(ACCOUNTS, &campaign.number.to_be_bytes(), after, policy::ACCOUNTS_PER_ROUND)
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

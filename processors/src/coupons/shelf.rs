//! The stores under their keys: what is where, read and written as what it means.
//!
//! ```text
//! campaigns   <campaign id>               terms and status            '#': how many campaigns have been numbered
//! counts      <number>                    version, counts, spent
//! accounts    <number> <shopper id>       coupons and requests        no shopper id: operators' requests
//! strangers   'r' <request id>            a request for no campaign   's' <place>: queue of them   'q': its ends
//! ```
//!
//! A claim reads and writes a campaign's counts and one account; terms are read only.

use events::coupons::CouponCommand;
use events::ids::{CampaignId, RequestId, ShopperId};
use events::time::Timestamp;
use streams::processor::{Context, StoreId};

use super::account::{Account, Remembered};
use super::campaign::{Campaign, Counts};
use super::{rows, timers};
use crate::bytes::{Reader, RowError, Writer};
use crate::policy;

pub(crate) const CAMPAIGNS: StoreId = StoreId(0);
pub(crate) const COUNTS: StoreId = StoreId(1);
pub(crate) const ACCOUNTS: StoreId = StoreId(2);
pub(crate) const STRANGERS: StoreId = StoreId(3);

/// No campaign's id: ids hold letters, digits, `-` and `_` only.
const NUMBERED: &[u8] = b"#";
const QUEUE: &[u8] = b"q";
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
    match context.get(STRANGERS, &stranger_key(request)) {
        Some(row) => Ok(Some(rows::read_stranger(row)?.0)),
        None => Ok(None),
    }
}

/// Remembers such a request. Beyond [`policy::STRANGERS`] the oldest is forgotten before its time.
pub(crate) fn put_stranger(context: &mut dyn Context, request: &Remembered) -> Result<(), RowError> {
    let (mut first, next) = queue(context)?;
    if next - first >= policy::STRANGERS {
        drop_stranger(context, first);
        first += 1;
    }
    if first == next {
        context.schedule(timers::strangers(request.at.plus_millis(policy::RETRY_WINDOW_MS)));
    }
    context.put(STRANGERS, &stranger_key(request.request), &rows::write_stranger(request, next));
    context.put(STRANGERS, &place_key(next), request.request.as_bytes());
    put_queue(context, first, next + 1);
    Ok(())
}

/// Forgets strangers that are old, some at a time, and asks to be woken for the rest.
pub(crate) fn forget_strangers(context: &mut dyn Context, now: Timestamp) -> Result<(), RowError> {
    let (mut first, next) = queue(context)?;
    let round = first.saturating_add(policy::ACCOUNTS_PER_SWEEP as u64).min(next);
    let mut wake = None;
    while first < next {
        let oldest = stranger_at(context, first)?;
        if oldest.as_ref().is_some_and(|oldest| !oldest.is_old(now)) || first == round {
            wake = oldest.map(|oldest| oldest.at.plus_millis(policy::RETRY_WINDOW_MS));
            break;
        }
        drop_stranger(context, first);
        first += 1;
    }
    put_queue(context, first, next);
    if let Some(deadline) = wake {
        context.schedule(timers::strangers(deadline.max(now.plus_millis(policy::SWEEP_PAUSE_MS))));
    }
    Ok(())
}

fn stranger_key(request: RequestId) -> Vec<u8> {
    [b"r".as_slice(), request.as_bytes()].concat()
}

fn place_key(place: u64) -> Vec<u8> {
    [b"s".as_slice(), &place.to_be_bytes()].concat()
}

fn stranger_at(context: &dyn Context, place: u64) -> Result<Option<Remembered>, RowError> {
    let Some(request) = context.get(STRANGERS, &place_key(place)) else { return Ok(None) };
    let request = <[u8; 16]>::try_from(request).map_err(|_| RowError::Length)?;
    stranger(context, RequestId::from_bytes(request))
}

fn drop_stranger(context: &mut dyn Context, place: u64) {
    let key = place_key(place);
    if let Some(request) = context.get(STRANGERS, &key).and_then(|row| <[u8; 16]>::try_from(row).ok()) {
        context.delete(STRANGERS, &stranger_key(RequestId::from_bytes(request)));
    }
    context.delete(STRANGERS, &key);
}

/// The queue's first place, and the place after its last.
fn queue(context: &dyn Context) -> Result<(u64, u64), RowError> {
    let Some(row) = context.get(STRANGERS, QUEUE) else { return Ok((0, 0)) };
    let mut row = Reader::new(row, VERSION)?;
    let ends = (row.number()?, row.number()?);
    if ends.0 > ends.1 { Err(RowError::Field("queue")) } else { Ok(ends) }
}

fn put_queue(context: &mut dyn Context, first: u64, next: u64) {
    let mut row = Writer::new(VERSION, 20);
    row.number(first);
    row.number(next);
    context.put(STRANGERS, QUEUE, &row.finish());
}

//! The tables: what is kept, under which key. A claim reads and writes a campaign's counts and one account; terms are read only.

use std::borrow::Cow;

use events::coupons::CouponCommand;
use events::ids::{CampaignId, ShopperId};
use events::time::Timestamp;
use streams::processor::{Context, Verdict};

use super::account::{Account, Answer};
use super::campaign::{Campaign, Counts};
use super::effects;
use crate::kit::id::Id;
use crate::kit::request_store::{RequestStore, RequestTable};
use crate::kit::row::{Corrupt, Reader, Writer};
use crate::kit::table::{Row, Table, TableKey};
use crate::policy;

/// `<campaign id>` -> terms and status; `#` -> how many campaigns were numbered.
pub(crate) const CAMPAIGNS: Table<CampaignId, Campaign> = Table::new(0, "campaigns");
/// `<number>` -> version, counts, spent.
pub(crate) const COUNTS: Table<CampaignNumber, Counts> = Table::new(1, "counts");
/// `<number> <shopper id>` -> coupons and requests; without a shopper's id: operators' requests.
pub(crate) const ACCOUNTS: Table<AccountKey, Account> = Table::new(2, "accounts");
/// Requests for no campaign. The name is part of the state in the log.
pub(crate) const REQUEST_TABLE: RequestTable = RequestTable::new(3, "strangers");

/// Requests that were decided while their campaign did not exist, or after it retired: all of them are refused.
pub(crate) const REQUESTS: RequestStore<Answer> =
    RequestStore::new(REQUEST_TABLE, effects::FORGET_REQUESTS, policy::REFUSED_REQUESTS, 0);

/// No campaign's id: ids hold letters, digits, `-` and `_` only.
const NUMBERED: &[u8] = b"#";
/// The version of the row that counts campaigns.
const VERSION: u8 = 1;

/// A short name for a campaign in keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct CampaignNumber(pub(crate) u32);

/// The account of a shopper, or of the operators, in a campaign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct AccountKey {
    bytes: Vec<u8>,
    origin: Timestamp,
}

impl AccountKey {
    /// The account of this shopper; without one, the operators'.
    pub(crate) fn new(campaign: &Campaign, shopper: Option<&ShopperId>) -> Self {
        let name = shopper.map_or(&[][..], Id::key_bytes);
        Self { bytes: [campaign.number.to_be_bytes().as_slice(), name].concat(), origin: campaign.origin }
    }

    /// The shopper whose account it is; nothing for the operators'.
    pub(crate) fn shopper(&self) -> Result<Option<ShopperId>, Corrupt> {
        match self.bytes.get(4..) {
            None => Err(Corrupt::Length),
            Some([]) => Ok(None),
            Some(name) => ShopperId::of_key(name).map(Some),
        }
    }
}

impl TableKey for CampaignNumber {
    fn bytes(&self) -> Cow<'_, [u8]> {
        Cow::Owned(self.0.to_be_bytes().to_vec())
    }
    fn of_bytes(bytes: &[u8]) -> Result<Self, Corrupt> {
        bytes.try_into().map(u32::from_be_bytes).map(Self).map_err(|_| Corrupt::Length)
    }
}

impl TableKey for AccountKey {
    fn bytes(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }
    fn of_bytes(bytes: &[u8]) -> Result<Self, Corrupt> {
        Ok(Self { bytes: bytes.to_vec(), origin: Timestamp::default() })
    }
    fn origin(&self) -> Timestamp {
        self.origin
    }
}

/// Reads a campaign, its counts included.
pub(crate) fn campaign(context: &dyn Context, id: &CampaignId) -> Result<Option<Campaign>, Verdict> {
    let Some(mut campaign) = CAMPAIGNS.get(context, id)? else { return Ok(None) };
    let lack = || Verdict::Fatal(format!("campaign {id} has terms and no counts"));
    campaign.counts = COUNTS.get(context, &CampaignNumber(campaign.number))?.ok_or_else(lack)?;
    Ok(Some(campaign))
}

/// The next campaign's number.
pub(crate) fn next_number(context: &mut dyn Context) -> Result<u32, Verdict> {
    let number: u32 = match context.get(CAMPAIGNS.id(), NUMBERED) {
        Some(row) => Reader::new(row, VERSION)?.small("campaign number")?,
        None => 0,
    };
    let mut row = Writer::new(VERSION, 6);
    row.number(u64::from(number) + 1);
    context.put(CAMPAIGNS.id(), NUMBERED, &row.finish());
    Ok(number)
}

/// Writes an account, or deletes it when nothing is left to keep.
pub(crate) fn put_account(context: &mut dyn Context, key: &AccountKey, account: &Account) {
    if account.is_empty() {
        ACCOUNTS.delete(context, key);
    } else {
        ACCOUNTS.put(context, key, account);
    }
}

/// Some accounts of a campaign, in order of key, after this one.
pub(crate) fn accounts_after(
    context: &dyn Context,
    campaign: &Campaign,
    after: &[u8],
) -> Result<Vec<(AccountKey, Account)>, Verdict> {
    let read = |(bytes, row): (Vec<u8>, Vec<u8>)| {
        let key = AccountKey { bytes, origin: campaign.origin };
        let account = Account::of_bytes(&key.bytes, key.origin, &row)?;
        Ok((key, account))
    };
    round_after(context, campaign, after).into_iter().map(read).collect()
}

/// Deletes the first accounts of a campaign, as many as a round takes. How many there were.
pub(crate) fn delete_accounts(context: &mut dyn Context, campaign: &Campaign) -> usize {
    let round = round_after(context, campaign, &[]);
    for (key, _) in &round {
        context.delete(ACCOUNTS.id(), key);
    }
    round.len()
}

fn round_after(context: &dyn Context, campaign: &Campaign, after: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let after = (!after.is_empty()).then_some(after);
    context.scan(ACCOUNTS.id(), &campaign.number.to_be_bytes(), after, policy::ROWS_PER_ROUND)
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

//! The stores under their keys: what is where, read and written as what it means.
//!
//! ```text
//! sellers     <seller>                 a seller and its open days
//! policies    <seller> 0 <number>      a policy that still matters
//! requests    <seller>                 operators' requests, as former builds remembered them
//! lines       <seller> 0 <order>       a seller's lines of one order, once they count
//! strangers                            operators' requests    see crate::kit::request_store
//! ```
//!
//! A posting reads a seller, the order's lines and a policy, and writes the first two. Ids hold no zero byte.

use events::ids::{OrderId, SellerId};
use streams::processor::{Context, StoreId};

use super::requests::Decided;
use super::schedule::{Schedule, Scheduled};
use super::seller::Seller;
use super::sold::SoldLines;
use super::{rows, rows_of_lines, rows_of_policies, timers};
use crate::kit::request_store::RequestStore;
use crate::kit::row::RowError;
use crate::policy;

pub(crate) const SELLERS: StoreId = StoreId(0);
pub(crate) const POLICIES: StoreId = StoreId(1);
/// Only read: builds before the request store wrote it.
pub(crate) const FORMER_REQUESTS: StoreId = StoreId(2);
pub(crate) const LINES: StoreId = StoreId(3);
pub(crate) const REQUEST_STORE: StoreId = StoreId(4);

/// Reads a seller.
pub(crate) fn seller(context: &dyn Context, id: &SellerId) -> Result<Option<Seller>, RowError> {
    context.get(SELLERS, id.as_str().as_bytes()).map(|row| rows::read_seller(id, row)).transpose()
}

/// Writes a seller.
pub(crate) fn put_seller(context: &mut dyn Context, seller: &Seller) {
    context.put(SELLERS, seller.id.as_str().as_bytes(), &rows::write_seller(seller));
}

/// A policy's row; nothing for the market's.
pub(crate) fn policy_row<'a>(context: &'a dyn Context, seller: &SellerId, number: u32) -> Option<&'a [u8]> {
    if number == 0 { None } else { context.get(POLICIES, &policy_key(seller, number)) }
}

/// Reads the policies of a seller that still matter.
pub(crate) fn schedule(context: &dyn Context, seller: &SellerId) -> Result<Schedule, RowError> {
    let rows = context.scan(POLICIES, &prefix(seller), None, policy::POLICIES_PER_SELLER + 1);
    let read = |(key, row): &(Vec<u8>, Vec<u8>)| {
        let number = key.last_chunk::<4>().ok_or(RowError::Length)?;
        rows_of_policies::read_policy(u32::from_be_bytes(*number), row)
    };
    rows.iter().map(read).collect::<Result<Vec<Scheduled>, _>>().map(Schedule::new)
}

/// Writes a policy.
pub(crate) fn put_policy(context: &mut dyn Context, seller: &SellerId, scheduled: &Scheduled) {
    context.put(POLICIES, &policy_key(seller, scheduled.number), &rows_of_policies::write_policy(scheduled));
}

/// Forgets a policy.
pub(crate) fn forget_policy(context: &mut dyn Context, seller: &SellerId, number: u32) {
    context.delete(POLICIES, &policy_key(seller, number));
}

/// Operators' requests.
pub(crate) const REQUESTS: RequestStore<Decided> =
    RequestStore::new(REQUEST_STORE, timers::FORGET_REQUESTS, policy::REFUSED_REQUESTS, policy::ACCEPTED_REQUESTS);

/// Reads a seller's lines of an order.
pub(crate) fn lines(context: &dyn Context, key: &[u8]) -> Result<Option<SoldLines>, RowError> {
    context.get(LINES, key).map(rows_of_lines::read_lines).transpose()
}

/// Writes a seller's lines of an order.
pub(crate) fn put_lines(context: &mut dyn Context, key: &[u8], sold: &SoldLines) {
    context.put(LINES, key, &rows_of_lines::write_lines(sold));
}

/// Forgets a round of a seller's lines that were last touched before this day; where to go on, if not all were seen.
pub(crate) fn forget_lines(
    context: &mut dyn Context,
    seller: &SellerId,
    after: &[u8],
    before: u32,
) -> Result<Option<Vec<u8>>, RowError> {
    let after = (!after.is_empty()).then_some(after);
    let round = context.scan(LINES, &prefix(seller), after, policy::ACCOUNTS_PER_ROUND);
    for (key, row) in &round {
        if rows_of_lines::touched(row)? < before {
            context.delete(LINES, key);
        }
    }
    let full = round.len() == policy::ACCOUNTS_PER_ROUND;
    Ok(round.into_iter().next_back().map(|(key, _)| key).filter(|_| full))
}

/// Whether any lines of the seller are kept.
pub(crate) fn has_lines(context: &dyn Context, seller: &SellerId) -> bool {
    !context.scan(LINES, &prefix(seller), None, 1).is_empty()
}

fn prefix(seller: &SellerId) -> Vec<u8> {
    [seller.as_str().as_bytes(), &[0]].concat()
}

fn policy_key(seller: &SellerId, number: u32) -> Vec<u8> {
    [seller.as_str().as_bytes(), &[0], &number.to_be_bytes()].concat()
}

/// The key of a seller's lines of an order. Orders that derive from a request are written as their 128 bits.
pub(crate) fn lines_key(seller: &SellerId, order: &OrderId) -> Vec<u8> {
    let mut key = Vec::with_capacity(seller.as_str().len() + 2 + order.as_str().len());
    key.extend_from_slice(seller.as_str().as_bytes());
    key.push(0);
    match order.bits() {
        Some(bits) => {
            key.push(0);
            key.extend_from_slice(&bits);
        }
        None => key.extend_from_slice(order.as_str().as_bytes()),
    }
    key
}

//! The tables: what is kept, under which key. A posting reads a seller, the order's lines and a policy, and writes the first two. Ids
//! hold no zero byte.

use std::borrow::Cow;

use events::ids::{OrderId, SellerId};
use events::topics;
use streams::processor::{Context, Verdict};

use super::effects::{Effects, FORGET_REQUESTS};
use super::requests::Decided;
use super::rows_of_lines;
use super::schedule::{Schedule, Scheduled};
use super::seller::Seller;
use super::sold::SoldLines;
use crate::kit::id::Id;
use crate::kit::machine::report;
use crate::kit::request_store::{FormerRequests, RequestStore, RequestTable};
use crate::kit::row::Corrupt;
use crate::kit::step::Step;
use crate::kit::table::{Table, TableKey};
use crate::policy;

/// `<seller>` -> a seller and its open days.
pub(crate) const SELLERS: Table<SellerId, Seller> = Table::new(0, "sellers");
/// `<seller> 0 <number>` -> a policy that still matters.
pub(crate) const POLICIES: Table<PolicyKey, Scheduled> = Table::new(1, "policies");
/// `<seller>` -> operators' requests, as former builds remembered them. Only read.
pub(crate) const FORMER_REQUESTS: FormerRequests<SellerId> = FormerRequests::new(2, "requests");
/// `<seller> 0 <order>` -> a seller's lines of one order, once they count.
pub(crate) const LINES: Table<LinesKey, SoldLines> = Table::new(3, "lines");
/// Operators' requests. The name is part of the state in the log.
pub(crate) const REQUEST_TABLE: RequestTable = RequestTable::new(4, "strangers");

/// The requests in their table.
pub(crate) const REQUESTS: RequestStore<Decided> =
    RequestStore::new(REQUEST_TABLE, FORGET_REQUESTS, policy::REFUSED_REQUESTS, policy::ACCEPTED_REQUESTS);

/// A seller's policy of a number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PolicyKey(Vec<u8>);

/// A seller's lines of an order. Orders that derive from a request are written as their 128 bits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct LinesKey(Vec<u8>);

impl PolicyKey {
    pub(crate) fn new(seller: &SellerId, number: u32) -> Self {
        Self([seller.key_bytes(), &[0], &number.to_be_bytes()].concat())
    }
}

impl LinesKey {
    pub(crate) fn new(seller: &SellerId, order: &OrderId) -> Self {
        let mut key = Vec::with_capacity(seller.as_str().len() + 2 + order.as_str().len());
        key.extend_from_slice(seller.key_bytes());
        key.push(0);
        match order.bits() {
            Some(bits) => {
                key.push(0);
                key.extend_from_slice(&bits);
            }
            None => key.extend_from_slice(order.key_bytes()),
        }
        Self(key)
    }
}

impl TableKey for PolicyKey {
    fn bytes(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.0)
    }
    fn of_bytes(bytes: &[u8]) -> Result<Self, Corrupt> {
        Ok(Self(bytes.to_vec()))
    }
}

impl TableKey for LinesKey {
    fn bytes(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.0)
    }
    fn of_bytes(bytes: &[u8]) -> Result<Self, Corrupt> {
        Ok(Self(bytes.to_vec()))
    }
}

/// A policy's row; nothing for the market's.
pub(crate) fn policy_row<'a>(context: &'a dyn Context, seller: &SellerId, number: u32) -> Option<&'a [u8]> {
    if number == 0 { None } else { POLICIES.raw(context, &PolicyKey::new(seller, number)) }
}

/// Reads the policies of a seller that still matter.
pub(crate) fn schedule(context: &dyn Context, seller: &SellerId) -> Result<Schedule, Verdict> {
    let rows = POLICIES.scan(context, &prefix(seller), None, policy::POLICIES_PER_SELLER + 1)?;
    Ok(Schedule::new(rows.into_iter().map(|(_, scheduled)| scheduled).collect()))
}

/// Writes a seller, sets the timers and states the facts of a step.
pub(crate) fn record(seller: &Seller, effects: Effects, step: &mut Step<'_>) -> Result<(), Verdict> {
    report(&seller.id, seller.check());
    SELLERS.put(step.context, &seller.id, seller);
    step.carry_out(&topics::SETTLEMENT_EVENTS, effects).map(drop)
}

/// Forgets policies that no open or future day has.
pub(crate) fn forget_policies(context: &mut dyn Context, seller: &Seller, schedule: &Schedule) {
    let Some(closed) = seller.closed else { return };
    for number in schedule.outdated(closed.next()) {
        POLICIES.delete(context, &PolicyKey::new(&seller.id, number));
    }
}

/// Forgets a round of a seller's lines that were last touched before this day; where to go on, if not all were seen.
pub(crate) fn forget_lines(
    context: &mut dyn Context,
    seller: &SellerId,
    after: &[u8],
    before: u32,
) -> Result<Option<Vec<u8>>, Verdict> {
    let after = (!after.is_empty()).then_some(after);
    let round = context.scan(LINES.id(), &prefix(seller), after, policy::ROWS_PER_ROUND);
    for (key, row) in &round {
        if rows_of_lines::touched(row)? < before {
            context.delete(LINES.id(), key);
        }
    }
    let full = round.len() == policy::ROWS_PER_ROUND;
    Ok(round.into_iter().next_back().map(|(key, _)| key).filter(|_| full))
}

/// Whether any lines of the seller are kept.
pub(crate) fn has_lines(context: &dyn Context, seller: &SellerId) -> bool {
    !context.scan(LINES.id(), &prefix(seller), None, 1).is_empty()
}

fn prefix(seller: &SellerId) -> Vec<u8> {
    [seller.key_bytes(), &[0]].concat()
}

//! The rows of what sellers are owed: from `settlement.events`. Policies, lines and pay-outs are written once; a day's row is its
//! running totals until it is closed, and never changes after that.

use events::calendar::Day;
use events::ids::{OrderId, SellerId, Sku};
use events::money::Money;
use events::settlement::{DayTotals, LineKind, LineTerms, PayOutShare, SellerPolicy, Settled, Source};
use events::time::Timestamp;

/// A policy that was set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PolicyRow {
    /// Whose.
    pub seller: SellerId,
    /// Counts the seller's policies, from 1.
    pub version: u32,
    /// The first day that it applies to.
    pub effective_from: Day,
    /// What it says.
    pub policy: SellerPolicy,
    /// Log time of the fact.
    pub set_at: Timestamp,
}

/// A seller's day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatementRow {
    /// The seller.
    pub seller: SellerId,
    /// The day.
    pub day: Day,
    /// The number of the seller's latest fact about it; the row with the greater version wins.
    pub version: u64,
    /// What it amounts to.
    pub totals: DayTotals,
    /// What its close has settled; nothing while it is open.
    pub closed: Option<ClosedDay>,
    /// Log time of the latest fact.
    pub updated_at: Timestamp,
}

/// What the close of a day has settled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClosedDay {
    /// The version of the policy whose pay-out cycle applies; 0: the market's.
    pub policy: u32,
    /// What the seller still owed from days before.
    pub carried_in: Money,
    /// What is paid out.
    pub payable: Money,
    /// What the seller owes now.
    pub carried_out: Money,
    /// Log time of the close.
    pub at: Timestamp,
}

/// What one posting adds to its day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatementLineRow {
    /// The seller.
    pub seller: SellerId,
    /// The day.
    pub day: Day,
    /// Counts the seller's lines, from 1.
    pub number: u64,
    /// Whether it is owed or taken back.
    pub kind: LineKind,
    /// The order.
    pub order: OrderId,
    /// Which refund of the order led to it.
    pub refund: Option<u16>,
    /// The order's line.
    pub sku: Sku,
    /// How many units: negative when they are taken back.
    pub quantity: i32,
    /// The version of the policy that it is settled by; 0: the market's.
    pub policy: u32,
    /// The terms that the policy gave it.
    pub terms: LineTerms,
    /// What it amounts to.
    pub amounts: Settled,
    /// The log time at which the order came there.
    pub reached_at: Timestamp,
    /// Log time of the posting.
    pub at: Timestamp,
    /// The record of `settlement.inbox` that led to it.
    pub source: Source,
}

/// A part of what is paid out for a closed day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PayOutRow {
    /// The seller.
    pub seller: SellerId,
    /// The day.
    pub day: Day,
    /// Which part.
    pub part: PayOutShare,
    /// The business day on which it is due.
    pub pay_on: Day,
    /// How much.
    pub amount: Money,
}

impl StatementRow {
    /// Whether it may still change, as SQL and files name it.
    #[must_use]
    pub fn status(&self) -> &'static str {
        if self.closed.is_some() { "closed" } else { "open" }
    }
}

//! Facts the settlement processor has decided: the values of `settlement.events`. Past tense. Totals are absolute, lines are what one
//! posting adds; a statement is the totals of its day, stamped.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DayTotals, LineTerms, PayOutPart, SellerPolicy, Settled, SettlementRefusal};
use crate::calendar::Day;
use crate::ids::{OrderId, RequestId, SellerId, Sku};
use crate::money::Money;
use crate::time::Timestamp;

/// A fact about what a seller is owed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SettlementEvent {
    /// The seller: the record's key.
    pub seller: SellerId,
    /// Counts the seller's events, from 1, without a gap. Refusals for an unknown seller carry 0.
    pub version: u64,
    /// The log time of the record that led to the fact.
    pub at: Timestamp,
    /// The fact.
    pub fact: SettlementFact,
}

/// Whether lines are owed or taken back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// Units were sold.
    Sale,
    /// Units were refunded: what was owed for them is taken back.
    Contra,
}

/// Where in the log a posting came from: a record of `settlement.inbox`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
}

/// A line of a statement: what one posting adds to its day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PostedLine {
    /// Counts the seller's lines, from 1, without a gap.
    pub number: u64,
    /// The order's line.
    pub sku: Sku,
    /// How many units: negative when they are taken back.
    pub quantity: i32,
    /// The terms that the line is settled by.
    pub terms: LineTerms,
    /// What they amount to: negative when it is taken back.
    pub amounts: Settled,
}

/// A closed day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Statement {
    /// The sums of the day's lines.
    pub totals: DayTotals,
    /// The version of the policy whose pay-out cycle applies; 0: the market's.
    pub policy: u32,
    /// What the seller still owed from closed days before, zero or negative, minor units.
    pub carried_in: Money,
    /// What is paid out for the day, zero or positive.
    pub payable: Money,
    /// What the seller owes now, zero or negative: `carried_in + net = payable + carried_out`.
    pub carried_out: Money,
    /// When it is paid out: the parts sum to `payable`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pay_outs: Vec<PayOutPart>,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SettlementFact {
    /// A policy was set. It holds from its day until the day of the next one.
    PolicySet {
        /// The request.
        request: RequestId,
        /// Counts the seller's policies, from 1.
        number: u32,
        /// The first day that it applies to.
        from: Day,
        /// The policy.
        policy: SellerPolicy,
    },
    /// A policy was refused.
    PolicyRefused {
        /// The request.
        request: RequestId,
        /// Why.
        reason: SettlementRefusal,
    },
    /// Lines of an order were posted on a day: sold ones, or the contra lines of a refund.
    LinesPosted {
        /// The day.
        day: Day,
        /// Whether they are owed or taken back.
        kind: LineKind,
        /// The order.
        order: OrderId,
        /// Which refund of the order led to it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refund: Option<u16>,
        /// The log time at which the order came there.
        reached_at: Timestamp,
        /// The version of the policy that the lines are settled by; 0: the market's. Contra lines keep that of the sale.
        policy: u32,
        /// The record that led to it.
        source: Source,
        /// The lines.
        lines: Vec<PostedLine>,
    },
    /// What an open day amounts to by now. Told after changes, at most once a second.
    DayUpdated {
        /// The day.
        day: Day,
        /// The sums of its lines.
        totals: DayTotals,
    },
    /// A day is closed: its statement never changes.
    DayClosed {
        /// The request, unless its time was over.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<RequestId>,
        /// The day.
        day: Day,
        /// What it amounts to.
        statement: Statement,
    },
    /// A day could not be closed.
    CloseRefused {
        /// The request.
        request: RequestId,
        /// The day.
        day: Day,
        /// Why.
        reason: SettlementRefusal,
    },
}

impl LineKind {
    /// The name in SQL and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sale => "sale",
            Self::Contra => "contra",
        }
    }
}

impl Statement {
    /// Closes a day: what is positive is paid out, what is negative goes on to the next closed day. Nothing when it does not fit.
    #[must_use]
    pub fn close(totals: DayTotals, number: u32, policy: &SellerPolicy, day: Day, carried_in: Money) -> Option<Self> {
        let balance = totals.amounts.net.plus(carried_in)?;
        let payable = balance.max(Money::ZERO);
        let carried_out = balance.min(Money::ZERO);
        let pay_outs = policy.pay_out.schedule(day, payable);
        Some(Self { totals, policy: number, carried_in, payable, carried_out, pay_outs })
    }
}

impl SettlementFact {
    /// The types of all facts, as [`SettlementFact::kind`] names them.
    pub const KINDS: [&'static str; 6] =
        ["policy_set", "policy_refused", "lines_posted", "day_updated", "day_closed", "close_refused"];

    /// The fact's type, as the `event-type` header and metrics name it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::PolicySet { .. } => "policy_set",
            Self::PolicyRefused { .. } => "policy_refused",
            Self::LinesPosted { .. } => "lines_posted",
            Self::DayUpdated { .. } => "day_updated",
            Self::DayClosed { .. } => "day_closed",
            Self::CloseRefused { .. } => "close_refused",
        }
    }

    /// The request that the fact decides, unless it decides none.
    #[must_use]
    pub fn request(&self) -> Option<RequestId> {
        match self {
            Self::PolicySet { request, .. }
            | Self::PolicyRefused { request, .. }
            | Self::CloseRefused { request, .. } => Some(*request),
            Self::DayClosed { request, .. } => *request,
            Self::LinesPosted { .. } | Self::DayUpdated { .. } => None,
        }
    }
}

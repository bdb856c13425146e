//! What sellers are owed, as Postgres holds it: days and the lines they are made of. A trait, so that tests can put memory in its
//! place.

use events::calendar::Day;
use events::ids::{OrderId, SellerId, Sku};
use events::money::Money;
use events::settlement::{LineKind, LineTerms, PayOutPart, Settled, Source};
use events::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::Reading;

/// Reads what sellers are owed.
pub(crate) trait SettlementReader: Send + Sync {
    /// Sellers' days, by seller and day, at most as many as the page holds and one more.
    fn days<'a>(&'a self, page: &'a Page) -> Reading<'a, Vec<SellerDay>>;

    /// The lines of those days, by seller, day and number, at most as many as the page holds and one more.
    fn lines<'a>(&'a self, page: &'a Page) -> Reading<'a, Vec<SellerLine>>;
}

/// What of it is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Page {
    /// One seller's; nobody: every seller's.
    pub(crate) seller: Option<SellerId>,
    /// The first day.
    pub(crate) from: Day,
    /// The last day.
    pub(crate) to: Day,
    /// What the page before ended with.
    pub(crate) after: Option<Place>,
    /// Most rows on the page.
    pub(crate) limit: u16,
}

/// A row's place among all rows.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Place {
    /// The seller.
    pub(crate) seller: SellerId,
    /// The day.
    pub(crate) day: Day,
    /// The line's number; 0 for a day.
    pub(crate) number: u64,
}

/// Whether a day takes more lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DayStatus {
    /// It does: what it amounts to changes.
    Open,
    /// It does not: this is its statement, and never changes.
    Closed,
}

/// What a seller's day amounts to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub(crate) struct SellerDay {
    /// The seller.
    pub(crate) seller: SellerId,
    /// The day, in the seller's zone.
    pub(crate) day: Day,
    /// Whether it takes more lines.
    pub(crate) status: DayStatus,
    /// The number of the seller's latest fact about the day.
    pub(crate) version: u64,
    /// How many lines it has, those of refunds included.
    pub(crate) lines: u64,
    /// Their sums.
    pub(crate) amounts: Settled,
    /// The statement, once the day is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) statement: Option<Closing>,
    /// When it last changed, milliseconds since 1970.
    pub(crate) updated_at: Timestamp,
}

/// What a closed day leads to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub(crate) struct Closing {
    /// The version of the policy whose pay-out cycle applies; 0: the market's.
    pub(crate) policy: u32,
    /// What the seller still owed from closed days before, zero or negative, minor units.
    pub(crate) carried_in: Money,
    /// What is paid out for the day.
    pub(crate) payable: Money,
    /// What the seller owes now, zero or negative: `carried_in + net = payable + carried_out`.
    pub(crate) carried_out: Money,
    /// When it is paid out: the parts sum to `payable`.
    pub(crate) pay_outs: Vec<PayOutPart>,
    /// When the day was closed, milliseconds since 1970.
    pub(crate) closed_at: Timestamp,
}

/// A line of a seller's day: what one posting added to it; negative when it was taken back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub(crate) struct SellerLine {
    /// The seller.
    pub(crate) seller: SellerId,
    /// The day.
    pub(crate) day: Day,
    /// Counts the seller's lines, from 1, without a gap.
    pub(crate) number: u64,
    /// Whether it is owed or taken back.
    pub(crate) kind: LineKind,
    /// The order.
    pub(crate) order: OrderId,
    /// Which refund of the order led to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refund: Option<u16>,
    /// The order's line.
    pub(crate) sku: Sku,
    /// How many units.
    pub(crate) quantity: i32,
    /// The version of the policy that it is settled by; 0: the market's.
    pub(crate) policy: u32,
    /// Its terms, copied from the policy.
    pub(crate) terms: LineTerms,
    /// What it amounts to.
    pub(crate) amounts: Settled,
    /// When the order came there, milliseconds since 1970.
    pub(crate) reached_at: Timestamp,
    /// When it was posted.
    pub(crate) at: Timestamp,
    /// The record of the log that led to it.
    pub(crate) source: Source,
}

impl DayStatus {
    /// The name in HTTP and SQL.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }

    /// The status of this name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Open, Self::Closed].into_iter().find(|status| status.name() == name)
    }
}

impl SellerDay {
    /// Its place.
    pub(crate) fn place(&self) -> Place {
        Place { seller: self.seller.clone(), day: self.day, number: 0 }
    }
}

impl SellerLine {
    /// Its place.
    pub(crate) fn place(&self) -> Place {
        Place { seller: self.seller.clone(), day: self.day, number: self.number }
    }
}

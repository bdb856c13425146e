//! Commands to the settlement processor: the values of `settlement.inbox`. Operators set policies and close days; orders say what
//! has become of a seller's lines, each time so completely that nothing needs to be remembered until a line counts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Basis, SellerPolicy};
use crate::calendar::Day;
use crate::ids::{Category, OrderId, RequestId, SellerId, Sku};
use crate::money::Money;
use crate::orders::LineAmounts;
use crate::request::Fingerprint;
use crate::time::Timestamp;

/// What the settlement processor can be told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SettlementCommand {
    /// Settle a seller so from a day on.
    SetPolicy {
        /// The request.
        request: RequestId,
        /// The seller.
        seller: SellerId,
        /// How.
        policy: SellerPolicy,
    },
    /// Close a day before its time.
    CloseDay {
        /// The request.
        request: RequestId,
        /// The seller.
        seller: SellerId,
        /// The day, in the seller's zone.
        day: Day,
    },
    /// An order has come to a step: a seller's lines of it, as they were sold.
    LinesReached {
        /// The seller.
        seller: SellerId,
        /// The order.
        order: OrderId,
        /// The step; the ones before it are reached as well.
        basis: Basis,
        /// The log time at which the order came there.
        at: Timestamp,
        /// All of the seller's lines of the order.
        lines: Vec<SoldLine>,
    },
    /// Units of an order were refunded.
    LinesRefunded {
        /// The seller.
        seller: SellerId,
        /// The order.
        order: OrderId,
        /// Which refund of the order.
        refund: u16,
        /// The log time at which it was completed.
        at: Timestamp,
        /// The seller's lines that the refund covers.
        lines: Vec<RefundedLine>,
    },
}

/// A line as it was sold.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SoldLine {
    /// The product: it names the line within its order.
    pub sku: Sku,
    /// What kind of product it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// How many units were sold.
    pub quantity: u32,
    /// How many of them are refunded by now.
    #[serde(default, skip_serializing_if = "is_none")]
    pub refunded: u32,
    /// What the platform owes the seller for a unit under a supply-price contract, minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supply_price: Option<Money>,
    /// What all units amounted to.
    pub amounts: LineAmounts,
}

/// How much of a line is refunded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RefundedLine {
    /// The line.
    pub sku: Sku,
    /// How many of its units are refunded by now, this refund included: a repeat changes nothing.
    pub refunded: u32,
}

fn is_none(count: &u32) -> bool {
    *count == 0
}

impl SettlementCommand {
    /// The seller the command is about: the record's key.
    #[must_use]
    pub fn seller(&self) -> &SellerId {
        match self {
            Self::SetPolicy { seller, .. }
            | Self::CloseDay { seller, .. }
            | Self::LinesReached { seller, .. }
            | Self::LinesRefunded { seller, .. } => seller,
        }
    }

    /// The operator's request; nothing for what orders say.
    #[must_use]
    pub fn request(&self) -> Option<RequestId> {
        match self {
            Self::SetPolicy { request, .. } | Self::CloseDay { request, .. } => Some(*request),
            Self::LinesReached { .. } | Self::LinesRefunded { .. } => None,
        }
    }

    /// What the command says, hashed.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        // Encoding cannot fail: the type has string keys only. Its form changes only by fields that older commands lack.
        Fingerprint::of(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// The command's type, as the `event-type` header and metrics name it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::SetPolicy { .. } => "set_policy",
            Self::CloseDay { .. } => "close_day",
            Self::LinesReached { .. } => "lines_reached",
            Self::LinesRefunded { .. } => "lines_refunded",
        }
    }
}

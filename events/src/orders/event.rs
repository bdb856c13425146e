//! Facts the orders processor has decided: the values of `orders.events`. Each carries where the order is and what it amounts to
//! after it, as absolute values, so that a projection never has to add.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{OrderAmounts, OrderFact, OrderState};
use crate::ids::{OrderId, ShopperId};
use crate::time::Timestamp;

/// A fact about an order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OrderEvent {
    /// The order: the record's key.
    pub order: OrderId,
    /// Counts the order's events, from 1, without a gap. Refusals for an unknown order carry 0.
    pub version: u64,
    /// The log time of the record that led to the fact.
    pub at: Timestamp,
    /// Whose order it is; nobody's if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shopper: Option<ShopperId>,
    /// Where the order is after the fact; nothing if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<OrderState>,
    /// What it amounts to after the fact.
    pub amounts: OrderAmounts,
    /// How many steps of it others have yet to answer.
    pub awaited: u16,
    /// When it moves by itself if nothing else moves it: every order has a deadline or is at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// The fact.
    pub fact: OrderFact,
}

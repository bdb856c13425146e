//! JSON Schemas of the public topics' values, generated from the types. `events/schemas/` holds them as files, for those who
//! read the topics from elsewhere; a test keeps the files equal to the types.

use schemars::schema_for;
use serde_json::Value;

use crate::coupons::{CouponCommand, CouponEvent};
use crate::inventory::{InventoryCommand, InventoryEvent};
use crate::orders::{OrderCommand, OrderEvent};
use crate::payments::{PaymentCommand, PaymentEvent};
use crate::prices::{BestPrice, PriceCommand};
use crate::request::Reply;
use crate::settlement::{SettlementCommand, SettlementEvent};

/// The types that public topics carry, as `topics.yaml` names them.
pub const NAMES: [&str; 13] = [
    "CouponCommand",
    "CouponEvent",
    "InventoryCommand",
    "InventoryEvent",
    "OrderCommand",
    "OrderEvent",
    "PaymentCommand",
    "PaymentEvent",
    "SettlementCommand",
    "SettlementEvent",
    "PriceCommand",
    "BestPrice",
    "Reply",
];

/// The JSON Schema (draft 2020-12) of a type that a public topic carries; nothing for any other name.
#[must_use]
pub fn of(name: &str) -> Option<Value> {
    match name {
        "CouponCommand" => Some(schema_for!(CouponCommand).to_value()),
        "CouponEvent" => Some(schema_for!(CouponEvent).to_value()),
        "InventoryCommand" => Some(schema_for!(InventoryCommand).to_value()),
        "InventoryEvent" => Some(schema_for!(InventoryEvent).to_value()),
        "OrderCommand" => Some(schema_for!(OrderCommand).to_value()),
        "OrderEvent" => Some(schema_for!(OrderEvent).to_value()),
        "PaymentCommand" => Some(schema_for!(PaymentCommand).to_value()),
        "PaymentEvent" => Some(schema_for!(PaymentEvent).to_value()),
        "SettlementCommand" => Some(schema_for!(SettlementCommand).to_value()),
        "SettlementEvent" => Some(schema_for!(SettlementEvent).to_value()),
        "PriceCommand" => Some(schema_for!(PriceCommand).to_value()),
        "BestPrice" => Some(schema_for!(BestPrice).to_value()),
        "Reply" => Some(schema_for!(Reply).to_value()),
        _ => None,
    }
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;

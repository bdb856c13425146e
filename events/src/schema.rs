//! JSON Schemas of the public topics' values, generated from the types. `events/schemas/` holds them as files, for those who
//! read the topics from elsewhere; a test keeps the files equal to the types.

use schemars::schema_for;
use serde_json::Value;

use crate::audit::AuditRecord;
use crate::coupons::{CouponCommand, CouponEvent};
use crate::inventory::{InventoryCommand, InventoryEvent};
use crate::orders::{OrderCommand, OrderEvent};
use crate::payments::{PaymentCommand, PaymentEvent};
use crate::prices::{BestPrice, PriceCommand};
use crate::request::Reply;
use crate::settlement::{SettlementCommand, SettlementEvent};

/// Lists the types.
macro_rules! schemas {
    ($($type:ident),* $(,)?) => {
        /// The types that public topics carry, as `topics.yaml` names them.
        pub const NAMES: [&str; [$(stringify!($type)),*].len()] = [$(stringify!($type)),*];

        /// The JSON Schema (draft 2020-12) of a type that a public topic carries; nothing for any other name.
        #[must_use]
        pub fn of(name: &str) -> Option<Value> {
            match name {
                $(stringify!($type) => Some(schema_for!($type).to_value()),)*
                _ => None,
            }
        }
    };
}

schemas!(
    CouponCommand,
    CouponEvent,
    InventoryCommand,
    InventoryEvent,
    OrderCommand,
    OrderEvent,
    PaymentCommand,
    PaymentEvent,
    SettlementCommand,
    SettlementEvent,
    PriceCommand,
    BestPrice,
    Reply,
    AuditRecord,
);

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "released_tests.rs"]
mod released_tests;

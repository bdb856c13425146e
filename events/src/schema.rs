//! JSON Schemas of the public topics' values, generated from the types. `events/schemas/` holds them as files, for those who
//! read the topics from elsewhere; a test keeps the files equal to the types.

use schemars::schema_for;
use serde_json::Value;

use crate::coupons::{CouponCommand, CouponEvent};
use crate::request::Reply;

/// The types that public topics carry, as `topics.yaml` names them.
pub const NAMES: [&str; 3] = ["CouponCommand", "CouponEvent", "Reply"];

/// The JSON Schema (draft 2020-12) of a type that a public topic carries; nothing for any other name.
#[must_use]
pub fn of(name: &str) -> Option<Value> {
    match name {
        "CouponCommand" => Some(schema_for!(CouponCommand).to_value()),
        "CouponEvent" => Some(schema_for!(CouponEvent).to_value()),
        "Reply" => Some(schema_for!(Reply).to_value()),
        _ => None,
    }
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;

//! What all holds have in common, whether of a coupon or of stock: something is set aside for one order until it is used up or
//! given back, and every hold ends once.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a hold ended without being used up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseCause {
    /// Whoever held it gave it back.
    Released,
    /// Its time ran out.
    Lapsed,
}

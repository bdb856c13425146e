//! Configuration about prices.

use serde::{Deserialize, Serialize};

/// Showing prices.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PricesConfig {
    /// How long caches between here and the shopper may keep a price, seconds: that long a change may go unseen there. Never beyond
    /// the instant at which the price ends. 0: they ask each time.
    pub longest_cache_seconds: u32,
}

impl Default for PricesConfig {
    fn default() -> Self {
        Self { longest_cache_seconds: 1 }
    }
}

//! Configuration about orders: how long they may stay where they are, how they are watched, and whose webhooks count.

use std::path::PathBuf;

use events::orders::TimeLimits;
use serde::{Deserialize, Serialize};

use crate::limits::Network;

/// Time limits that travel with every order that is placed at this process, milliseconds of log time.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct OrdersConfig {
    /// From the holds to the start of the payment; then the order expires.
    pub pay_ms: i64,
    /// From the payment to the shipment; then it is refunded.
    pub ship_ms: i64,
    /// From the shipment to the delivery; then the purchase is confirmed.
    pub deliver_ms: i64,
    /// From the delivery to the confirmation of the purchase; then it is confirmed.
    pub confirm_ms: i64,
}

/// Watching orders: streams of server-sent events.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct OrderStreamsConfig {
    /// Streams at once; one more is refused with 503.
    pub most_streams: usize,
    /// Streams of one caller at once; one more is refused with 429.
    pub most_streams_per_caller: usize,
    /// How long a stream may go on, milliseconds: then its reader comes again, with a token that still holds.
    pub longest_ms: u64,
    /// How often a comment is sent on a stream that has nothing to say, milliseconds.
    pub heartbeat_ms: u64,
    /// Events kept for a stream whose reader is slow; beyond that it reads them from Postgres.
    pub most_kept: usize,
}

/// Webhooks.
#[derive(Clone, PartialEq, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhooksConfig {
    /// A file with the token that the provider must send as `?token=`: 16 to 128 letters, digits, `-`, `_`. Without one
    /// no token is asked for.
    pub toss_token_file: Option<PathBuf>,
    /// Networks that the provider sends from; they are not limited by address. None: anybody may send, within the limits.
    pub toss_networks: Vec<Network>,
}

impl OrdersConfig {
    /// The limits as they travel.
    #[must_use]
    pub fn limits(&self) -> TimeLimits {
        let Self { pay_ms, ship_ms, deliver_ms, confirm_ms } = *self;
        TimeLimits { pay_ms, ship_ms, deliver_ms, confirm_ms }
    }
}

impl Default for OrdersConfig {
    fn default() -> Self {
        let TimeLimits { pay_ms, ship_ms, deliver_ms, confirm_ms } = TimeLimits::default();
        Self { pay_ms, ship_ms, deliver_ms, confirm_ms }
    }
}

impl Default for OrderStreamsConfig {
    fn default() -> Self {
        Self {
            most_streams: 2_000,
            most_streams_per_caller: 8,
            longest_ms: 900_000,
            heartbeat_ms: 15_000,
            most_kept: 32,
        }
    }
}

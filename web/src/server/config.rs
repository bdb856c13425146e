//! What the accept loop can be configured with.

use serde::{Deserialize, Serialize};

/// Connections and their deadlines, milliseconds.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Connections at once; one more is refused with 503 and closed.
    pub most_connections: usize,
    /// A request's head must arrive within this time of its first byte (of the connection, for the first one).
    pub header_timeout_ms: u64,
    /// A request's body must arrive within this time.
    pub body_timeout_ms: u64,
    /// How long a connection may lie idle between requests.
    pub idle_timeout_ms: u64,
    /// An answer must have been taken within this time.
    pub write_timeout_ms: u64,
    /// How long requests under way may take once the role was asked to stop.
    pub drain_timeout_ms: u64,
    /// Bytes of a request's head.
    pub most_header_bytes: usize,
    /// Header fields of a request.
    pub most_headers: usize,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            most_connections: 10_000,
            header_timeout_ms: 5_000,
            body_timeout_ms: 5_000,
            idle_timeout_ms: 60_000,
            write_timeout_ms: 10_000,
            drain_timeout_ms: 7_000,
            most_header_bytes: 16 * 1024,
            most_headers: 64,
        }
    }
}

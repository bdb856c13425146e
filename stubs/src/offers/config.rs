//! What a stub is told when it starts.

use std::net::SocketAddr;

use crate::bind_scope::BindScope;

/// A stub's settings.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Who may reach it there.
    pub scope: BindScope,
}

/// Why a stub cannot run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It would listen where others can reach it, and it offers what anybody tells it to.
    #[error("{0} is not a loopback address, and nobody has said that others may reach it")]
    Exposed(SocketAddr),
    /// The address cannot be listened on.
    #[error("{address} cannot be listened on: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
}

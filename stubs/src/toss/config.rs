//! What a stub is told when it starts.

use std::net::SocketAddr;
use std::path::PathBuf;

use web::secret_key::SecretKey;

use crate::bind_scope::BindScope;

/// A stub's settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Who may reach it there.
    pub scope: BindScope,
    /// The folder of its wal; made when it is not there.
    pub data: PathBuf,
    /// The key that calls must carry.
    pub key: SecretKey,
    /// Where webhooks go; nowhere without one.
    pub webhook_url: Option<String>,
    /// How long a minute of the webhooks' schedule takes, milliseconds.
    pub webhook_minute_ms: u64,
}

/// Why a stub cannot run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It would listen where others can reach it, and it moves money for whoever asks.
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
    /// The wal cannot be read or written, or another stub has it.
    #[error("{path}: {error}")]
    Wal {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The webhooks' address cannot be one.
    #[error("webhook URL: {0}")]
    Webhooks(std::io::Error),
}

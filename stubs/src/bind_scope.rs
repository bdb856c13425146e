//! Which addresses a stub may listen on.

use std::net::SocketAddr;

/// Which addresses a stub may listen on. It obeys every caller, so only callers on this machine can reach it by default.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BindScope {
    /// A loopback address only.
    Loopback,
    /// Any address, as in a container whose port is published to its host alone.
    Network,
}

impl BindScope {
    /// Whether the stub may listen there.
    pub(crate) fn permits(self, listen: SocketAddr) -> bool {
        self == Self::Network || listen.ip().is_loopback()
    }
}

//! Who may reach a stub.

use std::net::SocketAddr;

/// Who may reach a stub. It does whatever anybody tells it, so that is nobody but this machine, unless somebody has said
/// otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// Only this machine: it must listen on a loopback address.
    Loopback,
    /// Whoever the network lets through, as in a container whose port is published to its host alone.
    Network,
}

impl Reach {
    /// Whether a stub that may be reached so may listen there.
    pub(crate) fn permits(self, listen: SocketAddr) -> bool {
        self == Self::Network || listen.ip().is_loopback()
    }
}

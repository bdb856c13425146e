//! The stub's HTTP.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use streams::service::Shutdown;
use tokio::net::TcpListener;

use super::config::{Config, Error};
use super::stub::Stub;
use crate::server;

/// A stub that listens. Calls wait until it is served.
pub struct Bound {
    listener: TcpListener,
    /// Where it listens.
    pub address: SocketAddr,
}

/// Listens.
///
/// # Errors
/// [`Error`].
pub async fn bind(config: Config) -> Result<Bound, Error> {
    if !config.scope.permits(config.listen) {
        return Err(Error::Exposed(config.listen));
    }
    let failed = |error| Error::Listen { address: config.listen, error };
    let listener = TcpListener::bind(config.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok(Bound { listener, address })
}

impl Bound {
    /// Answers until told to stop.
    pub fn serve(self, shutdown: Shutdown) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        // Boxed, so that it is compiled here and not again in the binary.
        Box::pin(self.run(shutdown))
    }

    async fn run(self, shutdown: Shutdown) {
        server::serve(self.listener, Arc::new(Stub::new()), shutdown).await;
    }
}

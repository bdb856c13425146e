//! The stub's HTTP, and its clock.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use streams::service::Shutdown;
use tokio::net::TcpListener;

use super::config::{Config, Error};
use super::reply::HttpResponse;
use super::routes;
use super::stub::Stub;
use crate::server::{self, Cut, Service};

/// How often payments whose time is over are looked for.
const SWEEP: Duration = Duration::from_millis(500);

/// A stub that listens. Calls wait until it is served.
pub struct Bound {
    listener: TcpListener,
    stub: Arc<Stub>,
    /// Where it listens.
    pub address: SocketAddr,
}

/// Opens the wal and listens.
///
/// # Errors
/// [`Error`].
pub async fn bind(config: &Config) -> Result<Bound, Error> {
    if !config.scope.permits(config.listen) {
        return Err(Error::Exposed(config.listen));
    }
    let failed = |error| Error::Listen { address: config.listen, error };
    let listener = TcpListener::bind(config.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok(Bound { listener, stub: Stub::open(config)?, address })
}

impl Bound {
    /// Answers until told to stop. Whatever was answered is on disk.
    pub fn serve(self, shutdown: Shutdown) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        // Boxed, so that it is compiled here and not again in the binary.
        Box::pin(self.run(shutdown))
    }

    async fn run(self, shutdown: Shutdown) {
        let Self { listener, stub, .. } = self;
        let sweeping = async {
            let mut sweep = tokio::time::interval(SWEEP);
            loop {
                sweep.tick().await;
                stub.sweep().await;
            }
        };
        tokio::select! {
            () = server::serve(listener, Arc::clone(&stub), shutdown) => {}
            () = sweeping => {}
        }
    }
}

impl Service for Stub {
    type Body = Full<Bytes>;

    async fn answer(self: &Arc<Self>, request: Request<Bytes>) -> Result<HttpResponse, Cut> {
        routes::answer(self, request).await
    }
}

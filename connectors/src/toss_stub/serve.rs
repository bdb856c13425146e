//! The stub's HTTP: an accept loop on a loopback address.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use streams::service::Shutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::config::{Config, Error, Reach};
use super::routes;
use super::stub::{Cut, Stub};

/// Largest request, bytes: ten thousand payments to begin at once.
const LARGEST: usize = 4 * 1024 * 1024;
/// How often payments whose time is over are looked for.
const SWEEP: Duration = Duration::from_millis(500);

/// A stub that listens. Calls wait until it is served.
pub struct Bound {
    listener: TcpListener,
    stub: Arc<Stub>,
    /// Where it listens.
    pub address: SocketAddr,
}

/// Opens the journal and listens.
///
/// # Errors
/// [`Error`].
pub async fn bind(config: &Config) -> Result<Bound, Error> {
    if config.reach == Reach::Loopback && !config.listen.ip().is_loopback() {
        return Err(Error::Exposed(config.listen));
    }
    let failed = |error| Error::Listen { address: config.listen, error };
    let listener = TcpListener::bind(config.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok(Bound { listener, stub: Stub::open(config)?, address })
}

impl Bound {
    /// Answers until told to stop. Whatever was answered is on disk.
    pub async fn serve(self, mut shutdown: Shutdown) {
        let Self { listener, stub, .. } = self;
        let mut sweep = tokio::time::interval(SWEEP);
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = shutdown.requested() => break,
                _ = sweep.tick() => stub.sweep().await,
                Some(_) = connections.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => drop(connections.spawn(converse(Arc::clone(&stub), stream))),
                    Err(error) => {
                        tracing::debug!(%error, "accepting");
                        tokio::time::sleep(Duration::from_millis(10)).await;
                    }
                },
            }
        }
    }
}

async fn converse(stub: Arc<Stub>, stream: TcpStream) {
    drop(stream.set_nodelay(true));
    let service = service_fn(move |request: Request<Incoming>| {
        let stub = Arc::clone(&stub);
        async move {
            let (head, body) = request.into_parts();
            let body: Bytes = Limited::new(body, LARGEST).collect().await.map_err(|_| Cut)?.to_bytes();
            routes::answer(&stub, Request::from_parts(head, body)).await
        }
    });
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    if let Err(error) = served {
        tracing::trace!(%error, "a connection has ended early");
    }
}

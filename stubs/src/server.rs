//! An HTTP server for stubs: an accept loop, bodies of bounded size. What it serves may break off on purpose.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use streams::service::Shutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Largest request, bytes: ten thousand rows at once.
const LARGEST: usize = 4 * 1024 * 1024;
/// A moment before accepting again when the system has no more to give.
const BREATH: Duration = Duration::from_millis(10);

/// A connection that ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("cut on purpose")]
pub(crate) struct Cut;

/// What answers calls.
pub(crate) trait Service: Send + Sync + 'static {
    /// An answer's body.
    type Body: Body<Data = Bytes, Error: std::error::Error + Send + Sync> + Send + 'static;

    /// The answer to a call, or the connection's end.
    fn answer(
        self: &Arc<Self>,
        request: Request<Bytes>,
    ) -> impl Future<Output = Result<Response<Self::Body>, Cut>> + Send;
}

/// Answers calls until told to stop; what is under way then is cut.
pub(crate) async fn serve<S: Service>(listener: TcpListener, service: Arc<S>, mut shutdown: Shutdown) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = shutdown.requested() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(connections.spawn(converse(Arc::clone(&service), stream))),
                Err(error) => {
                    tracing::debug!(%error, "accepting");
                    tokio::time::sleep(BREATH).await;
                }
            },
        }
    }
}

async fn converse<S: Service>(service: Arc<S>, stream: TcpStream) {
    drop(stream.set_nodelay(true));
    let answer = service_fn(move |request: Request<Incoming>| {
        let service = Arc::clone(&service);
        async move {
            let (head, body) = request.into_parts();
            let body: Bytes = Limited::new(body, LARGEST).collect().await.map_err(|_| Cut)?.to_bytes();
            service.answer(Request::from_parts(head, body)).await
        }
    });
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
    if let Err(error) = served {
        tracing::trace!(%error, "a connection has ended early");
    }
}

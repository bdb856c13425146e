//! What the people who run a role see of it: `/livez`, `/readyz`, `/metrics`, on an address of their own.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use prometheus::{Encoder, Registry, TEXT_FORMAT, TextEncoder};
use serde::Serialize;
use streams::service::{Condition, Health, Shutdown};
use tokio::net::TcpListener;
use web::server::{self, Observer, ServerConfig, Service};

/// A bound admin address.
pub(crate) struct Admin {
    listener: TcpListener,
    /// Where it listens, with the real port.
    pub(crate) address: SocketAddr,
}

impl Admin {
    /// Binds the address; a port of 0 picks a free one.
    ///
    /// # Errors
    /// When the address is taken or not ours.
    pub(crate) async fn bind(address: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Answers until shutdown is requested.
    pub(crate) async fn serve(self, health: Health, registry: Registry, mut shutdown: Shutdown) {
        let service = Arc::new(Probes { health, registry });
        let config = ServerConfig::default();
        server::run(self.listener, service, &Unwatched, &config, Duration::ZERO, shutdown.requested()).await;
    }
}

/// Nobody counts the connections of people who look.
struct Unwatched;

impl Observer for Unwatched {
    fn open(&self, _: usize) {}

    fn ended(&self, _: &'static str) {}
}

/// What is looked at.
struct Probes {
    health: Health,
    registry: Registry,
}

impl Service for Probes {
    type Body = Full<Bytes>;

    async fn answer(&self, request: Request<Incoming>, _: IpAddr) -> Response<Full<Bytes>> {
        let path = request.uri().path();
        if !matches!(path, "/livez" | "/readyz" | "/metrics") {
            return empty(StatusCode::NOT_FOUND);
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return empty(StatusCode::METHOD_NOT_ALLOWED);
        }
        match path {
            "/livez" => probed(&self.health, Probe::Live, Verbosity::Terse),
            "/readyz" => probed(&self.health, Probe::Ready, Verbosity::of_query(request.uri().query().unwrap_or(""))),
            _ => exposition(&self.registry),
        }
    }
}

fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}

fn with_body(status: StatusCode, content_type: HeaderValue, body: Vec<u8>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

#[derive(Clone, Copy)]
enum Probe {
    Live,
    Ready,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verbosity {
    Terse,
    Verbose,
}

impl Verbosity {
    fn of_query(query: &str) -> Self {
        let asks = |pair: &str| matches!(pair, "verbose" | "verbose=" | "verbose=1" | "verbose=true");
        if query.split('&').any(asks) { Self::Verbose } else { Self::Terse }
    }
}

#[derive(Serialize)]
struct Part {
    part: String,
    condition: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Serialize)]
struct Report {
    status: &'static str,
    parts: Vec<Part>,
}

/// A probe's answer: 200 when the role passes it, else 503; parts that do not pass are always named.
fn probed(health: &Health, probe: Probe, verbosity: Verbosity) -> Response<Full<Bytes>> {
    let (passes, status) = match probe {
        Probe::Live => (health.is_live(), if health.is_live() { "live" } else { "failed" }),
        Probe::Ready => (health.is_ready(), if health.is_ready() { "ready" } else { "not ready" }),
    };
    let parts = health
        .parts()
        .into_iter()
        .filter(|(_, condition)| verbosity == Verbosity::Verbose || *condition != Condition::Ready)
        .map(|(part, condition)| Part {
            part,
            condition: condition.name(),
            reason: condition.reason().map(str::to_owned),
        })
        .collect();
    let code = if passes { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = serde_json::to_vec(&Report { status, parts }).unwrap_or_default();
    with_body(code, HeaderValue::from_static("application/json"), body)
}

/// Everything registered, in the Prometheus text format.
fn exposition(registry: &Registry) -> Response<Full<Bytes>> {
    let encoder = TextEncoder::new();
    let mut text = Vec::new();
    match encoder.encode(&registry.gather(), &mut text) {
        Ok(()) => with_body(StatusCode::OK, HeaderValue::from_static(TEXT_FORMAT), text),
        Err(error) => {
            tracing::error!(%error, "metrics cannot be encoded");
            empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

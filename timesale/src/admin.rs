//! What the people who run a role see of it: `/livez`, `/readyz`, `/metrics`, on an address of their own.

use std::net::SocketAddr;

use prometheus::{Encoder, Registry, TextEncoder};
use serde::Serialize;
use streams::service::{Condition, Health, Shutdown};
use tokio::net::TcpListener;
use warp::Filter;
use warp::http::StatusCode;
use warp::reply::{Reply, Response};

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
    #[expect(
        clippy::disallowed_methods,
        reason = "an address that only operators reach: no claims, no bodies, nothing to shed; ingress's accept loop is the world's"
    )]
    pub(crate) async fn serve(self, health: Health, registry: Registry, mut shutdown: Shutdown) {
        let live = {
            let health = health.clone();
            warp::path!("livez").map(move || answer(&health, Probe::Live, Verbosity::Terse))
        };
        let ready = warp::path!("readyz")
            .and(warp::query::raw().or(warp::any().map(String::new)).unify())
            .map(move |query: String| answer(&health, Probe::Ready, Verbosity::of_query(&query)));
        let metrics = warp::path!("metrics").map(move || exposition(&registry));
        let routes = warp::get().or(warp::head()).unify().and(live.or(ready).or(metrics));
        warp::serve(routes).incoming(self.listener).graceful(async move { shutdown.requested().await }).run().await;
    }
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
fn answer(health: &Health, probe: Probe, verbosity: Verbosity) -> Response {
    let (passes, status) = match probe {
        Probe::Live => (health.is_live(), if health.is_live() { "live" } else { "failed" }),
        Probe::Ready => (health.is_ready(), if health.is_ready() { "ready" } else { "not ready" }),
    };
    let parts = health
        .parts()
        .into_iter()
        .map(|(part, condition)| match condition {
            Condition::Starting(reason) => Part { part, condition: "starting", reason: Some(reason) },
            Condition::Ready => Part { part, condition: "ready", reason: None },
            Condition::Degraded(reason) => Part { part, condition: "degraded", reason: Some(reason) },
            Condition::Failed(reason) => Part { part, condition: "failed", reason: Some(reason) },
        })
        .filter(|part| verbosity == Verbosity::Verbose || part.condition != "ready")
        .collect();
    let code = if passes { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    warp::reply::with_status(warp::reply::json(&Report { status, parts }), code).into_response()
}

/// Everything registered, in the Prometheus text format.
fn exposition(registry: &Registry) -> Response {
    let encoder = TextEncoder::new();
    let mut text = Vec::new();
    match encoder.encode(&registry.gather(), &mut text) {
        Ok(()) => warp::reply::with_header(text, "content-type", encoder.format_type()).into_response(),
        Err(error) => {
            tracing::error!(%error, "metrics cannot be encoded");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

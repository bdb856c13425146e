//! What every handler may use.

use std::sync::Arc;
use std::time::Duration;

use events::manifest::Manifest;
use prometheus::Registry;
use web::client::Client;
use web::metrics::{Families, HttpMetrics};
use web::session::Sessions;
use web::token::{Secrets, Verifier};

use super::Error;
use super::config::Config;
use super::letters::Letters;
use super::routes::TABLE;
use super::stream::Streams;
use super::taps::Taps;
use super::topology::{Application, Topology};
use crate::facts::Facts;
use crate::lag::{Latest, Watched};

/// How long a connection to Prometheus may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);

/// The cookie of a session.
const COOKIE: &str = "timesale_session";

/// What the console calls the families that every role with routes has: `serve all` has ingress's routes beside these.
const HTTP: Families = Families {
    requests: ("timesale_console_requests_total", "Requests that the console answered."),
    durations: ("timesale_console_request_duration_seconds", "From a request's head to its answer at the console."),
    buckets: &[0.0005, 0.002, 0.005, 0.02, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0],
    statuses: &[200, 204, 304, 400, 401, 403, 404, 405, 406, 409, 413, 422, 429, 500, 503],
    connections: ("timesale_console_connections", "Open connections of the console."),
    connections_ended: ("timesale_console_connections_ended_total", "Connections of the console that ended, and why."),
};

/// What the handlers share.
pub(super) struct State {
    pub(super) config: Config,
    pub(super) verifier: Verifier,
    pub(super) sessions: Sessions,
    pub(super) latest: Latest,
    pub(super) facts: Facts,
    pub(super) letters: Letters,
    pub(super) taps: Arc<Taps>,
    /// Where Postgres is.
    pub(super) postgres: String,
    pub(super) streams: Arc<Streams>,
    pub(super) manifest: Manifest,
    pub(super) topology: Topology,
    pub(super) prometheus: Option<Client>,
    pub(super) metrics: HttpMetrics,
}

impl State {
    #[expect(clippy::too_many_arguments, reason = "each is one part of the role")]
    pub(super) fn new(
        config: Config,
        latest: Latest,
        facts: Facts,
        letters: Letters,
        taps: Arc<Taps>,
        postgres: String,
        streams: Arc<Streams>,
        watched: &[Watched],
        applications: &[Application],
        secrets: &Secrets,
        registry: &Registry,
    ) -> Result<Self, Error> {
        let manifest = Manifest::embedded()?;
        let routes: Vec<&'static str> = TABLE.iter().map(|route| route.name).chain(["unmatched"]).collect();
        registry.register(Box::new(streams.gauge().clone()))?;
        let is_secure = !config.listen.ip().is_loopback();
        let lasts = Duration::from_secs(config.session_seconds);
        let prometheus = config.prometheus().ok().flatten();
        let prometheus = prometheus.and_then(|address| Client::new(address, CONNECT_WITHIN).ok());
        Ok(Self {
            verifier: Verifier::new(secrets, &config.auth),
            sessions: Sessions::new(COOKIE, secrets, lasts, is_secure),
            topology: Topology::of(&manifest, applications, watched),
            metrics: HttpMetrics::register(registry, &HTTP, &routes)?,
            config,
            latest,
            facts,
            letters,
            taps,
            postgres,
            streams,
            manifest,
            prometheus,
        })
    }
}

//! What every handler may use.

use std::sync::Arc;
use std::time::Duration;

use events::manifest::Manifest;
use prometheus::Registry;
use web::client::Client;
use web::session::Sessions;
use web::token::{Secrets, Verifier};

use super::Error;
use super::config::Config;
use super::metrics::Metrics;
use super::routes::TABLE;
use super::stream::Streams;
use super::topology::{Application, Topology};
use crate::facts::Facts;
use crate::lag::{Latest, Watched};

/// How long a connection to Prometheus may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);

/// The cookie of a session.
const COOKIE: &str = "timesale_session";

/// What the handlers share.
pub(super) struct State {
    pub(super) config: Config,
    pub(super) verifier: Verifier,
    pub(super) sessions: Sessions,
    pub(super) latest: Latest,
    pub(super) facts: Facts,
    pub(super) streams: Arc<Streams>,
    pub(super) manifest: Manifest,
    pub(super) topology: Topology,
    pub(super) prometheus: Option<Client>,
    pub(super) metrics: Metrics,
}

impl State {
    #[expect(clippy::too_many_arguments, reason = "each is one part of the role")]
    pub(super) fn new(
        config: Config,
        latest: Latest,
        facts: Facts,
        streams: Arc<Streams>,
        watched: &[Watched],
        applications: &[Application],
        secrets: &Secrets,
        registry: &Registry,
    ) -> Result<Self, Error> {
        let manifest = Manifest::embedded()?;
        let routes: Vec<&'static str> = TABLE.iter().map(|route| route.name).chain(["unmatched"]).collect();
        let is_secure = !config.listen.ip().is_loopback();
        let lasts = Duration::from_secs(config.session_seconds);
        let prometheus = config.prometheus().ok().flatten();
        let prometheus = prometheus.and_then(|address| Client::new(address, CONNECT_WITHIN).ok());
        Ok(Self {
            verifier: Verifier::new(secrets, &config.auth),
            sessions: Sessions::new(COOKIE, secrets, lasts, is_secure),
            topology: Topology::of(&manifest, applications, watched),
            metrics: Metrics::new(registry, &routes, streams.gauge())?,
            config,
            latest,
            facts,
            streams,
            manifest,
            prometheus,
        })
    }
}

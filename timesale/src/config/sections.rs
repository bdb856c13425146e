//! The file's sections as they are written: shapes and defaults, no rules. `config` checks the rules and makes a
//! [`super::Config`] of them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// `[kafka]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct KafkaSection {
    /// `host:port`, comma-separated.
    pub(crate) bootstrap: String,
    /// Further settings of the client library, by its own names: TLS, SASL and the like.
    pub(crate) client: BTreeMap<String, String>,
}

impl Default for KafkaSection {
    fn default() -> Self {
        Self { bootstrap: "127.0.0.1:9092".into(), client: BTreeMap::new() }
    }
}

/// `[postgres]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PostgresSection {
    /// `postgres://user:password@host:port/database`
    pub(crate) url: String,
}

impl Default for PostgresSection {
    fn default() -> Self {
        Self { url: "postgres://timesale@127.0.0.1:5432/timesale".into() }
    }
}

/// `[redis]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RedisSection {
    /// `redis://host:port/number`
    pub(crate) url: String,
}

impl Default for RedisSection {
    fn default() -> Self {
        Self { url: "redis://127.0.0.1:6379/0".into() }
    }
}

/// `[admin]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AdminSection {
    /// Where `/livez`, `/readyz` and `/metrics` are served.
    pub(crate) listen: String,
}

impl Default for AdminSection {
    fn default() -> Self {
        Self { listen: "127.0.0.1:9464".into() }
    }
}

/// `[auth]`
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AuthSection {
    /// Files with one token secret each, at most two: the first mints, all are accepted, so that one can be replaced.
    pub(crate) jwt_secret_files: Vec<PathBuf>,
}

/// `[processors]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ProcessorsSection {
    /// Goes before every group and transactional id: two installations can share a cluster.
    pub(crate) prefix: String,
    /// Which instance of the role this is; stable over restarts, different between instances.
    pub(crate) instance: String,
    /// Which processors run here, by their application ids.
    pub(crate) applications: Vec<String>,
    /// Stream threads of each application; 0 shares the CPUs out among them, at least one to each.
    pub(crate) threads: usize,
    /// Longest time between two commits while input keeps coming, milliseconds.
    pub(crate) commit_interval_ms: u64,
}

impl Default for ProcessorsSection {
    fn default() -> Self {
        Self {
            prefix: "timesale".into(),
            instance: "0".into(),
            applications: crate::applications::names().map(str::to_owned).to_vec(),
            threads: 0,
            commit_interval_ms: 20,
        }
    }
}

/// `[connectors]`
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ConnectorsSection {
    /// `[connectors.toss]`
    pub(crate) toss: connectors::toss::Config,
    /// `[connectors.offers]`
    pub(crate) offers: connectors::offers::Config,
}

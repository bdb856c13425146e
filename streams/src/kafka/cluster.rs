//! The cluster and its connection settings, shared by every client of a process.

use std::collections::BTreeMap;
use std::fmt;

use rdkafka::ClientConfig;

/// The cluster and its connection settings.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterConfig {
    /// `host:port` of some of its brokers, separated by commas.
    pub bootstrap: String,
    /// Settings of librdkafka for every client, by their own names: `security.protocol`, `ssl.ca.location`, `sasl.mechanism`,
    /// `client.rack` and so on. Settings on which the guarantees depend cannot be given.
    #[serde(default)]
    pub client: BTreeMap<String, String>,
}

/// Why a client cannot be made from a configuration. Waiting does not help.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ConfigError {
    /// No broker is named.
    #[error("kafka: no bootstrap server is given")]
    NoBootstrap,
    /// A setting on which a guarantee depends.
    #[error("kafka: the setting {0} cannot be changed: the guarantees depend on it")]
    Reserved(String),
    /// This program was built without TLS.
    #[error("kafka: {0} needs a build with the cargo feature `tls`")]
    WithoutTls(String),
    /// The client library refuses it.
    #[error("kafka: the client refuses its settings: {0}")]
    Refused(String),
}

/// Settings that this library sets itself.
const RESERVED: &[&str] = &[
    "acks",
    "allow.auto.create.topics",
    "auto.offset.reset",
    "batch.size",
    "bootstrap.servers",
    "check.crcs",
    "delivery.report.only.error",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "enable.partition.eof",
    "group.id",
    "group.instance.id",
    "group.protocol",
    "isolation.level",
    "max.in.flight",
    "max.in.flight.requests.per.connection",
    "metadata.broker.list",
    "partition.assignment.strategy",
    "partitioner",
    "request.required.acks",
    "socket.max.fails",
    "transactional.id",
];

impl Default for ClusterConfig {
    fn default() -> Self {
        Self { bootstrap: "127.0.0.1:9092".to_owned(), client: BTreeMap::new() }
    }
}

impl ClusterConfig {
    /// Checks what can be checked without a connection.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.bootstrap.trim().is_empty() {
            return Err(ConfigError::NoBootstrap);
        }
        if let Some(name) = self.client.keys().find(|name| RESERVED.contains(&name.as_str())) {
            return Err(ConfigError::Reserved(name.clone()));
        }
        if !cfg!(feature = "tls") {
            let needs_tls = |(name, value): &(&String, &String)| {
                let protocol = *name == "security.protocol" && !value.eq_ignore_ascii_case("plaintext");
                protocol || name.starts_with("ssl.") || name.starts_with("sasl.")
            };
            if let Some((name, _)) = self.client.iter().find(needs_tls) {
                return Err(ConfigError::WithoutTls(name.clone()));
            }
        }
        Ok(())
    }

    /// The settings that every client has.
    ///
    /// # Errors
    /// As for [`ClusterConfig::check`].
    pub(super) fn client(&self) -> Result<ClientConfig, ConfigError> {
        self.check()?;
        let mut client = ClientConfig::new();
        client
            .set("bootstrap.servers", &self.bootstrap)
            .set("client.id", "streams")
            .set("allow.auto.create.topics", "false")
            // A broker that comes back is found within this time; the default of 10 s would be most of an outage.
            .set("reconnect.backoff.ms", "50")
            .set("reconnect.backoff.max.ms", "200")
            // Small requests wait for nothing.
            .set("socket.nagle.disable", "true")
            .set("socket.keepalive.enable", "true")
            .set("statistics.interval.ms", "0");
        for (name, value) in &self.client {
            client.set(name, value);
        }
        Ok(client)
    }
}

/// Names the settings, but never their values: some are secrets.
impl fmt::Debug for ClusterConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClusterConfig")
            .field("bootstrap", &self.bootstrap)
            .field("client", &self.client.keys().collect::<Vec<_>>())
            .finish()
    }
}

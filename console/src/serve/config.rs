//! `[console]`: where the role listens, what it shows and to how many at once.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use web::client::{Address, Cleartext};
use web::server::ServerConfig;
use web::token::TokenConfig;

use super::taps::TapsConfig;
use crate::lag;

/// `[console]`
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the page and the routes are served.
    pub listen: SocketAddr,
    /// Connections and their deadlines.
    pub server: ServerConfig,
    /// What a token must say.
    pub auth: TokenConfig,
    /// How long a browser's session lasts, seconds.
    pub session_seconds: u64,
    /// Streams at once.
    pub most_streams: usize,
    /// Streams at once of one caller.
    pub most_streams_per_caller: usize,
    /// Where Prometheus is, `http://host:port`, whose alerts are shown; none shows none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prometheus: Option<String>,
    /// `[console.lag]`
    pub lag: lag::Config,
    /// `[console.taps]`
    pub taps: TapsConfig,
}

impl Default for Config {
    fn default() -> Self {
        let server = ServerConfig { most_connections: 1_000, ..ServerConfig::default() };
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8081)),
            server,
            auth: TokenConfig::default(),
            session_seconds: 900,
            most_streams: 200,
            most_streams_per_caller: 8,
            prometheus: None,
            lag: lag::Config::default(),
            taps: TapsConfig::default(),
        }
    }
}

/// A setting that is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("[console] {0}")]
pub struct ConfigError(String);

impl Config {
    /// Checks every setting.
    ///
    /// # Errors
    /// [`ConfigError`] names the first that is refused.
    pub fn check(&self) -> Result<(), ConfigError> {
        let rules = [
            ((60..=86_400).contains(&self.session_seconds), "session_seconds: must be 60 to 86400"),
            ((1..=10_000).contains(&self.most_streams), "most_streams: must be 1 to 10000"),
            ((1..=1_000).contains(&self.most_streams_per_caller), "most_streams_per_caller: must be 1 to 1000"),
            (self.server.most_connections >= 1, "server.most_connections: must be at least 1"),
            (self.auth.leeway_seconds <= 60, "auth.leeway_seconds: must be at most 60"),
        ];
        if let Some((_, rule)) = rules.iter().find(|(holds, _)| !holds) {
            return Err(ConfigError((*rule).to_owned()));
        }
        if let Some(rule) = self.taps.broken_rule() {
            return Err(ConfigError(rule.to_owned()));
        }
        self.prometheus().map_err(|error| ConfigError(format!("prometheus: {error}")))?;
        self.lag.check().map_err(|error| ConfigError(error.to_string()))
    }

    /// Where Prometheus is.
    pub(super) fn prometheus(&self) -> Result<Option<Address>, web::client::AddressError> {
        self.prometheus.as_deref().map(|text| Address::parse(text, Cleartext::Anywhere)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Change = fn(&mut Config);

    #[test]
    fn what_is_out_of_range_is_named() {
        Config::default().check().unwrap();
        let table: [(&str, Change); 9] = [
            ("session_seconds", |config| config.session_seconds = 1),
            ("most_streams", |config| config.most_streams = 0),
            ("prometheus", |config| config.prometheus = Some("ftp://x".into())),
            ("console.lag.groups", |config| config.lag.groups = vec!["(".into()]),
            ("taps.most:", |config| config.taps.most = 0),
            ("taps.most_per_caller:", |config| config.taps.most_per_caller = 0),
            ("taps.bytes_per_second:", |config| config.taps.bytes_per_second = 1),
            ("taps.most_follow_seconds:", |config| config.taps.most_follow_seconds = 86_401),
            ("auth.leeway_seconds", |config| config.auth.leeway_seconds = 61),
        ];
        for (name, change) in table {
            let mut config = Config::default();
            change(&mut config);
            assert!(config.check().unwrap_err().to_string().contains(name), "{name}");
        }
    }
}

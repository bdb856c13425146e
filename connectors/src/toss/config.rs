//! `[connectors.toss]`: where the provider is, how long it may take, how hard it is asked.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use web::client::{Address, Cleartext};

/// How the provider is spoken to.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// `https://host`, or `http://host:port` of a stub.
    pub base_url: String,
    /// A file with the secret key; the key itself is never in a configuration.
    pub secret_key_file: Option<PathBuf>,
    /// Longest wait for a connection, milliseconds.
    pub connect_ms: u64,
    /// Longest wait for an answer once a call is sent, milliseconds.
    pub read_ms: u64,
    /// How long a command is tried before its answer is "unknown", milliseconds. The order asks again by itself.
    pub answer_within_ms: u64,
    /// Most commands that are carried out at a time.
    pub most_in_flight: usize,
    /// Calls in a row that the provider has not answered, after which it is left alone.
    pub breaker_failures: u32,
    /// How long it is left alone before one call tries again, milliseconds.
    pub breaker_open_ms: u64,
    /// Upper bound of the first pause before a call is tried again, milliseconds; it doubles.
    pub retry_first_ms: u64,
    /// Upper bound of every pause, milliseconds.
    pub retry_most_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            base_url: "https://api.tosspayments.com".into(),
            secret_key_file: None,
            connect_ms: 3_000,
            read_ms: 30_000,
            answer_within_ms: 45_000,
            most_in_flight: 64,
            breaker_failures: 10,
            breaker_open_ms: 5_000,
            retry_first_ms: 200,
            retry_most_ms: 5_000,
        }
    }
}

/// A setting that is out of range.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("[connectors.toss] {setting}: {rule}")]
pub struct ConfigError {
    /// Which.
    pub setting: &'static str,
    /// What it must be.
    pub rule: String,
}

impl Config {
    /// Checks every setting.
    ///
    /// # Errors
    /// [`ConfigError`] names the first that is out of range.
    pub fn check(&self) -> Result<(), ConfigError> {
        let rule = |setting, holds: bool, rule: &str| {
            if holds { Ok(()) } else { Err(ConfigError { setting, rule: rule.to_owned() }) }
        };
        if let Err(error) = Address::parse(&self.base_url, Cleartext::Loopback) {
            return Err(ConfigError { setting: "base_url", rule: error.to_string() });
        }
        rule("connect_ms", (1..=60_000).contains(&self.connect_ms), "must be 1 to 60000")?;
        rule("read_ms", (1..=120_000).contains(&self.read_ms), "must be 1 to 120000")?;
        rule("answer_within_ms", (1..=60_000).contains(&self.answer_within_ms), "must be 1 to 60000")?;
        rule("most_in_flight", (1..=1024).contains(&self.most_in_flight), "must be 1 to 1024")?;
        rule("breaker_failures", (1..=1_000_000).contains(&self.breaker_failures), "must be 1 to 1000000")?;
        rule("breaker_open_ms", (1..=600_000).contains(&self.breaker_open_ms), "must be 1 to 600000")?;
        rule("retry_most_ms", (1..=60_000).contains(&self.retry_most_ms), "must be 1 to 60000")?;
        rule("retry_first_ms", (1..=self.retry_most_ms).contains(&self.retry_first_ms), "must be 1 to retry_most_ms")
    }

    /// Whether the provider is a process of this machine: a stub, for which a well-known key will do.
    #[must_use]
    pub fn is_local(&self) -> bool {
        Address::parse(&self.base_url, Cleartext::Loopback).is_ok_and(|address| address.is_loopback())
    }

    pub(crate) fn answer_within(&self) -> Duration {
        Duration::from_millis(self.answer_within_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::Config;

    #[test]
    fn the_defaults_hold_and_what_is_out_of_range_is_named() {
        assert_eq!(Config::default().check(), Ok(()));
        type Spoil = fn(&mut Config);
        let table: [(&str, Spoil); 8] = [
            ("base_url", |config| config.base_url = "api.tosspayments.com".into()),
            ("base_url", |config| config.base_url = "http://api.tosspayments.com".into()),
            ("connect_ms", |config| config.connect_ms = 0),
            ("read_ms", |config| config.read_ms = 0),
            ("answer_within_ms", |config| config.answer_within_ms = 90_000),
            ("most_in_flight", |config| config.most_in_flight = 0),
            ("breaker_failures", |config| config.breaker_failures = 0),
            ("retry_first_ms", |config| config.retry_first_ms = 6_000),
        ];
        for (setting, spoil) in table {
            let mut config = Config::default();
            spoil(&mut config);
            assert_eq!(config.check().unwrap_err().setting, setting);
        }
    }
}

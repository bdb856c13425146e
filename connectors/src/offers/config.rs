//! `[connectors.offers]`: which price servers there are, how often they are polled, how long they are believed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use events::ids::OfferSource;
use events::prices::LONGEST_FRESH_MS;
use serde::{Deserialize, Serialize};
use web::client::{Address, Cleartext};

/// Most price servers.
const MOST_SOURCES: usize = 64;

/// How price servers are polled.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How often each is polled, milliseconds.
    pub interval_ms: u64,
    /// For how long an offer is believed after it was seen, milliseconds.
    pub fresh_ms: u32,
    /// Longest wait for a connection, milliseconds.
    pub connect_ms: u64,
    /// Longest wait for a whole answer once a call is sent, milliseconds.
    pub read_ms: u64,
    /// Largest answer that is read, bytes.
    pub largest_bytes: usize,
    /// Most commands of one source that the log has not acknowledged yet.
    pub most_in_flight: usize,
    /// Calls in a row that a server has not answered, after which it is left alone.
    pub breaker_failures: u32,
    /// How long it is left alone before one call tries again, milliseconds.
    pub breaker_open_ms: u64,
    /// Upper bound of the first pause before a call is tried again, milliseconds; it doubles.
    pub retry_first_ms: u64,
    /// Upper bound of every pause, milliseconds.
    pub retry_most_ms: u64,
    /// The servers, by the names that their offers carry.
    pub sources: BTreeMap<OfferSource, SourceConfig>,
}

/// One price server.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SourceConfig {
    /// `https://host[/prefix]`, or `http://host:port` of a server on this machine.
    pub base_url: String,
    /// A file with the bearer token that it wants, if it wants one; the token itself is never in a configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    /// How often it is polled, if not as often as the others, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_ms: Option<u64>,
    /// For how long its offers are believed, if not as long as those of the others, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fresh_ms: Option<u32>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            interval_ms: 5_000,
            fresh_ms: 60_000,
            connect_ms: 2_000,
            read_ms: 5_000,
            largest_bytes: 4 * 1024 * 1024,
            most_in_flight: 512,
            breaker_failures: 5,
            breaker_open_ms: 10_000,
            retry_first_ms: 500,
            retry_most_ms: 5_000,
            sources: BTreeMap::new(),
        }
    }
}

/// A setting that is out of range.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("[connectors.offers] {setting}: {rule}")]
pub struct ConfigError {
    /// Which.
    pub setting: String,
    /// What it must be.
    pub rule: String,
}

impl Config {
    /// Checks every setting.
    ///
    /// # Errors
    /// [`ConfigError`] names the first that is out of range.
    pub fn check(&self) -> Result<(), ConfigError> {
        let rule = |setting: &str, holds: bool, rule: &str| {
            if holds { Ok(()) } else { Err(ConfigError { setting: setting.to_owned(), rule: rule.to_owned() }) }
        };
        let within = |setting: &str, value: u64, most: u64| {
            rule(setting, (1..=most).contains(&value), &format!("must be 1 to {most}"))
        };
        within("connect_ms", self.connect_ms, 60_000)?;
        within("read_ms", self.read_ms, 60_000)?;
        rule("largest_bytes", (1024..=64 << 20).contains(&self.largest_bytes), "must be 1024 to 67108864")?;
        rule("most_in_flight", (1..=10_000).contains(&self.most_in_flight), "must be 1 to 10000")?;
        within("breaker_failures", self.breaker_failures.into(), 1_000_000)?;
        within("breaker_open_ms", self.breaker_open_ms, 600_000)?;
        within("retry_most_ms", self.retry_most_ms, 60_000)?;
        rule("retry_first_ms", (1..=self.retry_most_ms).contains(&self.retry_first_ms), "must be 1 to retry_most_ms")?;
        rule("sources", self.sources.len() <= MOST_SOURCES, &format!("at most {MOST_SOURCES}"))?;
        check_times("", self.interval_ms, self.fresh_ms)?;
        for (name, source) in &self.sources {
            let prefix = format!("sources.{name}.");
            if let Err(error) = Address::parse(&source.base_url, Cleartext::Loopback) {
                return Err(ConfigError { setting: format!("{prefix}base_url"), rule: error.to_string() });
            }
            check_times(&prefix, self.interval(source), self.fresh_ms(source))?;
        }
        Ok(())
    }

    /// How often a source is polled, milliseconds.
    fn interval(&self, source: &SourceConfig) -> u64 {
        source.interval_ms.unwrap_or(self.interval_ms)
    }

    /// How often a source is polled.
    pub(crate) fn interval_of(&self, source: &SourceConfig) -> Duration {
        Duration::from_millis(self.interval(source))
    }

    /// For how long a source's offers are believed, milliseconds.
    #[must_use]
    pub fn fresh_ms(&self, source: &SourceConfig) -> u32 {
        source.fresh_ms.unwrap_or(self.fresh_ms)
    }
}

/// An offer that stands is published again once half of its time is over, when it is seen next: that must come well before the end.
fn check_times(prefix: &str, interval_ms: u64, fresh_ms: u32) -> Result<(), ConfigError> {
    let wrong = |setting: &str, rule: String| Err(ConfigError { setting: format!("{prefix}{setting}"), rule });
    if !(100..=3_600_000).contains(&interval_ms) {
        return wrong("interval_ms", "must be 100 to 3600000".into());
    }
    if fresh_ms > LONGEST_FRESH_MS || u64::from(fresh_ms) < 4 * interval_ms {
        return wrong("fresh_ms", format!("must be four times interval_ms to {LONGEST_FRESH_MS}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use events::ids::OfferSource;

    use super::{Config, SourceConfig};

    fn with(source: SourceConfig) -> Config {
        Config { sources: [(OfferSource::new("there").unwrap(), source)].into(), ..Config::default() }
    }

    #[test]
    fn the_defaults_hold_and_what_is_out_of_range_is_named() {
        assert_eq!(Config::default().check(), Ok(()));
        let base_url = "https://prices.example/v2".into();
        let there = SourceConfig { base_url, token_file: None, interval_ms: Some(1_000), fresh_ms: None };
        assert_eq!(with(there.clone()).check(), Ok(()));
        type Spoil = fn(&mut Config);
        let table: [(&str, Spoil); 8] = [
            ("interval_ms", |config| config.interval_ms = 99),
            ("fresh_ms", |config| config.fresh_ms = 19_999),
            ("fresh_ms", |config| config.fresh_ms = u32::MAX),
            ("read_ms", |config| config.read_ms = 0),
            ("largest_bytes", |config| config.largest_bytes = 100),
            ("most_in_flight", |config| config.most_in_flight = 0),
            ("breaker_failures", |config| config.breaker_failures = 0),
            ("retry_first_ms", |config| config.retry_first_ms = 6_000),
        ];
        for (setting, spoil) in table {
            let mut config = Config::default();
            spoil(&mut config);
            assert_eq!(config.check().unwrap_err().setting, setting);
        }
        type SpoilSource = fn(&mut SourceConfig);
        let table: [(&str, SpoilSource); 4] = [
            ("sources.there.base_url", |there| there.base_url = "prices.example".into()),
            ("sources.there.base_url", |there| there.base_url = "http://prices.example".into()),
            ("sources.there.interval_ms", |there| there.interval_ms = Some(1)),
            ("sources.there.fresh_ms", |there| there.fresh_ms = Some(3_999)),
        ];
        for (setting, spoil) in table {
            let mut there = there.clone();
            spoil(&mut there);
            assert_eq!(with(there).check().unwrap_err().setting, setting);
        }
        let many = (0..65).map(|number| (OfferSource::new(&format!("n{number}")).unwrap(), there.clone()));
        let config = Config { sources: many.collect(), ..Config::default() };
        assert_eq!(config.check().unwrap_err().setting, "sources");
    }
}

//! The `[sinks]` section.

use serde::{Deserialize, Serialize};

/// How sinks read and write.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Most records written in one go, `1..=50_000`.
    pub batch_records: usize,
    /// How long a record may wait for others to be written with, milliseconds, `0..=10_000`.
    pub linger_ms: u64,
    /// What every key in Redis begins with: 1 to 32 letters, digits, `-` or `_`.
    pub redis_prefix: String,
}

impl Default for Config {
    fn default() -> Self {
        Self { batch_records: 2_000, linger_ms: 20, redis_prefix: projections::RedisKeys::PREFIX.to_owned() }
    }
}

/// A setting is out of range.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("[sinks] {setting}: {rule}")]
pub struct ConfigError {
    /// The setting.
    pub setting: &'static str,
    /// What it must be.
    pub rule: &'static str,
}

impl Config {
    /// Checks every setting.
    ///
    /// # Errors
    /// [`ConfigError`] names the first setting that is out of range.
    pub fn check(&self) -> Result<(), ConfigError> {
        let prefix = self.redis_prefix.as_bytes();
        let legal = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let rules = [
            ((1..=50_000).contains(&self.batch_records), "batch_records", "must be 1 to 50000"),
            (self.linger_ms <= 10_000, "linger_ms", "must be 0 to 10000"),
            (
                (1..=32).contains(&prefix.len()) && prefix.iter().all(legal),
                "redis_prefix",
                "must be 1 to 32 letters, digits, '-' or '_'",
            ),
        ];
        match rules.into_iter().find(|(holds, _, _)| !holds) {
            Some((_, setting, rule)) => Err(ConfigError { setting, rule }),
            None => Ok(()),
        }
    }
}

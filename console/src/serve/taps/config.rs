//! `[console.taps]`: what taps over HTTP may take, so that they disturb nobody.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// `[console.taps]`
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct TapsConfig {
    /// Taps and stories at once.
    pub most: usize,
    /// Taps and stories at once of one caller.
    pub most_per_caller: usize,
    /// Bytes a second that one tap reads.
    pub bytes_per_second: u64,
    /// Bytes a second that all taps read together.
    pub bytes_per_second_together: u64,
    /// Bytes that a tap reads before it ends.
    pub most_bytes: u64,
    /// How long a tap lasts that has an end, seconds.
    pub most_seconds: u64,
    /// How long a tap lasts that follows, seconds.
    pub most_follow_seconds: u64,
    /// How long a client may take nothing, seconds.
    pub slow_reader_seconds: u64,
}

impl Default for TapsConfig {
    fn default() -> Self {
        Self {
            most: 8,
            most_per_caller: 2,
            bytes_per_second: 16 << 20,
            bytes_per_second_together: 32 << 20,
            most_bytes: 2 << 30,
            most_seconds: 600,
            most_follow_seconds: 1_800,
            slow_reader_seconds: 30,
        }
    }
}

impl TapsConfig {
    /// The first rule that does not hold, if one does not.
    pub(in crate::serve) fn broken_rule(&self) -> Option<&'static str> {
        let is_rate = |rate: u64| (1 << 10..=1 << 34).contains(&rate);
        let is_time = |seconds: u64| (1..=86_400).contains(&seconds);
        let rules = [
            ((1..=1_000).contains(&self.most), "taps.most: must be 1 to 1000"),
            ((1..=1_000).contains(&self.most_per_caller), "taps.most_per_caller: must be 1 to 1000"),
            (is_rate(self.bytes_per_second), "taps.bytes_per_second: must be 1 KiB to 16 GiB"),
            (is_rate(self.bytes_per_second_together), "taps.bytes_per_second_together: must be 1 KiB to 16 GiB"),
            (self.most_bytes >= 1, "taps.most_bytes: must be at least 1"),
            (is_time(self.most_seconds), "taps.most_seconds: must be 1 to 86400"),
            (is_time(self.most_follow_seconds), "taps.most_follow_seconds: must be 1 to 86400"),
            ((1..=600).contains(&self.slow_reader_seconds), "taps.slow_reader_seconds: must be 1 to 600"),
        ];
        rules.iter().find(|(holds, _)| !holds).map(|(_, rule)| *rule)
    }

    /// How long a tap lasts.
    pub(super) fn most_time(&self, follows: bool) -> Duration {
        Duration::from_secs(if follows { self.most_follow_seconds } else { self.most_seconds })
    }
}

//! How long a topic keeps its records, and what share of that a group is behind.

use std::collections::BTreeMap;

/// How a topic forgets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Retention {
    /// Records older than this are deleted, milliseconds; none keeps them for ever.
    pub after_ms: Option<i64>,
    /// The oldest records are deleted beyond a number of bytes.
    pub is_bounded_by_bytes: bool,
    /// Of a key only the newest record is kept, so offsets are missing.
    pub is_compacted: bool,
}

impl Retention {
    /// Reads a topic's settings, by their Kafka names.
    #[must_use]
    pub fn of(settings: &BTreeMap<String, String>) -> Self {
        let number =
            |name: &str| settings.get(name).and_then(|value| value.parse::<i64>().ok()).filter(|value| *value >= 0);
        let policy = settings.get("cleanup.policy").map_or("delete", String::as_str);
        let deletes = policy.split(',').any(|word| word.trim() == "delete");
        Self {
            after_ms: number("retention.ms").filter(|_| deletes),
            is_bounded_by_bytes: deletes && number("retention.bytes").is_some(),
            is_compacted: policy.split(',').any(|word| word.trim() == "compact"),
        }
    }

    /// The share of what the topic keeps that a reader is behind, 0 to 1: of the time it keeps, and where bytes bound it, of the offsets it
    /// has. 0 for a topic that forgets nothing.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share needs no more than 52 bits")]
    pub fn share(&self, seconds: Option<f64>, behind: i64, kept: i64) -> f64 {
        let of_time = match (self.after_ms, seconds) {
            (Some(0), Some(_)) => 1.0,
            (Some(after_ms), Some(seconds)) => seconds * 1_000.0 / after_ms as f64,
            _ => 0.0,
        };
        let of_offsets = if self.is_bounded_by_bytes && kept > 0 { behind as f64 / kept as f64 } else { 0.0 };
        of_time.max(of_offsets).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Retention {
        Retention::of(&pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn settings_say_how_a_topic_forgets() {
        let table = [
            (settings(&[]), (None, false, false)),
            (settings(&[("retention.ms", "1000")]), (Some(1_000), false, false)),
            (settings(&[("retention.ms", "-1"), ("retention.bytes", "5")]), (None, true, false)),
            (settings(&[("cleanup.policy", "compact"), ("retention.ms", "1000")]), (None, false, true)),
            (settings(&[("cleanup.policy", "compact, delete"), ("retention.ms", "9")]), (Some(9), false, true)),
        ];
        for (retention, (after_ms, is_bounded_by_bytes, is_compacted)) in table {
            assert_eq!(retention, Retention { after_ms, is_bounded_by_bytes, is_compacted });
        }
    }

    #[test]
    fn a_share_is_of_time_or_of_offsets_whichever_is_nearer_to_the_edge() {
        let by_time = Retention { after_ms: Some(100_000), ..Retention::default() };
        let by_bytes = Retention { is_bounded_by_bytes: true, ..Retention::default() };
        assert_eq!(by_time.share(Some(80.0), 10, 10), 0.8);
        assert_eq!(by_time.share(Some(500.0), 10, 10), 1.0);
        assert_eq!(by_time.share(None, 10, 10), 0.0);
        assert_eq!(by_bytes.share(None, 9, 10), 0.9);
        assert_eq!(by_bytes.share(None, 0, 0), 0.0);
        assert_eq!(Retention::default().share(Some(1e9), 10, 10), 0.0, "what is kept for ever is never lost");
    }
}

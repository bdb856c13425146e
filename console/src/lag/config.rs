//! `[console.lag]`: whose lag is looked at, and under which names it is shown.

use std::sync::Arc;

use regex_lite::Regex;
use serde::{Deserialize, Serialize};

/// `[console.lag]`
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The label `cluster_name` of the metrics.
    pub cluster_name: String,
    /// Groups of others that are looked at too, as regular expressions that match a whole name. Those of this installation always are.
    pub groups: Vec<String>,
    /// Show the metrics also under the names of kafka_exporter, for dashboards and rules that know only those.
    pub aliases: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { cluster_name: "timesale".into(), groups: Vec::new(), aliases: false }
    }
}

/// The pattern that means one group: its whole name, or what follows a dot in it.
#[must_use]
pub fn exactly(group: &str) -> String {
    format!("(?:.*\\.)?{}", regex_lite::escape(group))
}

/// A setting that is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

/// A group of this installation and a topic that it reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Watched {
    /// The group.
    pub group: Arc<str>,
    /// The topic.
    pub topic: Arc<str>,
    /// The role that reads, as `topics.yaml` names it.
    pub role: Arc<str>,
    /// How far behind it may be, seconds; 0 says nothing.
    pub slo_seconds: u32,
}

impl Config {
    /// Checks every setting.
    ///
    /// # Errors
    /// [`ConfigError`] names the first that is refused.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.cluster_name.is_empty() || self.cluster_name.chars().any(char::is_control) {
            return Err(ConfigError("console.lag.cluster_name: must be a name".into()));
        }
        self.patterns().map(drop)
    }

    /// What names of groups must match.
    pub(super) fn patterns(&self) -> Result<Vec<Regex>, ConfigError> {
        let pattern = |text: &String| {
            let whole = format!("^(?:{text})$");
            Regex::new(&whole).map_err(|error| ConfigError(format!("console.lag.groups: {text}: {error}")))
        };
        self.groups.iter().map(pattern).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_pattern_that_matches_it_alone() {
        let config = Config { groups: vec![exactly("a.b*")], ..Config::default() };
        let patterns = config.patterns().unwrap();
        for (name, expected) in [("a.b*", true), ("x.a.b*", true), ("aXb*", false), ("xa.b*", false), ("a.bb", false)] {
            assert_eq!(patterns[0].is_match(name), expected, "{name}");
        }
    }

    #[test]
    fn patterns_match_whole_names_and_bad_ones_are_named() {
        let config = Config { groups: vec!["team-.*".into(), "one|two".into()], ..Config::default() };
        config.check().unwrap();
        let patterns = config.patterns().unwrap();
        let is_match = |name: &str| patterns.iter().any(|pattern| pattern.is_match(name));
        assert!(is_match("team-a") && is_match("two"));
        assert!(!is_match("a-team-a") && !is_match("three") && !is_match("twofold"));
        let bad = Config { groups: vec!["(".into()], ..Config::default() };
        assert!(bad.check().unwrap_err().0.starts_with("console.lag.groups: (:"));
        assert!(Config { cluster_name: String::new(), ..Config::default() }.check().is_err());
    }
}

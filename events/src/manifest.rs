//! `topics.yaml`, embedded: what each topic is for, how it is cut and kept, who writes and who reads it. Unknown fields are
//! refused, and every rule that ties fields together is checked when the file is read.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The text of `topics.yaml` as of this build.
pub const TEXT: &str = include_str!("../../topics.yaml");

/// What stands for the value of a topic whose bytes are the runtime's own.
pub const PRIVATE: &str = "private";

/// Every topic of the system.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Topics by name.
    pub topics: BTreeMap<String, TopicSpec>,
    /// Taps that somebody has saved, by name: `timesale tap @NAME`.
    #[serde(default)]
    pub taps: BTreeMap<String, SavedTap>,
    /// Shadow topics by name. No role writes or reads them; `timesale tap TOPIC --to-topic NAME` does.
    #[serde(default)]
    pub shadow: BTreeMap<String, ShadowSpec>,
}

/// A shadow topic: one that takes copies of another topic's records. It has as many partitions and replicas as that topic, and the same
/// fields are personal.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShadowSpec {
    /// What it is for, in a sentence.
    pub description: String,
    /// The topic whose records are copied.
    pub of: String,
    /// Broker settings by their Kafka names. What is not named is left as it is.
    pub config: BTreeMap<String, String>,
}

/// What the name of every shadow topic begins with.
pub const SHADOW: &str = "shadow.";

/// A tap that somebody has saved.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedTap {
    /// What it shows, in a sentence.
    pub description: String,
    /// Its words, as they would be typed, one an element.
    pub words: Vec<String>,
}

/// What tells the partition of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartitionedBy {
    /// The key, by murmur2, as Kafka's Java producer computes it.
    #[default]
    Key,
    /// Its writer, which names the partition.
    Writer,
}

/// One topic.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TopicSpec {
    /// What it is for, in a sentence.
    pub description: String,
    /// The room that answers for it.
    pub owner: String,
    /// What its records are keyed by.
    pub key: String,
    /// How many partitions; grows only by a migration, since growing re-keys.
    pub partitions: i32,
    /// Copies on brokers of a production cluster; a cluster with fewer brokers gets as many as it has.
    pub replication: i32,
    /// Which value it carries: a type of `events`, or `private` for the runtime's own bytes.
    pub value: String,
    /// What tells the partition of a record.
    #[serde(default)]
    pub partitioned_by: PartitionedBy,
    /// Fields of the value that are personal, as JSON pointers; `/` is the whole value.
    #[serde(default)]
    pub pii: Vec<String>,
    /// Whether the key is personal.
    #[serde(default)]
    pub pii_key: bool,
    /// Roles that write it.
    pub producers: Vec<String>,
    /// Roles that read it.
    pub consumers: Vec<Consumer>,
    /// Topics that must have as many partitions as this one.
    #[serde(default)]
    pub copartitioned: Vec<String>,
    /// Broker settings by their Kafka names. What is not named is left as it is.
    pub config: BTreeMap<String, String>,
}

/// A reader of a topic.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Consumer {
    /// The role, or the group, that reads.
    pub role: String,
    /// How far behind it may be, seconds, before somebody is told.
    pub lag_slo_seconds: u32,
}

/// Why a manifest is not one.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Not YAML of the right shape; the message names line and column.
    #[error("topics.yaml: {0}")]
    Syntax(String),
    /// A rule is broken.
    #[error("topics.yaml: {topic}: {rule}")]
    Rule {
        /// The topic.
        topic: String,
        /// The rule.
        rule: String,
    },
}

impl Manifest {
    /// The manifest of this build.
    ///
    /// # Errors
    /// [`ManifestError`]; a test makes sure that a build's own manifest has none.
    pub fn embedded() -> Result<Self, ManifestError> {
        Self::parse(TEXT)
    }

    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// [`ManifestError`] names the place or the topic, and the rule that is broken.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let manifest: Self = serde_saphyr::from_str(text).map_err(|error| ManifestError::Syntax(error.to_string()))?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), ManifestError> {
        for (name, spec) in &self.topics {
            if let Err(rule) = self.check_topic(name, spec) {
                return Err(ManifestError::Rule { topic: name.clone(), rule });
            }
        }
        let is_name =
            |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if let Some(name) = self.taps.keys().find(|name| !is_name(name)) {
            let rule = "the name of a saved tap has letters, digits and '-'".to_owned();
            return Err(ManifestError::Rule { topic: format!("@{name}"), rule });
        }
        for (name, spec) in &self.shadow {
            if let Err(rule) = self.check_shadow(name, spec) {
                return Err(ManifestError::Rule { topic: name.clone(), rule });
            }
        }
        Ok(())
    }

    /// What is declared of a topic: its own declaration, or for a shadow topic that of the topic whose records it takes.
    #[must_use]
    pub fn declared(&self, topic: &str) -> Option<&TopicSpec> {
        self.topics.get(topic).or_else(|| self.topics.get(&self.shadow.get(topic)?.of))
    }

    /// Every topic that a cluster is to have, shadow topics among them, by name.
    #[must_use]
    pub fn on_cluster(&self) -> BTreeMap<String, TopicSpec> {
        let shadow = |(name, spec): (&String, &ShadowSpec)| {
            let of = self.topics.get(&spec.of)?.clone();
            let (description, config) = (spec.description.clone(), spec.config.clone());
            let (producers, consumers, copartitioned) = (Vec::new(), Vec::new(), Vec::new());
            Some((name.clone(), TopicSpec { description, config, producers, consumers, copartitioned, ..of }))
        };
        self.topics.clone().into_iter().chain(self.shadow.iter().filter_map(shadow)).collect()
    }

    fn check_shadow(&self, name: &str, spec: &ShadowSpec) -> Result<(), String> {
        if !name.strip_prefix(SHADOW).is_some_and(is_topic_name) {
            return Err(format!("the name of a shadow topic is {SHADOW} and letters, digits, '.', '-' or '_'"));
        }
        if !self.topics.contains_key(&spec.of) {
            return Err(format!("takes copies of {}, which does not exist", spec.of));
        }
        if !matches!(spec.config.get("cleanup.policy").map(String::as_str), Some("delete" | "compact")) {
            return Err("cleanup.policy must be named: delete or compact".into());
        }
        if spec.config.get("message.timestamp.type").map(String::as_str) != Some("CreateTime") {
            return Err("a copy keeps its record's time: message.timestamp.type must be CreateTime".into());
        }
        Ok(())
    }

    fn check_topic(&self, name: &str, spec: &TopicSpec) -> Result<(), String> {
        if !is_topic_name(name) {
            return Err("a name has 1 to 249 letters, digits, '.', '-' or '_'".into());
        }
        if name.starts_with(SHADOW) {
            return Err(format!("a name that begins with {SHADOW} is that of a shadow topic: it stands under shadow"));
        }
        if !(1..=1024).contains(&spec.partitions) {
            return Err("partitions must be 1 to 1024".into());
        }
        if !(1..=7).contains(&spec.replication) {
            return Err("replication must be 1 to 7".into());
        }
        let policy = spec.config.get("cleanup.policy").map(String::as_str);
        if !matches!(policy, Some("delete" | "compact")) {
            return Err("cleanup.policy must be named: delete or compact".into());
        }
        if name.ends_with(".inbox")
            && spec.config.get("message.timestamp.type").map(String::as_str) != Some("LogAppendTime")
        {
            return Err("an inbox takes its time from the log: message.timestamp.type must be LogAppendTime".into());
        }
        if name.ends_with(".changelog") && policy != Some("compact") {
            return Err("a changelog must be compacted".into());
        }
        if let Some(pointer) = spec.pii.iter().find(|pointer| !pointer.starts_with('/')) {
            return Err(format!("pii: {pointer} is no JSON pointer: it begins with /"));
        }
        if spec.value == PRIVATE && spec.pii != ["/"] {
            return Err("a private value has no fields that could be named: its pii is [/]".into());
        }
        let roles: BTreeSet<&str> = spec.consumers.iter().map(|consumer| consumer.role.as_str()).collect();
        if roles.len() != spec.consumers.len() {
            return Err("a consumer is named twice".into());
        }
        for other in &spec.copartitioned {
            match self.topics.get(other) {
                None => return Err(format!("is co-partitioned with {other}, which does not exist")),
                Some(spec_of_other) if spec_of_other.partitions != spec.partitions => {
                    return Err(format!("must have as many partitions as {other}"));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}

/// Whether Kafka takes this as the name of a topic: 1 to 249 ASCII letters, digits, '.', '-' or '_'.
#[must_use]
pub fn is_topic_name(name: &str) -> bool {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    (1..=249).contains(&name.len()) && name.bytes().all(is_legal)
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
mod tests;

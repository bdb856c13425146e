//! The difference between what `topics.yaml` wants and what a cluster has: a pure function of both.

use std::collections::BTreeMap;
use std::fmt;

use events::manifest::{Manifest, TopicSpec};
use serde::Serialize;
use streams::kafka::TopicDescription;

/// What would be done, and what will not be.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Plan {
    /// What would be done, in this order.
    pub changes: Vec<Change>,
    /// What differs and will not be changed: a plan with refusals is not applied.
    pub refusals: Vec<Refusal>,
    /// What differs and needs no change.
    pub notes: Vec<Note>,
}

/// One change to a cluster.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// A topic is missing.
    Create {
        /// The topic.
        topic: String,
        /// How many partitions.
        partitions: i32,
        /// How many replicas: as many as wanted, at most as many as there are brokers.
        replication: i32,
        /// Its settings.
        config: BTreeMap<String, String>,
    },
    /// A setting differs. Settings that the manifest does not name are left alone.
    Set {
        /// The topic.
        topic: String,
        /// The setting.
        setting: String,
        /// Its value now, if the cluster knows the setting.
        from: Option<String>,
        /// Its value afterwards.
        to: String,
    },
    /// A topic whose records have no key gets more partitions.
    AddPartitions {
        /// The topic.
        topic: String,
        /// How many now.
        from: i32,
        /// How many afterwards.
        to: i32,
    },
}

/// A difference that is not changed, because doing so would break a promise.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "refusal", rename_all = "snake_case")]
pub enum Refusal {
    /// Partitions cannot be taken away without losing records.
    FewerPartitions {
        /// The topic.
        topic: String,
        /// How many there are.
        has: i32,
        /// How many are wanted.
        wanted: i32,
    },
    /// More partitions would send a key's next record to another partition than its earlier ones: two writers for one key.
    WouldRekey {
        /// The topic.
        topic: String,
        /// How many there are.
        has: i32,
        /// How many are wanted.
        wanted: i32,
        /// What the topic is keyed by.
        key: String,
    },
}

/// A difference that needs no change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum Note {
    /// Replicas are moved by the cluster's own tools.
    Replication {
        /// The topic.
        topic: String,
        /// The fewest replicas of a partition.
        has: i32,
        /// How many are wanted on this many brokers.
        wanted: i32,
    },
}

/// The setting: the fewest replicas that must have a record before it counts as written.
pub(super) const MIN_IN_SYNC: &str = "min.insync.replicas";

/// What stands in the manifest for a topic whose records have no key.
const NO_KEY: &str = "none";

impl Plan {
    /// Compares. `found` holds those of the manifest's topics that exist, shadow topics too, by name.
    #[must_use]
    pub fn of(manifest: &Manifest, found: &BTreeMap<String, TopicDescription>, brokers: usize) -> Self {
        let mut plan = Self::default();
        for (name, spec) in &manifest.on_cluster() {
            let replication = replication(spec, brokers);
            match found.get(name) {
                None => plan.changes.push(Change::Create {
                    topic: name.clone(),
                    partitions: spec.partitions,
                    replication,
                    config: settings(spec, replication),
                }),
                Some(description) => plan.compare(name, spec, description, replication),
            }
        }
        plan
    }

    /// Whether the cluster is as the manifest wants it, harmless differences aside.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.refusals.is_empty()
    }

    fn compare(&mut self, name: &str, spec: &TopicSpec, description: &TopicDescription, replication: i32) {
        let topic = name.to_owned();
        let (has, wanted) = (description.partitions, spec.partitions);
        if wanted < has {
            self.refusals.push(Refusal::FewerPartitions { topic: topic.clone(), has, wanted });
        } else if wanted > has && spec.key != NO_KEY {
            self.refusals.push(Refusal::WouldRekey { topic: topic.clone(), has, wanted, key: spec.key.clone() });
        } else if wanted > has {
            self.changes.push(Change::AddPartitions { topic: topic.clone(), from: has, to: wanted });
        }
        for (setting, to) in &settings(spec, description.replication) {
            let from = description.config.get(setting);
            if from != Some(to) {
                self.changes.push(Change::Set {
                    topic: topic.clone(),
                    setting: setting.clone(),
                    from: from.cloned(),
                    to: to.clone(),
                });
            }
        }
        if description.replication != replication {
            self.notes.push(Note::Replication { topic, has: description.replication, wanted: replication });
        }
    }
}

/// A topic's settings with so many replicas.
fn settings(spec: &TopicSpec, replication: i32) -> BTreeMap<String, String> {
    let mut config = spec.config.clone();
    if let Some(least) = least_in_sync(spec, replication) {
        config.insert(MIN_IN_SYNC.to_owned(), least.to_string());
    }
    config
}

/// How many of so many replicas must have a record before it counts as written: as many as wanted, and fewer than there are, so that one may
/// be down.
pub(super) fn least_in_sync(spec: &TopicSpec, replication: i32) -> Option<i32> {
    let wanted: i32 = spec.config.get(MIN_IN_SYNC)?.parse().ok()?;
    Some(wanted.min(replication - 1).max(1))
}

/// As many replicas as wanted, at most as many as there are brokers.
pub(super) fn replication(spec: &TopicSpec, brokers: usize) -> i32 {
    spec.replication.min(i32::try_from(brokers).unwrap_or(i32::MAX)).max(1)
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in &self.changes {
            writeln!(f, "{change}")?;
        }
        for refusal in &self.refusals {
            writeln!(f, "{refusal}")?;
        }
        for note in &self.notes {
            writeln!(f, "{note}")?;
        }
        match (self.changes.len(), self.refusals.len()) {
            (0, 0) => write!(f, "nothing to change"),
            (changes, 0) => write!(f, "{changes} to change"),
            (changes, refusals) => write!(f, "{changes} to change, {refusals} refused: nothing will be changed"),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create { topic, partitions, replication, config } => {
                write!(f, "+ {topic}: create with partitions={partitions} replication={replication}")?;
                for (setting, value) in config {
                    write!(f, "\n    {setting} = {value}")?;
                }
                Ok(())
            }
            Self::Set { topic, setting, from, to } => {
                write!(f, "~ {topic}: set {setting} = {to} (now {})", from.as_deref().unwrap_or("unknown"))
            }
            Self::AddPartitions { topic, from, to } => write!(f, "~ {topic}: add partitions, {from} to {to}"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FewerPartitions { topic, has, wanted } => write!(
                f,
                "! {topic}: has {has} partitions, {wanted} wanted; taking partitions away would lose records: \
                 correct topics.yaml, or make a new topic and move to it"
            ),
            Self::WouldRekey { topic, has, wanted, key } => write!(
                f,
                "! {topic}: has {has} partitions, {wanted} wanted; more would send the next record of a {key} to another \
                 partition than its earlier ones: correct topics.yaml, or make a new topic and move to it"
            ),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Replication { topic, has, wanted } = self;
        write!(f, "  {topic}: replication is {has}, {wanted} wanted; the cluster's own tools move replicas")
    }
}

//! Topic administration: describe, create, configure. Nothing here deletes or shrinks anything.
//!
//! The client library can only replace *all* settings of a topic at once. So setting one means: query those that were set on
//! the topic, merge, replace, and check whether everything is in force and nothing else has changed.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::Duration;

use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, ConfigEntry, ConfigSource, NewPartitions, NewTopic, OwnedResourceSpecifier,
    ResourceSpecifier, TopicReplication,
};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::MetadataTopic;

use super::cluster::{ClusterConfig, ConfigError};
use super::logging::Logging;

/// How long a query or a change may take.
const TIMEOUT: Duration = Duration::from_secs(15);

/// A topic as the cluster has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TopicDescription {
    /// Its name.
    pub name: String,
    /// How many partitions it has.
    pub partitions: i32,
    /// The smallest number of replicas among its partitions.
    pub replication: i32,
    /// Every setting in force, by name; secrets are left out.
    pub config: BTreeMap<String, String>,
    /// The settings that were made on the topic itself, as against those it inherits.
    pub set_on_topic: BTreeMap<String, String>,
}

/// A topic to be created.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TopicToCreate {
    /// Its name.
    pub name: String,
    /// How many partitions.
    pub partitions: i32,
    /// How many replicas of each.
    pub replication: i32,
    /// Settings of its own.
    pub config: BTreeMap<String, String>,
}

/// Why a query or a change failed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AdminError {
    /// The configuration is refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// No answer in time: try again.
    #[error("the cluster does not answer: {0}")]
    Unavailable(String),
    /// The cluster refuses.
    #[error("{topic}: {reason}")]
    Refused {
        /// The topic.
        topic: String,
        /// Why.
        reason: String,
    },
    /// The cluster is not as expected: one line per difference.
    #[error("{}", .0.join("; "))]
    Mismatch(Vec<String>),
}

/// Queries and changes a cluster's topics. Blocks: not for an async worker thread.
#[derive(Debug)]
pub struct Admin {
    client: AdminClient<Logging>,
}

impl Admin {
    /// Makes a client; connects in the background.
    ///
    /// # Errors
    /// [`AdminError::Config`].
    pub fn new(cluster: &ClusterConfig) -> Result<Self, AdminError> {
        let client = cluster.client()?.create_with_context(Logging);
        let client = client.map_err(|error| ConfigError::Refused(error.to_string()))?;
        Ok(Self { client })
    }

    /// How many brokers the cluster has.
    ///
    /// # Errors
    /// [`AdminError::Unavailable`].
    pub fn broker_count(&self) -> Result<usize, AdminError> {
        let metadata = self.client.inner().fetch_metadata(None, TIMEOUT).map_err(|error| unavailable(&error))?;
        Ok(metadata.brokers().len())
    }

    /// Those of the topics that exist.
    ///
    /// # Errors
    /// [`AdminError::Unavailable`], [`AdminError::Refused`] when one may not be described.
    pub fn describe(&self, topics: &[&str]) -> Result<BTreeMap<String, TopicDescription>, AdminError> {
        let mut found = self.layouts(topics)?;
        let resources: Vec<ResourceSpecifier<'_>> = found.keys().map(|name| ResourceSpecifier::Topic(name)).collect();
        if resources.is_empty() {
            return Ok(found);
        }
        let answers =
            wait(self.client.describe_configs(&resources, &options())).map_err(|error| unavailable(&error))?;
        for answer in answers {
            let resource = answer.map_err(|code| AdminError::Unavailable(code.to_string()))?;
            if let OwnedResourceSpecifier::Topic(name) = resource.specifier
                && let Some(description) = found.get_mut(&name)
            {
                description.take_settings(resource.entries);
            }
        }
        Ok(found)
    }

    /// Creates a topic; one that is there already is an error.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn create(&self, topic: &TopicToCreate) -> Result<(), AdminError> {
        let replication = TopicReplication::Fixed(topic.replication);
        let mut new = NewTopic::new(&topic.name, topic.partitions, replication);
        for (name, value) in &topic.config {
            new = new.set(name, value);
        }
        let answers = wait(self.client.create_topics([&new], &options())).map_err(|error| unavailable(&error))?;
        answers
            .into_iter()
            .try_for_each(|answer| answer.map(drop).map_err(|(name, code)| refused_or_unavailable(&name, code)))
    }

    /// Gives a topic more partitions. The cluster refuses fewer, and as many as there are.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn add_partitions(&self, topic: &str, partitions: i32) -> Result<(), AdminError> {
        let new = NewPartitions::new(topic, usize::try_from(partitions).unwrap_or(0));
        let answers = wait(self.client.create_partitions([&new], &options())).map_err(|error| unavailable(&error))?;
        answers
            .into_iter()
            .try_for_each(|answer| answer.map(drop).map_err(|(name, code)| refused_or_unavailable(&name, code)))
    }

    /// Makes these settings on a topic and leaves its others alone. Checks afterwards that they are in force. Another
    /// client's change at the same moment may be lost: the library has no call that prevents it.
    ///
    /// # Errors
    /// [`AdminError`]; [`AdminError::Mismatch`] when the topic is not as it should be afterwards.
    pub fn set_config(&self, topic: &str, settings: &BTreeMap<String, String>) -> Result<(), AdminError> {
        let mut merged = self.one(topic)?.set_on_topic;
        merged.extend(settings.iter().map(|(name, value)| (name.clone(), value.clone())));
        let change = merged
            .iter()
            .fold(AlterConfig::new(ResourceSpecifier::Topic(topic)), |change, (name, value)| change.set(name, value));
        let answers = wait(self.client.alter_configs([&change], &options())).map_err(|error| unavailable(&error))?;
        answers
            .into_iter()
            .try_for_each(|answer| answer.map(drop).map_err(|(_, code)| refused_or_unavailable(topic, code)))?;
        self.verify(topic, &merged)
    }

    /// A change reaches the broker that answers a moment after it has been made.
    fn verify(&self, topic: &str, wanted: &BTreeMap<String, String>) -> Result<(), AdminError> {
        let mut differences = Vec::new();
        for _ in 0..50 {
            let found = self.one(topic)?.set_on_topic;
            if &found == wanted {
                return Ok(());
            }
            differences = differences_of(topic, wanted, &found);
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(AdminError::Mismatch(differences))
    }

    fn one(&self, topic: &str) -> Result<TopicDescription, AdminError> {
        let refused = || AdminError::Refused { topic: topic.to_owned(), reason: "no such topic".to_owned() };
        self.describe(&[topic])?.remove(topic).ok_or_else(refused)
    }

    /// Partitions and replicas of those of the topics that exist; no settings yet.
    fn layouts(&self, topics: &[&str]) -> Result<BTreeMap<String, TopicDescription>, AdminError> {
        // All topics are queried, because a query for an absent one may create it on a broker with automatic creation.
        let metadata = self.client.inner().fetch_metadata(None, TIMEOUT).map_err(|error| unavailable(&error))?;
        let layout = |found: &MetadataTopic| TopicDescription {
            name: found.name().to_owned(),
            partitions: i32::try_from(found.partitions().len()).unwrap_or(i32::MAX),
            replication: found
                .partitions()
                .iter()
                .map(|partition| partition.replicas().len())
                .min()
                .map_or(0, |least| i32::try_from(least).unwrap_or(i32::MAX)),
            config: BTreeMap::new(),
            set_on_topic: BTreeMap::new(),
        };
        let requested =
            metadata.topics().iter().filter(|found| topics.contains(&found.name()) && found.error().is_none());
        Ok(requested.map(|found| (found.name().to_owned(), layout(found))).collect())
    }
}

impl TopicDescription {
    fn take_settings(&mut self, entries: Vec<ConfigEntry>) {
        for entry in entries.into_iter().filter(|entry| !entry.is_sensitive) {
            let value = entry.value.unwrap_or_default();
            if entry.source == ConfigSource::DynamicTopic {
                self.set_on_topic.insert(entry.name.clone(), value.clone());
            }
            self.config.insert(entry.name, value);
        }
    }
}

/// Checks that the topics are there with so many partitions. Blocks: not for an async worker thread.
///
/// # Errors
/// [`AdminError::Mismatch`] names every difference; [`AdminError::Unavailable`] when no broker answers.
pub fn check_topics(cluster: &ClusterConfig, expected: &[(&str, i32)]) -> Result<(), AdminError> {
    let names: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
    let found = Admin::new(cluster)?.layouts(&names)?;
    let difference = |(name, partitions): &(&str, i32)| match found.get(*name) {
        None => Some(format!("topic {name} is missing")),
        Some(topic) if topic.partitions != *partitions => {
            Some(format!("topic {name} has {} partitions and should have {partitions}", topic.partitions))
        }
        Some(_) => None,
    };
    let differences: Vec<String> = expected.iter().filter_map(difference).collect();
    if differences.is_empty() { Ok(()) } else { Err(AdminError::Mismatch(differences)) }
}

fn differences_of(topic: &str, wanted: &BTreeMap<String, String>, found: &BTreeMap<String, String>) -> Vec<String> {
    let missing = wanted.iter().filter(|(name, value)| found.get(*name) != Some(value));
    let missing = missing.map(|(name, value)| format!("{topic}: {name} is not {value}"));
    let extra = found.keys().filter(|name| !wanted.contains_key(*name));
    missing.chain(extra.map(|name| format!("{topic}: {name} was set by another client"))).collect()
}

pub(super) fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(TIMEOUT)).operation_timeout(Some(TIMEOUT))
}

fn unavailable(error: &KafkaError) -> AdminError {
    AdminError::Unavailable(error.to_string())
}

fn refused_or_unavailable(topic: &str, code: RDKafkaErrorCode) -> AdminError {
    use RDKafkaErrorCode as Code;
    match code {
        Code::RequestTimedOut | Code::OperationTimedOut | Code::NotController | Code::BrokerTransportFailure => {
            AdminError::Unavailable(format!("{topic}: {code}"))
        }
        _ => AdminError::Refused { topic: topic.to_owned(), reason: code.to_string() },
    }
}

/// Waits for the admin client's own thread, which wakes this one: no async runtime is needed.
pub(super) fn wait<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}

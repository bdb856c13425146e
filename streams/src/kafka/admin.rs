//! Topics as the cluster has them: describe, create, set. Nothing here deletes or shrinks anything.

use std::collections::BTreeMap;

use super::cluster::{ClusterConfig, ConfigError};

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

/// Why the cluster could not be asked or changed.
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

/// Asks and changes a cluster's topics. Blocks: not for an async worker thread.
#[derive(Debug)]
pub struct Admin(());

impl Admin {
    /// Makes a client; connects in the background.
    ///
    /// # Errors
    /// [`AdminError::Config`].
    pub fn new(_cluster: &ClusterConfig) -> Result<Self, AdminError> {
        Err(AdminError::Unavailable("the admin client is not built yet".to_owned()))
    }

    /// How many brokers the cluster has.
    ///
    /// # Errors
    /// [`AdminError::Unavailable`].
    pub fn broker_count(&self) -> Result<usize, AdminError> {
        Err(AdminError::Unavailable("the admin client is not built yet".to_owned()))
    }

    /// Those of the topics that exist.
    ///
    /// # Errors
    /// [`AdminError::Unavailable`].
    pub fn describe(&self, _topics: &[&str]) -> Result<BTreeMap<String, TopicDescription>, AdminError> {
        Err(AdminError::Unavailable("the admin client is not built yet".to_owned()))
    }

    /// Creates a topic; one that is there already is an error.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn create(&self, _topic: &TopicToCreate) -> Result<(), AdminError> {
        Err(AdminError::Unavailable("the admin client is not built yet".to_owned()))
    }

    /// Gives a topic more partitions. Fewer is an error, and so is as many.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn add_partitions(&self, _topic: &str, _partitions: i32) -> Result<(), AdminError> {
        Err(AdminError::Unavailable("the admin client is not built yet".to_owned()))
    }

    /// Makes these settings on a topic and leaves its others alone. Asks afterwards whether they are in force.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn set_config(&self, _topic: &str, _settings: &BTreeMap<String, String>) -> Result<(), AdminError> {
        Err(AdminError::Unavailable("the admin client is not built yet".to_owned()))
    }
}

/// Checks that the topics are there with so many partitions. Blocks: not for an async worker thread.
///
/// # Errors
/// [`AdminError::Mismatch`] names every difference; [`AdminError::Unavailable`] when no broker answers.
pub fn check_topics(cluster: &ClusterConfig, _expected: &[(&str, i32)]) -> Result<(), AdminError> {
    Admin::new(cluster).map(drop)
}

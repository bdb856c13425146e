//! Groups as the cluster knows them: their committed positions, their state and their members. Nothing here joins a group.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};

use super::super::cluster::{ClusterConfig, ConfigError};
use super::super::logging::Logging;
use super::super::{consumers, errors};
use super::ends::Name;
use crate::broker::BrokerError;

/// Asks for the committed positions of one group.
///
/// The client reads uncommitted, or the question would wait for as long as a transaction is moving the position: it gets the last
/// committed one.
pub struct GroupPositions {
    client: BaseConsumer<Logging>,
}

impl GroupPositions {
    /// Makes a client with the group's name that never subscribes.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn new(cluster: &ClusterConfig, group: &str) -> Result<Self, ConfigError> {
        let mut client = cluster.client()?;
        client.set("group.id", group).set("isolation.level", "read_uncommitted").set("enable.auto.commit", "false");
        consumers::learn_topics_soon(&mut client);
        Ok(Self { client: consumers::connect(&client, Logging)? })
    }

    /// The group's positions in those of these partitions in which it has committed one. Blocks.
    ///
    /// # Errors
    /// [`BrokerError::Unavailable`] when the group's coordinator does not answer in time, [`BrokerError::Fatal`] when it refuses.
    pub fn of(
        &self,
        partitions: &[(Arc<str>, i32)],
        timeout: Duration,
    ) -> Result<BTreeMap<(Arc<str>, i32), i64>, BrokerError> {
        consumers::in_parts(partitions, timeout, |question, timeout| self.client.committed_offsets(question, timeout))
    }
}

/// What a group is doing, as its coordinator says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum GroupState {
    /// It has members, and each knows its partitions.
    Stable,
    /// Partitions are being given out anew.
    Rebalancing,
    /// It has positions and no members.
    Empty,
    /// The coordinator knows nothing of it. Old questions get this answer for groups of the new protocol (KIP-848) too.
    Dead,
    /// Anything else.
    Unknown,
}

/// A member of a group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Its client id.
    pub client: String,
    /// The host that it connects from.
    pub host: String,
    /// Its partitions, as far as its protocol says them.
    pub assigned: BTreeSet<(Arc<str>, i32)>,
}

/// A group as its coordinator describes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupView {
    /// What it is doing.
    pub state: GroupState,
    /// Its members.
    pub members: Vec<Member>,
}

/// Asks for the cluster's groups.
pub struct Groups {
    client: BaseConsumer<Logging>,
}

impl Groups {
    /// Makes a client; it connects in the background.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn new(cluster: &ClusterConfig) -> Result<Self, ConfigError> {
        Ok(Self { client: consumers::connect(&cluster.client()?, Logging)? })
    }

    /// Every group of consumers that the cluster knows, by name. Blocks.
    ///
    /// # Errors
    /// [`BrokerError::Unavailable`] when the brokers do not answer in time.
    pub fn all(&self, timeout: Duration) -> Result<BTreeMap<String, GroupView>, BrokerError> {
        let list = self.client.fetch_group_list(None, timeout).map_err(|error| errors::of_query(&error))?;
        let consumers = list.groups().iter().filter(|group| matches!(group.protocol_type(), "consumer" | ""));
        let view = |group: &rdkafka::groups::GroupInfo| {
            let member = |member: &rdkafka::groups::GroupMemberInfo| Member {
                client: member.client_id().to_owned(),
                host: member.client_host().trim_start_matches('/').to_owned(),
                assigned: member.assignment().and_then(assignment).unwrap_or_default(),
            };
            GroupView { state: state(group.state()), members: group.members().iter().map(member).collect() }
        };
        Ok(consumers.map(|group| (group.name().to_owned(), view(group))).collect())
    }
}

/// The coordinator's word for a group's state.
fn state(word: &str) -> GroupState {
    match word {
        "Stable" => GroupState::Stable,
        "PreparingRebalance" | "CompletingRebalance" | "AwaitingSync" => GroupState::Rebalancing,
        "Empty" => GroupState::Empty,
        "Dead" => GroupState::Dead,
        _ => GroupState::Unknown,
    }
}

/// Reads the assignment of a member, `ConsumerProtocolAssignment` of Kafka: a version, then topics with their partitions. None if it is
/// anything else: members of other protocols write here what they like.
fn assignment(bytes: &[u8]) -> Option<BTreeSet<Name>> {
    let mut rest = Rest(bytes);
    rest.int16()?;
    let mut assigned = BTreeSet::new();
    for _ in 0..rest.int32()? {
        let length = usize::try_from(rest.int16()?).ok()?;
        let topic: Arc<str> = Arc::from(std::str::from_utf8(rest.take(length)?).ok()?);
        for _ in 0..rest.int32()? {
            assigned.insert((Arc::clone(&topic), rest.int32()?));
        }
    }
    Some(assigned)
}

/// Bytes that are still to be read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn int16(&mut self) -> Option<i16> {
        Some(i16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn int32(&mut self) -> Option<i32> {
        Some(i32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }
}

#[cfg(test)]
#[path = "groups_tests.rs"]
mod tests;

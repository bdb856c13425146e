//! What one look at the cluster saw. Plain values: whoever makes a snapshot of them asks nobody.

use std::collections::BTreeMap;
use std::sync::Arc;

use streams::kafka::{GroupState, Member, PartitionEnds};

use super::retention::Retention;

/// A partition's name: topic and number.
pub type Partition = (Arc<str>, i32);

/// A moment, by two clocks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Moment {
    /// The machine's clock, milliseconds since 1970: comparable with the times of records. It can be set back.
    pub wall_ms: i64,
    /// Milliseconds since the collector began, which only grow: for intervals.
    pub elapsed_ms: i64,
}

/// One look at the cluster. Positions were asked before ends: the other order makes negative lag.
#[derive(Clone, Debug, Default)]
pub struct Round {
    /// When the ends were asked.
    pub at: Moment,
    /// The offsets of every partition that a group has read, and of every topic that is watched.
    pub ends: BTreeMap<Partition, PartitionEnds>,
    /// What was seen of each group.
    pub groups: BTreeMap<String, GroupRound>,
    /// How long each topic keeps its records; a topic that is not here has not been asked for yet.
    pub retention: Arc<BTreeMap<Arc<str>, Retention>>,
}

/// One group in one look.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupRound {
    /// What it is doing.
    pub state: GroupState,
    /// Its members; none when the coordinator does not tell them.
    pub members: Option<Vec<Member>>,
    /// Where it stands, in the partitions where it has committed.
    pub positions: BTreeMap<Partition, i64>,
}

impl GroupRound {
    /// Who owns a partition.
    #[must_use]
    pub fn owner(&self, partition: &Partition) -> Option<&Member> {
        self.members.as_deref()?.iter().find(|member| member.assigned.contains(partition))
    }

    /// Whether every member has said which partitions it has.
    #[must_use]
    pub fn is_assignment_known(&self) -> bool {
        self.state == GroupState::Stable
            && self.members.as_deref().is_some_and(|members| members.iter().any(|member| !member.assigned.is_empty()))
    }

    /// Whether the group has left this topic: all its members are known, and none of them has a partition of it.
    #[must_use]
    pub fn has_left(&self, topic: &str) -> bool {
        self.is_assignment_known()
            && self
                .members
                .iter()
                .flatten()
                .all(|member| member.assigned.iter().all(|(assigned, _)| **assigned != *topic))
    }
}

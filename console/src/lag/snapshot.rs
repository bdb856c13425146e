//! What is known after a look: every number that metrics, the console and `timesale lag` show. Written as JSON as it stands.

use serde::Serialize;
use streams::kafka::GroupState;

/// Whether a partition is read as it should be; the worst of its partitions for a topic.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nothing waits, or what waits is being read.
    Ok,
    /// Nothing is known yet.
    Unknown,
    /// It reads, and its seconds have only grown for a minute.
    Slow,
    /// Its position went back within the last minute, or stands beyond the end of the log.
    Rewound,
    /// It has not moved for a minute while records wait, although other partitions of the group move and there are members.
    Stalled,
    /// It has not moved for a minute while records wait, and nothing of the group has.
    Stopped,
}

impl Status {
    /// Every status, best first.
    pub const ALL: [Self; 6] = [Self::Ok, Self::Unknown, Self::Slow, Self::Rewound, Self::Stalled, Self::Stopped];

    /// Its word in metrics, JSON and tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unknown => "unknown",
            Self::Slow => "slow",
            Self::Rewound => "rewound",
            Self::Stalled => "stalled",
            Self::Stopped => "stopped",
        }
    }
}

/// What a group is doing, as its coordinator says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It has members, and each knows its partitions.
    Stable,
    /// Partitions are being given out anew.
    Rebalancing,
    /// It has positions and no members.
    Empty,
    /// The coordinator knows nothing of it.
    Dead,
    /// The coordinator does not say: a group of the new protocol (KIP-848).
    Unknown,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Stable, Self::Rebalancing, Self::Empty, Self::Dead, Self::Unknown];

    /// Its word in metrics, JSON and tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Rebalancing => "rebalancing",
            Self::Empty => "empty",
            Self::Dead => "dead",
            Self::Unknown => "unknown",
        }
    }
}

impl From<GroupState> for State {
    fn from(state: GroupState) -> Self {
        match state {
            GroupState::Stable => Self::Stable,
            GroupState::Rebalancing => Self::Rebalancing,
            GroupState::Empty => Self::Empty,
            GroupState::Dead => Self::Dead,
            GroupState::Unknown => Self::Unknown,
        }
    }
}

/// Where seconds come from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Nothing waits.
    Nothing,
    /// The time of the first record that waits, which was read.
    Record,
    /// When the stable end passed the position, as looks a second apart saw it.
    Samples,
}

/// Everything that is known after a look.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Snapshot {
    /// When it was made, milliseconds since 1970.
    pub at_ms: i64,
    /// Groups, by name.
    pub groups: Vec<GroupLag>,
    /// Partitions that are read by a group or watched, by name.
    pub partitions: Vec<Pending>,
}

/// A group.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct GroupLag {
    /// Its name.
    pub group: String,
    /// What it is doing.
    pub state: State,
    /// How many members it has; none when the coordinator does not tell them.
    pub members: Option<usize>,
    /// What it reads.
    pub topics: Vec<TopicLag>,
}

/// A group in a topic.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct TopicLag {
    /// The topic.
    pub topic: String,
    /// The worst of its partitions.
    pub status: Status,
    /// Records that wait, in all partitions.
    pub records: i64,
    /// How far the partition that is furthest behind is behind, seconds; none when it is not known yet.
    pub seconds: Option<f64>,
    /// Seconds of lag gained a second, over the last minute.
    pub trend: Option<f64>,
    /// In how many seconds it has caught up, if it goes on like this; none unless it catches up.
    pub catch_up_seconds: Option<f64>,
    /// How far behind it may be, seconds, as `topics.yaml` says.
    pub slo_seconds: Option<u32>,
    /// Committed records written to the topic a second, over the last minute.
    pub written_per_second: Option<f64>,
    /// Records read by the group a second, over the last minute.
    pub read_per_second: Option<f64>,
    /// Partitions in which the group has never committed a position: they have no lag.
    pub without_commit: usize,
    /// Partitions that no member of the group owns; none unless the group is stable and its members' partitions are known.
    pub unassigned: Option<usize>,
    /// How often a position was seen to go back since the collector began.
    pub rewinds: u64,
    /// When a position was last seen to move, milliseconds since 1970.
    pub moved_ms: Option<i64>,
    /// The seconds of the last minute, oldest first.
    pub last_minute: Vec<f64>,
    /// Its partitions, those with a committed position.
    pub partitions: Vec<PartitionLag>,
}

/// A group in a partition.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PartitionLag {
    /// The partition.
    pub partition: i32,
    /// Whether it is read as it should be.
    pub status: Status,
    /// The next offset that the group will read.
    pub position: i64,
    /// Records that wait.
    pub records: i64,
    /// How far behind, seconds; none when it is not known yet.
    pub seconds: Option<f64>,
    /// Where the seconds come from.
    pub source: Option<Source>,
    /// Records that were deleted before they were read.
    pub lost: i64,
    /// The share of what the topic keeps that the group is behind, 0 to 1.
    pub retention_ratio: f64,
    /// The topic is compacted: the records are an upper bound, the seconds are exact.
    pub is_inflated: bool,
    /// When the position was last seen to move, milliseconds since 1970.
    pub moved_ms: Option<i64>,
    /// Who reads it.
    pub owner: Option<Owner>,
}

/// Who owns a partition.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Owner {
    /// The member's client id.
    pub client: String,
    /// The host that it connects from.
    pub host: String,
}

/// A partition and its open transactions.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Pending {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The first offset that the log still has.
    pub first: i64,
    /// The last stable offset.
    pub stable: i64,
    /// The offset after the last record.
    pub end: i64,
    /// Since when the stable end stands while records of open transactions lie behind it, seconds; 0 when there are none.
    pub pending_seconds: f64,
}

impl Pending {
    /// Records of open transactions.
    #[must_use]
    pub fn records(&self) -> i64 {
        self.end - self.stable
    }
}

impl GroupLag {
    /// Records that wait, in all topics.
    #[must_use]
    pub fn records(&self) -> i64 {
        self.topics.iter().map(|topic| topic.records).sum()
    }

    /// How far the topic that is furthest behind is behind, seconds; none when no topic's are known.
    #[must_use]
    pub fn seconds(&self) -> Option<f64> {
        self.topics.iter().filter_map(|topic| topic.seconds).reduce(f64::max)
    }

    /// The records of the partition with most of them.
    #[must_use]
    pub fn most_records(&self) -> i64 {
        self.topics.iter().flat_map(|topic| &topic.partitions).map(|partition| partition.records).max().unwrap_or(0)
    }
}

impl TopicLag {
    /// Whether it is within what `topics.yaml` allows; none when nothing is allowed or nothing is known.
    #[must_use]
    pub fn is_within_slo(&self) -> Option<bool> {
        Some(self.seconds? <= f64::from(self.slo_seconds?))
    }
}

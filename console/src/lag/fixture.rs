//! Snapshots for tests.

use super::snapshot::{GroupLag, Owner, PartitionLag, Pending, Snapshot, Source, State, Status, TopicLag};

/// A group that is behind in a topic of one partition.
pub(super) fn behind(group: &str, topic: &str, status: Status, records: i64, seconds: f64) -> GroupLag {
    let lag = PartitionLag {
        partition: 0,
        status,
        position: 100 - records,
        records,
        seconds: Some(seconds),
        source: Some(Source::Record),
        lost: 0,
        retention_ratio: 0.25,
        is_inflated: false,
        moved_ms: Some(60_000),
        owner: Some(Owner { client: "reader".into(), host: "10.0.0.7".into() }),
    };
    let topic = TopicLag {
        topic: topic.into(),
        status,
        records,
        seconds: Some(seconds),
        trend: Some(-0.5),
        catch_up_seconds: Some(seconds * 2.0),
        slo_seconds: Some(2),
        written_per_second: Some(10.0),
        read_per_second: Some(12.0),
        without_commit: 0,
        unassigned: Some(0),
        rewinds: 0,
        moved_ms: Some(60_000),
        last_minute: vec![0.0, seconds],
        partitions: vec![lag],
    };
    GroupLag { group: group.into(), state: State::Stable, members: Some(1), topics: vec![topic] }
}

pub(crate) fn snapshot() -> Snapshot {
    let pending =
        Pending { topic: "facts".into(), partition: 0, first: 0, stable: 100, end: 103, pending_seconds: 7.0 };
    let groups = vec![behind("a", "facts", Status::Ok, 5, 3.4), behind("b", "facts", Status::Stopped, 2, 200.0)];
    Snapshot { at_ms: 70_000, groups, partitions: vec![pending] }
}

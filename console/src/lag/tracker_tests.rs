//! What snapshots say of each edge case, without a broker. `journeys` holds the same cases against a real one.

use std::collections::BTreeMap;
use std::sync::Arc;

use streams::kafka::{FirstRecord, GroupState, Member, PartitionEnds, Place};

use super::super::retention::Retention;
use super::super::round::{GroupRound, Moment, Partition, Round};
use super::super::snapshot::{Snapshot, Source, State, Status, TopicLag};
use super::Tracker;

const GROUP: &str = "readers";

/// A log of one partition, as the tests tell it: offsets that hold readable records, with their times.
struct Situation {
    tracker: Tracker,
    elapsed_ms: i64,
    round: Round,
    /// Readable records: offset and time.
    records: Vec<(i64, i64)>,
    is_reading: bool,
}

/// The wall clock when a test begins, milliseconds.
const BEGAN: i64 = 1_000_000_000;

fn part(topic: &str) -> Partition {
    (Arc::from(topic), 0)
}

impl Situation {
    fn new() -> Self {
        let slos = BTreeMap::from([((Arc::from(GROUP), Arc::from("facts")), 5)]);
        let (round, records) = (Round::default(), Vec::new());
        Self { tracker: Tracker::new(slos), elapsed_ms: 0, round, records, is_reading: true }
    }

    fn ends(mut self, topic: &str, first: i64, stable: i64, end: i64) -> Self {
        self.round.ends.insert(part(topic), PartitionEnds { first, stable, end });
        self
    }

    fn position(mut self, topic: &str, position: i64) -> Self {
        self.group().positions.insert(part(topic), position);
        self
    }

    fn group(&mut self) -> &mut GroupRound {
        let empty = GroupRound { state: GroupState::Empty, members: Some(Vec::new()), positions: BTreeMap::new() };
        self.round.groups.entry(GROUP.to_owned()).or_insert(empty)
    }

    fn member(mut self, topics: &[&str]) -> Self {
        let assigned = topics.iter().map(|topic| part(topic)).collect();
        let member = Member { client: "reader-1".into(), host: "10.0.0.7".into(), assigned };
        let group = self.group();
        group.state = GroupState::Stable;
        group.members.get_or_insert_default().push(member);
        self
    }

    /// Readable records at these offsets, so many seconds before the test began.
    fn records(mut self, offsets: std::ops::Range<i64>, seconds_ago: i64) -> Self {
        self.records.extend(offsets.map(|offset| (offset, BEGAN - seconds_ago * 1_000)));
        self
    }

    fn retention(mut self, retention: Retention) -> Self {
        self.round.retention = Arc::new(BTreeMap::from([(Arc::from("facts"), retention)]));
        self
    }

    /// One look, a second after the last.
    fn look(&mut self) -> Snapshot {
        self.round.at = Moment { wall_ms: BEGAN + self.elapsed_ms, elapsed_ms: self.elapsed_ms };
        let places = self.tracker.places(&self.round, 64);
        let answer = |place: &Place| {
            let stable = self.round.ends[&(Arc::clone(&place.topic), place.partition)].stable;
            let found = self.records.iter().find(|(offset, _)| (place.position..stable).contains(offset));
            found.map_or(FirstRecord::None, |(offset, timestamp)| FirstRecord::Record {
                offset: *offset,
                timestamp: *timestamp,
            })
        };
        let answers = places.iter().filter(|_| self.is_reading).map(|place| (place.clone(), answer(place))).collect();
        let snapshot = self.tracker.take(&self.round, &answers);
        self.elapsed_ms += 1_000;
        snapshot
    }

    fn lag(&mut self) -> TopicLag {
        self.look().groups[0].topics.iter().find(|topic| topic.topic == "facts").cloned().expect("the topic is shown")
    }
}

#[test]
fn a_marker_at_the_end_is_no_lag() {
    let lag = Situation::new().ends("facts", 0, 11, 11).position("facts", 10).records(0..10, 60).lag();
    assert_eq!((lag.records, lag.seconds, lag.status), (0, Some(0.0), Status::Ok));
}

#[test]
fn what_waits_grows_older_without_a_producer() {
    let mut situation = Situation::new().ends("facts", 0, 150, 150).position("facts", 100).records(0..150, 180);
    for second in 0..120 {
        let lag = situation.lag();
        assert_eq!((lag.records, lag.seconds), (50, Some(180.0 + f64::from(second))));
        assert_eq!(lag.partitions[0].source, Some(Source::Record));
        if second > 2 {
            assert!((lag.trend.unwrap() - 1.0).abs() < 1e-6);
            assert_eq!(lag.catch_up_seconds, None);
        }
        assert_eq!(lag.status, if second < 60 { Status::Ok } else { Status::Stopped }, "{second}");
    }
}

#[test]
fn whoever_has_committed_nothing_has_no_lag_and_is_counted() {
    let lag = Situation::new().ends("facts", 0, 10, 10).member(&["facts"]).lag();
    assert_eq!((lag.partitions.len(), lag.without_commit, lag.records, lag.seconds), (0, 1, 0, None));
    assert_eq!((lag.unassigned, lag.status), (Some(0), Status::Unknown));
    let lag = Situation::new().ends("facts", 7, 7, 7).member(&["facts"]).lag();
    assert_eq!((lag.without_commit, lag.status), (1, Status::Ok), "there is nothing to read");
}

#[test]
fn what_was_deleted_unread_is_lost_and_no_lag() {
    let lag = Situation::new().ends("facts", 60, 100, 100).position("facts", 10).records(60..100, 30).lag();
    assert_eq!((lag.records, lag.seconds, lag.partitions[0].lost), (40, Some(30.0), 50));
}

#[test]
fn a_position_beyond_the_end_is_no_lag_and_shown() {
    let mut situation = Situation::new().ends("facts", 0, 100, 100).position("facts", 500).records(0..100, 30);
    let lag = situation.lag();
    assert_eq!((lag.records, lag.seconds, lag.status), (0, Some(0.0), Status::Rewound));
    assert_eq!(situation.tracker.counted().beyond_end, 1);
    let mut situation = situation.position("facts", 100);
    assert_eq!(situation.lag().rewinds, 1);
}

#[test]
fn a_topic_that_the_group_has_left_is_not_shown() {
    let mut situation = Situation::new().ends("facts", 0, 50, 50).ends("other", 0, 9, 9);
    situation = situation.position("facts", 0).position("other", 9).member(&["other"]);
    let shown: Vec<String> = situation.look().groups[0].topics.iter().map(|topic| topic.topic.clone()).collect();
    assert_eq!(shown, ["other"]);
    let mut left = Situation::new().ends("facts", 0, 50, 50).position("facts", 0).records(0..50, 9);
    assert_eq!(left.lag().records, 50, "a group without members may come back to it");
}

#[test]
fn open_transactions_are_pending_and_no_lag() {
    let mut situation = Situation::new().ends("facts", 0, 60, 100).position("facts", 60).records(0..60, 30);
    assert_eq!(situation.lag().records, 0);
    let snapshot = situation.look();
    assert_eq!((snapshot.partitions[0].records(), snapshot.partitions[0].pending_seconds), (40, 1.0));
    let mut situation = situation.ends("facts", 0, 80, 120);
    assert_eq!(situation.look().partitions[0].pending_seconds, 0.0, "the end moves: these are other transactions");
    let mut situation = situation.ends("facts", 0, 120, 120);
    assert_eq!(situation.look().partitions[0].records(), 0);
}

#[test]
fn aborted_records_at_the_end_are_no_lag() {
    let mut situation = Situation::new().ends("facts", 0, 101, 101).position("facts", 60).records(0..60, 30);
    assert_eq!((situation.lag().records, situation.lag().seconds), (0, Some(0.0)));
    let mut situation = situation.ends("facts", 0, 111, 111).records(105..111, -2);
    let lag = situation.lag();
    assert_eq!((lag.records, lag.seconds), (51, Some(0.0)), "the offsets between count with the records that came");
}

#[test]
fn compaction_makes_records_an_upper_bound() {
    let compacted = Retention { is_compacted: true, ..Retention::default() };
    let mut situation = Situation::new().ends("facts", 0, 1_011, 1_011).position("facts", 0).retention(compacted);
    situation = situation.records(1_000..1_011, 45);
    let lag = situation.lag();
    assert_eq!((lag.records, lag.seconds, lag.partitions[0].is_inflated), (1_011, Some(45.0), true));
}

#[test]
fn a_burst_after_silence_is_as_old_as_the_burst() {
    let mut situation = Situation::new().ends("facts", 0, 10, 10).position("facts", 10).records(0..10, 900);
    assert_eq!(situation.lag().records, 0);
    let mut situation = situation.ends("facts", 0, 1_010, 1_010).records(10..1_010, 0);
    let lag = situation.lag();
    assert_eq!((lag.records, lag.seconds), (1_000, Some(1.0)));
}

#[test]
fn before_a_record_is_read_looks_say_how_old_it_may_be() {
    let mut situation = Situation::new().ends("facts", 0, 10, 10).position("facts", 10).records(0..1_010, 0);
    situation.is_reading = false;
    situation.lag();
    let mut situation = situation.ends("facts", 0, 1_010, 1_010);
    let lag = situation.lag();
    assert_eq!((lag.records, lag.seconds, lag.partitions[0].source), (1_000, Some(1.0), Some(Source::Samples)));
    let mut unseen = Situation::new().ends("facts", 0, 10, 10).position("facts", 3);
    unseen.is_reading = false;
    assert_eq!(unseen.lag().seconds, None, "nothing is known, so nothing is said");
}

#[test]
fn a_group_of_the_new_protocol_is_shown_without_members() {
    let mut situation = Situation::new().ends("facts", 0, 10, 10).position("facts", 5).records(0..10, 12);
    let group = situation.group();
    (group.state, group.members) = (GroupState::Unknown, None);
    let snapshot = situation.look();
    let group = &snapshot.groups[0];
    assert_eq!((group.state, group.members), (State::Unknown, None));
    assert_eq!((group.topics[0].records, group.topics[0].seconds, group.topics[0].unassigned), (5, Some(12.0), None));
}

#[test]
fn a_clock_that_is_set_back_makes_nobody_younger() {
    let mut situation = Situation::new().ends("facts", 0, 10, 10).position("facts", 5).records(0..10, 12);
    situation.lag();
    situation.round.at = Moment { wall_ms: BEGAN - 3_600_000, elapsed_ms: 4_000 };
    let snapshot = situation.tracker.take(&situation.round.clone(), &BTreeMap::new());
    assert_eq!(snapshot.groups[0].topics[0].seconds, Some(16.0));
}

#[test]
fn a_partition_that_is_gone_and_comes_back_begins_anew() {
    let mut situation = Situation::new().ends("facts", 0, 100, 100).position("facts", 100);
    situation.lag();
    situation.round.ends.clear();
    assert!(situation.look().groups[0].topics.is_empty(), "a deleted topic is not shown");
    let mut situation = situation.ends("facts", 0, 3, 3);
    assert_eq!((situation.lag().records, situation.lag().status), (0, Status::Rewound));
    let mut situation = situation.position("facts", 3);
    assert_eq!(situation.lag().records, 0);
}

#[test]
fn an_slo_is_held_or_not() {
    let mut situation = Situation::new().ends("facts", 0, 10, 10).position("facts", 5).records(0..10, 4);
    assert_eq!((situation.lag().slo_seconds, situation.lag().is_within_slo()), (Some(5), Some(true)));
    situation.look();
    assert_eq!(situation.lag().is_within_slo(), Some(false));
}

#[test]
fn two_groups_in_one_partition_are_read_at_both_places() {
    let mut situation = Situation::new().ends("facts", 0, 10, 10).position("facts", 5).records(0..10, 4);
    let other = GroupRound { positions: BTreeMap::from([(part("facts"), 7)]), ..situation.group().clone() };
    situation.round.groups.insert("others".into(), other);
    situation.round.at = Moment { wall_ms: BEGAN, elapsed_ms: 0 };
    let places = situation.tracker.places(&situation.round, 64);
    assert_eq!(places.iter().map(|place| place.position).collect::<Vec<_>>(), [5, 7], "longest lag first");
    assert_eq!(situation.tracker.places(&situation.round, 1).len(), 1);
}

#[test]
fn ten_thousand_partitions_are_shown_and_cost_no_more_reads_than_one() {
    let mut situation = Situation::new().records(0..10, 12);
    for number in 0..10_000 {
        let partition: Partition = (Arc::from("facts"), number);
        situation.round.ends.insert(partition.clone(), PartitionEnds { first: 0, stable: 10, end: 10 });
        situation.group().positions.insert(partition, i64::from(number % 10));
    }
    let assigned = situation.round.ends.keys().cloned().collect();
    let member = Member { client: "reader-1".into(), host: "10.0.0.7".into(), assigned };
    *situation.group() =
        GroupRound { state: GroupState::Stable, members: Some(vec![member]), ..situation.group().clone() };
    situation.round.at = Moment { wall_ms: BEGAN, elapsed_ms: 0 };
    assert_eq!(situation.tracker.places(&situation.round, 64).len(), 64);
    let lag = situation.lag();
    assert_eq!((lag.partitions.len(), lag.records, lag.unassigned), (10_000, 55_000, Some(0)));
    let known = |lag: &TopicLag| lag.partitions.iter().filter(|lag| lag.source == Some(Source::Record)).count();
    assert_eq!(known(&lag), 64, "the others are known by samples until it is their turn");
    for _ in 0..10_000 / 64 {
        situation.look();
    }
    assert_eq!(known(&situation.lag()), 10_000);
    situation.round = Round::default();
    for _ in 0..62 {
        situation.look();
    }
    let Tracker { ends, positions, trends, reads, pending_since_ms, .. } = &situation.tracker;
    let left = (ends.len(), positions.len(), trends.len(), reads.len(), pending_since_ms.len());
    assert_eq!(left, (0, 0, 0, 0, 0), "nothing is left of a topic that is gone");
}

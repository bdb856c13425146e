//! Makes snapshots of looks. Pure: it is told what was seen and when, asks nobody and reads no clock.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use streams::kafka::{FirstRecord, PartitionEnds, Place};

use super::ends_history::EndsHistory;
use super::position_history::{Look, Others, PositionHistory};
use super::reads::{Known, Reads};
use super::round::{GroupRound, Moment, Partition, Round};
use super::snapshot::{GroupLag, Owner, PartitionLag, Pending, Snapshot, Source, Status, TopicLag};
use super::trend::{self, Trend, WINDOW_MS};

/// A group and a topic that it reads.
type Reader = (Arc<str>, Arc<str>);

/// Remembers what snapshots need of earlier looks: at most ten minutes of ends, one minute of positions.
#[derive(Debug, Default)]
pub struct Tracker {
    /// How far behind a group may be in a topic, seconds.
    slos: BTreeMap<Reader, u32>,
    ends: BTreeMap<Partition, EndsHistory>,
    /// Since when records of open transactions lie behind a stable end that stands.
    pending_since_ms: BTreeMap<Partition, (i64, i64)>,
    reads: Reads,
    positions: BTreeMap<(Arc<str>, Partition), PositionHistory>,
    trends: BTreeMap<Reader, Trend>,
    rewinds: BTreeMap<Reader, u64>,
    counted: Counted,
}

/// What a tracker has counted since it began.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counted {
    /// Seconds that came from a record's time.
    pub by_record: u64,
    /// Seconds that came from looks at the stable end.
    pub by_samples: u64,
    /// Records dated in the future: their age was taken as 0.
    pub in_future: u64,
    /// Positions beyond the end of their log: their lag was taken as 0.
    pub beyond_end: u64,
}

impl Tracker {
    /// A tracker that has seen nothing, and knows how far behind a group may be in a topic.
    #[must_use]
    pub fn new(slos: BTreeMap<(Arc<str>, Arc<str>), u32>) -> Self {
        Self { slos, ..Self::default() }
    }

    /// What it has counted.
    #[must_use]
    pub const fn counted(&self) -> Counted {
        self.counted
    }

    /// The places whose first record must be read to know this round's seconds, longest lag first, at most `most`. The round's ends were
    /// asked before the places are read.
    #[must_use]
    pub fn places(&mut self, round: &Round, most: usize) -> Vec<Place> {
        let mut wanted: BTreeMap<Place, (i64, i64)> = BTreeMap::new();
        for (partition, position) in round.groups.values().flat_map(|group| &group.positions) {
            let Some(ends) = round.ends.get(partition) else {
                continue;
            };
            let start = start_of(*position, *ends);
            if let Known::Ask(position) = self.reads.of(partition, start, ends.stable, round.at) {
                let place = Place { topic: Arc::clone(&partition.0), partition: partition.1, position };
                wanted.insert(place, (ends.stable - start, ends.stable));
            }
        }
        let mut wanted: Vec<_> = wanted.into_iter().collect();
        wanted.sort_by_key(|(_, (lag, _))| std::cmp::Reverse(*lag));
        wanted.truncate(most);
        wanted.iter().for_each(|(place, (_, stable))| self.reads.ask(place, *stable));
        wanted.into_iter().map(|(place, _)| place).collect()
    }

    /// Takes a round, and what was read for it.
    pub fn take(&mut self, round: &Round, answers: &BTreeMap<Place, FirstRecord>) -> Snapshot {
        self.counted.in_future += self.reads.take(answers, round.at);
        let partitions =
            round.ends.iter().map(|(partition, ends)| self.take_ends(partition, *ends, round.at)).collect();
        let groups =
            round.groups.iter().map(|(group, seen)| self.take_group(&Arc::from(group.as_str()), seen, round)).collect();
        self.forget(round);
        Snapshot { at_ms: round.at.wall_ms, groups, partitions }
    }

    #[expect(clippy::cast_precision_loss, reason = "seconds")]
    fn take_ends(&mut self, partition: &Partition, ends: PartitionEnds, at: Moment) -> Pending {
        self.ends.entry(partition.clone()).or_default().take(at.elapsed_ms, ends.stable);
        let pending_seconds = if ends.end > ends.stable {
            let since = self.pending_since_ms.entry(partition.clone()).or_insert((ends.stable, at.elapsed_ms));
            if since.0 != ends.stable {
                *since = (ends.stable, at.elapsed_ms);
            }
            (at.elapsed_ms - since.1) as f64 / 1_000.0
        } else {
            self.pending_since_ms.remove(partition);
            0.0
        };
        let PartitionEnds { first, stable, end } = ends;
        Pending { topic: partition.0.to_string(), partition: partition.1, first, stable, end, pending_seconds }
    }

    fn take_group(&mut self, group: &Arc<str>, seen: &GroupRound, round: &Round) -> GroupLag {
        let watched = self.slos.keys().filter(|(reader, _)| reader == group).map(|(_, topic)| topic);
        let assigned = seen.members.iter().flatten().flat_map(|member| &member.assigned).map(|(topic, _)| topic);
        let committed = seen.positions.keys().map(|(topic, _)| topic);
        let topics: BTreeSet<Arc<str>> = watched.chain(assigned).chain(committed).map(Arc::clone).collect();
        let topics = topics.into_iter().filter(|topic| !seen.has_left(topic));
        let mut topics: Vec<TopicLag> =
            topics.filter_map(|topic| self.take_topic(group, &topic, seen, round)).collect();

        let moved = self.moved_lately(group, round.at.elapsed_ms);
        let has_members = seen.members.as_ref().is_none_or(|members| !members.is_empty());
        for topic in &mut topics {
            let name: Arc<str> = Arc::from(topic.topic.as_str());
            for lag in &mut topic.partitions {
                let partition = (Arc::clone(&name), lag.partition);
                let others = Others { moved: moved.iter().any(|other| *other != partition), has_members };
                let is_beyond_end = round.ends.get(&partition).is_some_and(|ends| lag.position > ends.end);
                let history = self.positions.get(&(Arc::clone(group), partition));
                lag.status = history.map_or(Status::Unknown, |history| history.status(is_beyond_end, others));
            }
            topic.status = topic.partitions.iter().map(|lag| lag.status).max().unwrap_or(topic.status);
        }
        GroupLag {
            group: group.to_string(),
            state: seen.state.into(),
            members: seen.members.as_ref().map(Vec::len),
            topics,
        }
    }

    /// The partitions in which the group was seen to move within the last minute.
    fn moved_lately(&self, group: &Arc<str>, now_ms: i64) -> BTreeSet<Partition> {
        let of_group = self.positions.range((Arc::clone(group), (Arc::from(""), i32::MIN))..);
        let of_group = of_group.take_while(|((name, _), _)| name == group);
        of_group
            .filter(|(_, history)| history.has_moved_lately(now_ms))
            .map(|((_, partition), _)| partition.clone())
            .collect()
    }

    /// A group in a topic; none when the topic is not there.
    fn take_topic(&mut self, group: &Arc<str>, topic: &Arc<str>, seen: &GroupRound, round: &Round) -> Option<TopicLag> {
        let of_topic = (Arc::clone(topic), i32::MIN)..=(Arc::clone(topic), i32::MAX);
        let ends: Vec<(Partition, PartitionEnds)> =
            round.ends.range(of_topic).map(|(partition, ends)| (partition.clone(), *ends)).collect();
        if ends.is_empty() {
            return None;
        }
        let reader = (Arc::clone(group), Arc::clone(topic));
        let (mut partitions, mut without_commit, mut rates) = (Vec::new(), 0, None);
        for (partition, ends) in &ends {
            let Some(position) = seen.positions.get(partition).copied() else {
                without_commit += 1;
                continue;
            };
            let lag = self.take_partition(&reader, partition, position, *ends, seen, round);
            let history = self.positions.get(&(Arc::clone(group), partition.clone()));
            if let Some((written, read)) = history.and_then(PositionHistory::rates) {
                let (all_written, all_read) = rates.unwrap_or((0.0, 0.0));
                rates = Some((all_written + written, all_read + read));
            }
            partitions.push(lag);
        }
        let seconds = partitions.iter().filter_map(|lag| lag.seconds).reduce(f64::max);
        let trend = self.trends.entry(reader.clone()).or_default();
        if let Some(seconds) = seconds {
            trend.take(round.at.elapsed_ms, seconds);
        }
        let slope = trend.slope().filter(|_| seconds.is_some());
        let unassigned = seen
            .is_assignment_known()
            .then(|| ends.iter().filter(|(partition, _)| seen.owner(partition).is_none()).count());
        Some(TopicLag {
            topic: topic.to_string(),
            // Whoever has committed nothing is well where there is nothing to read.
            status: if ends.iter().all(|(_, ends)| ends.stable <= ends.first) { Status::Ok } else { Status::Unknown },
            records: partitions.iter().map(|lag| lag.records).sum(),
            seconds,
            trend: slope,
            catch_up_seconds: seconds.and_then(|seconds| trend::catch_up(seconds, slope)),
            slo_seconds: self.slos.get(&reader).copied().filter(|seconds| *seconds > 0),
            written_per_second: rates.map(|(written, _)| written),
            read_per_second: rates.map(|(_, read)| read),
            without_commit,
            unassigned,
            rewinds: self.rewinds.get(&reader).copied().unwrap_or(0),
            moved_ms: partitions.iter().filter_map(|lag| lag.moved_ms).max(),
            last_minute: trend.seconds().collect(),
            partitions,
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "seconds")]
    fn take_partition(
        &mut self,
        reader: &Reader,
        partition: &Partition,
        position: i64,
        ends: PartitionEnds,
        seen: &GroupRound,
        round: &Round,
    ) -> PartitionLag {
        let start = start_of(position, ends);
        let waiting = (ends.stable - start).max(0);
        let (records, age_ms, source) = match self.reads.of(partition, start, ends.stable, round.at) {
            Known::Nothing => (0, Some(0), Some(Source::Nothing)),
            Known::Age(age_ms) => (waiting, Some(age_ms), Some(Source::Record)),
            Known::Ask(_) | Known::Refused => {
                let passed = self.ends.get(partition).and_then(|history| history.passed_ms(start));
                (waiting, passed.map(|passed| round.at.elapsed_ms - passed), passed.map(|_| Source::Samples))
            }
        };
        let seconds = age_ms.map(|age_ms| age_ms as f64 / 1_000.0);
        match source {
            Some(Source::Record) => self.counted.by_record += 1,
            Some(Source::Samples) => self.counted.by_samples += 1,
            _ => {}
        }
        self.counted.beyond_end += u64::from(position > ends.end);
        let history = self.positions.entry((Arc::clone(&reader.0), partition.clone())).or_default();
        let look = Look { elapsed_ms: round.at.elapsed_ms, position, stable: ends.stable, records, seconds };
        if history.take(round.at, look) {
            *self.rewinds.entry(reader.clone()).or_default() += 1;
        }
        let retention = round.retention.get(&partition.0).copied().unwrap_or_default();
        let owner = seen.owner(partition);
        PartitionLag {
            partition: partition.1,
            status: Status::Unknown,
            position,
            records,
            seconds,
            source,
            lost: (ends.first - position).max(0),
            retention_ratio: retention.share(seconds.filter(|_| records > 0), records, ends.stable - ends.first),
            is_inflated: retention.is_compacted && records > 0,
            moved_ms: history.moved().map(|moved| moved.wall_ms),
            owner: owner.map(|member| Owner { client: member.client.clone(), host: member.host.clone() }),
        }
    }

    /// Forgets what no later snapshot needs.
    fn forget(&mut self, round: &Round) {
        let mut starts: BTreeMap<Partition, BTreeSet<i64>> = BTreeMap::new();
        for (partition, position) in round.groups.values().flat_map(|group| &group.positions) {
            if let Some(ends) = round.ends.get(partition) {
                starts.entry(partition.clone()).or_default().insert(start_of(*position, *ends));
            }
        }
        self.reads.keep(&starts);
        self.ends.retain(|partition, _| round.ends.contains_key(partition));
        self.pending_since_ms.retain(|partition, _| round.ends.contains_key(partition));
        // A group that was not seen this time may be seen the next.
        let oldest = round.at.elapsed_ms - WINDOW_MS;
        self.positions.retain(|_, history| history.seen_ms().is_some_and(|seen| seen >= oldest));
        self.trends.retain(|_, trend| trend.seen_ms().is_some_and(|seen| seen >= oldest));
    }
}

/// Where a group that stands at this position reads next: not before the log begins.
fn start_of(position: i64, ends: PartitionEnds) -> i64 {
    position.max(ends.first)
}

#[cfg(test)]
#[path = "tracker_tests.rs"]
mod tests;

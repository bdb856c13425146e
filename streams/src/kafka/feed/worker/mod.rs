//! The thread of a feed: polls, gathers batches, obeys, waits for brokers and for its reader.

mod trouble;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rdkafka::Message;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::Offset;
use tokio::sync::mpsc as events;
use tokio::sync::mpsc::error::TrySendError;

use self::trouble::{connect, fatal};
use super::lane::{Announced, Goal, Lane, Stage};
use super::{FeedConfig, FeedError};
use crate::feed::{FeedEvent, Start};
use crate::kafka::cluster::{ClusterConfig, ConfigError};
use crate::kafka::membership::{GroupChange, Member};
use crate::kafka::{consumers, errors, records};

/// How long a poll waits for news; also how long a command may go unheard.
const WAIT: Duration = Duration::from_millis(10);
/// How long a question about a partition's ends may take: the group must be heard in between.
const QUESTION: Duration = Duration::from_secs(1);
/// A reader that has taken nothing for this long is slow: fetching stops until it has caught up.
const SLOW: Duration = Duration::from_secs(1);
/// How often positions are told to the group.
const TELL: Duration = Duration::from_millis(500);

/// Where a feed's partitions come from.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// From a group, which gives and takes.
    Group { group: String, identity: String },
    /// They were named.
    Partitions,
}

/// What the reader wants.
#[derive(Clone, Copy, Debug)]
pub(super) enum Command {
    Begin { partition: i32, start: Start, assignment: u64 },
    Commit { partition: i32, next_offset: i64 },
}

pub(super) struct Worker {
    cluster: ClusterConfig,
    config: FeedConfig,
    origin: Origin,
    topic: Arc<str>,
    consumer: Member,
    lanes: BTreeMap<i32, Lane>,
    /// How often each partition has been assigned.
    assignments: BTreeMap<i32, u64>,
    events: events::Sender<Result<FeedEvent, FeedError>>,
    commands: mpsc::Receiver<Command>,
    /// What the reader has not been handed yet.
    outbox: VecDeque<FeedEvent>,
    blocked_since: Option<Instant>,
    held: bool,
    untold: BTreeMap<i32, i64>,
    told: Instant,
}

impl Worker {
    pub(super) fn new(
        cluster: &ClusterConfig,
        topic: &str,
        origin: Origin,
        lanes: BTreeMap<i32, Lane>,
        config: FeedConfig,
        events: events::Sender<Result<FeedEvent, FeedError>>,
        commands: mpsc::Receiver<Command>,
    ) -> Result<Self, ConfigError> {
        let consumer = connect(cluster, topic, &origin, &config)?;
        Ok(Self {
            cluster: cluster.clone(),
            config,
            origin,
            topic: Arc::from(topic),
            consumer,
            lanes,
            assignments: BTreeMap::new(),
            events,
            commands,
            outbox: VecDeque::new(),
            blocked_since: None,
            held: false,
            untold: BTreeMap::new(),
            told: Instant::now(),
        })
    }

    /// Works until the reader is gone or going on would be wrong.
    pub(super) fn run(mut self) {
        while !self.events.is_closed() {
            if let Err(error) = self.turn() {
                self.outbox.clear();
                // The reader may be slow; it is told all the same. A reader that is gone need not know.
                drop(self.events.blocking_send(Err(error)));
                break;
            }
        }
        // The reader may have told its last positions a moment ago.
        self.obey();
        self.tell_group_by(CommitMode::Sync);
    }

    fn turn(&mut self) -> Result<(), FeedError> {
        self.obey();
        if self.told.elapsed() >= TELL {
            self.tell_group();
        }
        if self.hand_over() {
            self.begin_wanted()?;
            self.settle()?;
            self.gather(WAIT)?;
        } else if self.held {
            self.gather(WAIT)?;
        } else {
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    fn obey(&mut self) {
        while let Ok(command) = self.commands.try_recv() {
            match command {
                Command::Begin { partition, start, assignment } => {
                    if let Some(lane) = self.lanes.get_mut(&partition)
                        && lane.assignment == assignment
                        && lane.stage == Stage::Assigned
                    {
                        *lane = Lane::wanted(assignment, start);
                    }
                }
                Command::Commit { partition, next_offset } => {
                    self.untold.insert(partition, next_offset);
                }
            }
        }
    }

    /// Hands over what there is room for; tells whether everything went.
    fn hand_over(&mut self) -> bool {
        while let Some(event) = self.outbox.pop_front() {
            if let Err(refused) = self.events.try_send(Ok(event)) {
                if let TrySendError::Full(Ok(event)) = refused {
                    self.outbox.push_front(event);
                }
                let since = *self.blocked_since.get_or_insert_with(Instant::now);
                if !self.held && since.elapsed() >= SLOW {
                    self.hold(true);
                }
                return false;
            }
            self.blocked_since = None;
        }
        if self.held {
            self.hold(false);
        }
        true
    }

    /// Stops or resumes fetching. Polling goes on, for the group's sake.
    fn hold(&mut self, held: bool) {
        let reading = self.lanes.iter().filter(|(_, lane)| matches!(lane.stage, Stage::Reading { .. }));
        let list = consumers::several(&self.topic, reading.map(|(partition, _)| *partition));
        let done = if held { self.consumer.pause(&list) } else { self.consumer.resume(&list) };
        match done {
            Ok(()) => self.held = held,
            Err(error) => tracing::debug!(topic = %self.topic, %error, held, "holding a feed"),
        }
    }

    fn begin_wanted(&mut self) -> Result<(), FeedError> {
        let wanted = |(partition, lane): (&i32, &Lane)| match lane.stage {
            Stage::Wanted { start, goal } => Some((*partition, start, goal)),
            Stage::Assigned | Stage::Reading { .. } => None,
        };
        let wanted: Vec<(i32, Start, Option<Goal>)> = self.lanes.iter().filter_map(wanted).collect();
        for (partition, start, goal) in wanted {
            let Some((first, stable)) = self.ends(partition)? else {
                continue;
            };
            let position = match start {
                Start::Beginning => first,
                Start::Committed => match self.committed(partition)? {
                    Some(offset) if offset < first => return Err(self.outside(partition, offset)),
                    Some(offset) => offset,
                    None => continue,
                },
                Start::End => stable,
                Start::Offset(offset) if offset < first => return Err(self.outside(partition, offset)),
                Start::Offset(offset) => offset,
            };
            let goal = goal.unwrap_or(Goal { offset: stable, announced: Announced::CaughtUp });
            self.fetch_from(partition, position, goal)?;
        }
        Ok(())
    }

    /// Moves idle lanes past what is no record, so that lag comes down to nothing.
    fn settle(&mut self) -> Result<(), FeedError> {
        let due: Vec<(i32, i64)> =
            self.lanes.iter().filter_map(|(partition, lane)| lane.settles().map(|at| (*partition, at))).collect();
        for (partition, position) in due {
            let Some((_, stable)) = self.ends(partition)? else {
                continue;
            };
            if stable > position {
                let goal = Goal { offset: stable, announced: Announced::Silently };
                self.fetch_from(partition, position, goal)?;
            } else if let Some(lane) = self.lanes.get_mut(&partition) {
                lane.settled();
            }
        }
        Ok(())
    }

    /// First offset and committed end; nothing while no broker answers.
    fn ends(&self, partition: i32) -> Result<Option<(i64, i64)>, FeedError> {
        match self.consumer.fetch_watermarks(&self.topic, partition, QUESTION) {
            Ok(ends) => Ok(Some(ends)),
            Err(error) if error.rdkafka_error_code().is_some_and(errors::is_forbidden) => {
                Err(fatal(&self.topic, &error))
            }
            Err(error) => {
                tracing::debug!(topic = %self.topic, partition, %error, "asking for a partition's ends");
                Ok(None)
            }
        }
    }

    /// Where the group has come to, or the first record when it was never told; nothing while no broker answers.
    fn committed(&self, partition: i32) -> Result<Option<i64>, FeedError> {
        let Origin::Group { .. } = self.origin else {
            return Ok(self.ends(partition)?.map(|(first, _)| first));
        };
        let asked = consumers::several(&self.topic, [partition]);
        match self.consumer.committed_offsets(asked, QUESTION) {
            Ok(list) => {
                match list.find_partition(&self.topic, partition).map(|found| (found.offset(), found.error())) {
                    Some((Offset::Offset(offset), Ok(()))) => Ok(Some(offset)),
                    Some((Offset::Invalid, Ok(()))) => Ok(self.ends(partition)?.map(|(first, _)| first)),
                    other => {
                        tracing::debug!(topic = %self.topic, partition, ?other, "asking for a group's position");
                        Ok(None)
                    }
                }
            }
            Err(error) if error.rdkafka_error_code().is_some_and(errors::is_forbidden) => {
                Err(fatal(&self.topic, &error))
            }
            Err(error) => {
                tracing::debug!(topic = %self.topic, partition, %error, "asking for a group's position");
                Ok(None)
            }
        }
    }

    fn fetch_from(&mut self, partition: i32, position: i64, goal: Goal) -> Result<(), FeedError> {
        let restart = || -> KafkaResult<()> {
            self.consumer.give_up(&self.topic, &[partition])?;
            self.consumer.incremental_assign(&consumers::one(&self.topic, partition, Offset::Offset(position))?)
        };
        restart().map_err(|error| fatal(&self.topic, &error))?;
        if let Some(lane) = self.lanes.get_mut(&partition) {
            lane.begun(position, goal);
            lane.news(partition, &mut self.outbox);
        }
        Ok(())
    }

    /// Takes what the library has, `wait` for the first of it.
    fn gather(&mut self, wait: Duration) -> Result<(), FeedError> {
        let mut taken = 0;
        let mut wait = wait;
        while taken < self.config.batch_records {
            match self.consumer.poll(wait) {
                None => break,
                Some(Ok(message)) => {
                    if let Some(lane) = self.lanes.get_mut(&message.partition()) {
                        lane.gather(records::record_from(&message, &self.topic));
                    }
                    taken += 1;
                    wait = Duration::ZERO;
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    if let Some(lane) = self.lanes.get_mut(&partition) {
                        lane.at_end();
                    }
                    wait = Duration::ZERO;
                }
                Some(Err(error)) => {
                    self.judge(&error)?;
                    break;
                }
            }
        }
        for (partition, lane) in &mut self.lanes {
            lane.news(*partition, &mut self.outbox);
        }
        while let Some(change) = self.consumer.context().next_change() {
            self.change(change)?;
        }
        if let Some((code, reason)) = self.consumer.client().fatal_error() {
            tracing::warn!(topic = %self.topic, %code, reason, "the feed's client is dead, a new one takes its place");
            self.reconnect()?;
        }
        Ok(())
    }

    fn change(&mut self, change: GroupChange) -> Result<(), FeedError> {
        match change {
            GroupChange::Assigned(partitions) => {
                for partition in &partitions {
                    let assignment = self.assignments.entry(*partition).or_default();
                    *assignment += 1;
                    self.lanes.insert(*partition, Lane::assigned(*assignment));
                }
                self.outbox.push_back(FeedEvent::Assigned(partitions));
            }
            GroupChange::Revoked(partitions) | GroupChange::Lost(partitions) => {
                self.tell_group();
                self.lanes.retain(|partition, _| !partitions.contains(partition));
                self.untold.retain(|partition, _| !partitions.contains(partition));
                self.consumer.give_up(&self.topic, &partitions).map_err(|error| fatal(&self.topic, &error))?;
                self.outbox.push_back(FeedEvent::Revoked(partitions));
            }
        }
        Ok(())
    }

    fn tell_group(&mut self) {
        self.tell_group_by(CommitMode::Async);
    }

    fn tell_group_by(&mut self, mode: CommitMode) {
        self.told = Instant::now();
        let untold = std::mem::take(&mut self.untold);
        if untold.is_empty() || matches!(self.origin, Origin::Partitions) {
            return;
        }
        let mut list = TopicPartitionList::with_capacity(untold.len());
        let added = untold.iter().try_for_each(|(partition, next)| {
            list.add_partition_offset(&self.topic, *partition, Offset::Offset(*next))
        });
        if let Err(error) = added.and_then(|()| self.consumer.commit(&list, mode)) {
            tracing::debug!(topic = %self.topic, %error, "telling the group how far a feed has come");
        }
    }
}

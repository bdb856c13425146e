//! The thread of a feed: polls, collects batches, handles commands, waits for brokers and for its reader.

mod reconnect;

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

use self::reconnect::{connect, fatal};
use super::FeedConfig;
use super::partition_state::{Announced, Goal, PartitionState, Stage};
use crate::feed::{Backlog, FeedError, FeedEvent, Start};
use crate::kafka::cluster::{ClusterConfig, ConfigError};
use crate::kafka::membership::{GroupChange, Member};
use crate::kafka::{consumers, errors, records};

/// How long a poll may wait; also the longest time before a command is handled.
const POLL_TIMEOUT: Duration = Duration::from_millis(10);
/// How long a query of a partition's ends may take: the consumer must be polled in between.
const QUERY_TIMEOUT: Duration = Duration::from_secs(1);
/// A reader that has taken nothing for this long is slow: fetching stops until it has caught up.
const SLOW_AFTER: Duration = Duration::from_secs(1);
/// How often positions are committed to the group.
const COMMIT_INTERVAL: Duration = Duration::from_millis(500);

/// Where a feed's partitions come from.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// A group assigns and revokes them.
    Group { group: String, identity: String },
    /// They were given.
    Partitions,
}

/// A command of the reader.
#[derive(Clone, Copy, Debug)]
pub(super) enum Command {
    Begin { partition: i32, start: Start, assignment: u64 },
    Commit { partition: i32, next_offset: i64 },
}

/// What connects a feed's thread with its reader.
pub(super) struct Channels {
    pub(super) events: events::Sender<Result<FeedEvent, FeedError>>,
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) backlog: Arc<Backlog>,
}

pub(super) struct Worker {
    cluster: ClusterConfig,
    config: FeedConfig,
    origin: Origin,
    topic: Arc<str>,
    consumer: Member,
    partitions: BTreeMap<i32, PartitionState>,
    /// How often each partition has been assigned.
    assignments: BTreeMap<i32, u64>,
    events: events::Sender<Result<FeedEvent, FeedError>>,
    commands: mpsc::Receiver<Command>,
    backlog: Arc<Backlog>,
    /// Events that the reader has not received yet.
    pending_events: VecDeque<FeedEvent>,
    blocked_since: Option<Instant>,
    paused: bool,
    uncommitted: BTreeMap<i32, i64>,
    committed_at: Instant,
}

impl Worker {
    pub(super) fn new(
        cluster: &ClusterConfig,
        topic: &str,
        origin: Origin,
        partitions: BTreeMap<i32, PartitionState>,
        config: FeedConfig,
        channels: Channels,
    ) -> Result<Self, ConfigError> {
        let consumer = connect(cluster, topic, &origin, &config)?;
        Ok(Self {
            cluster: cluster.clone(),
            config,
            origin,
            topic: Arc::from(topic),
            consumer,
            partitions,
            assignments: BTreeMap::new(),
            events: channels.events,
            commands: channels.commands,
            backlog: channels.backlog,
            pending_events: VecDeque::new(),
            blocked_since: None,
            paused: false,
            uncommitted: BTreeMap::new(),
            committed_at: Instant::now(),
        })
    }

    /// Runs until the reader is gone or an error is final.
    pub(super) fn run(mut self) {
        while !self.events.is_closed() {
            if let Err(error) = self.turn() {
                self.pending_events.clear();
                // A slow reader gets the error too. A reader that is gone does not need it.
                drop(self.events.blocking_send(Err(error)));
                break;
            }
        }
        // The reader may have sent its last positions a moment ago.
        self.run_commands();
        self.commit_positions_by(CommitMode::Sync);
    }

    fn turn(&mut self) -> Result<(), FeedError> {
        self.run_commands();
        if self.committed_at.elapsed() >= COMMIT_INTERVAL {
            self.commit_positions();
        }
        if self.send_events() {
            self.begin_requested()?;
            self.advance_idle()?;
            self.collect_records(POLL_TIMEOUT)?;
        } else if self.paused {
            self.collect_records(POLL_TIMEOUT)?;
        } else {
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    fn run_commands(&mut self) {
        while let Ok(command) = self.commands.try_recv() {
            match command {
                Command::Begin { partition, start, assignment } => {
                    if let Some(state) = self.partitions.get_mut(&partition)
                        && state.assignment == assignment
                        && state.stage == Stage::Assigned
                    {
                        *state = PartitionState::requested(assignment, start);
                    }
                }
                Command::Commit { partition, next_offset } => {
                    self.uncommitted.insert(partition, next_offset);
                }
            }
        }
    }

    /// Sends the events that there is room for; false when some are left.
    fn send_events(&mut self) -> bool {
        while let Some(event) = self.pending_events.pop_front() {
            if let Err(refused) = self.events.try_send(Ok(event)) {
                if let TrySendError::Full(Ok(event)) = refused {
                    self.pending_events.push_front(event);
                }
                let since = *self.blocked_since.get_or_insert_with(Instant::now);
                if !self.paused && since.elapsed() >= SLOW_AFTER {
                    self.set_paused(true);
                }
                return false;
            }
            self.blocked_since = None;
        }
        if self.paused {
            self.set_paused(false);
        }
        true
    }

    /// Pauses or resumes fetching. Polling continues, to stay in the group.
    fn set_paused(&mut self, paused: bool) {
        let reading = self.partitions.iter().filter(|(_, state)| matches!(state.stage, Stage::Reading { .. }));
        let list = consumers::several(&self.topic, reading.map(|(partition, _)| *partition));
        let done = if paused { self.consumer.pause(&list) } else { self.consumer.resume(&list) };
        match done {
            Ok(()) => self.paused = paused,
            Err(error) => tracing::debug!(topic = %self.topic, %error, paused, "pausing a feed"),
        }
    }

    fn begin_requested(&mut self) -> Result<(), FeedError> {
        let requested = |(partition, state): (&i32, &PartitionState)| match state.stage {
            Stage::Requested { start, goal } => Some((*partition, start, goal)),
            Stage::Assigned | Stage::Reading { .. } => None,
        };
        let requested: Vec<(i32, Start, Option<Goal>)> = self.partitions.iter().filter_map(requested).collect();
        for (partition, start, goal) in requested {
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

    /// Moves idle partitions past offsets without records, so that their lag becomes zero.
    fn advance_idle(&mut self) -> Result<(), FeedError> {
        let due: Vec<(i32, i64)> = self
            .partitions
            .iter()
            .filter_map(|(partition, state)| state.idle_position().map(|at| (*partition, at)))
            .collect();
        for (partition, position) in due {
            let Some((_, stable)) = self.ends(partition)? else {
                continue;
            };
            if stable > position {
                let goal = Goal { offset: stable, announced: Announced::No };
                self.fetch_from(partition, position, goal)?;
            } else if let Some(state) = self.partitions.get_mut(&partition) {
                state.clear_idle();
            }
        }
        Ok(())
    }

    /// First offset and committed end; nothing while no broker answers.
    fn ends(&self, partition: i32) -> Result<Option<(i64, i64)>, FeedError> {
        match self.consumer.fetch_watermarks(&self.topic, partition, QUERY_TIMEOUT) {
            Ok(ends) => Ok(Some(ends)),
            Err(error) if error.rdkafka_error_code().is_some_and(errors::is_forbidden) => {
                Err(fatal(&self.topic, &error))
            }
            Err(error) => {
                tracing::debug!(topic = %self.topic, partition, %error, "querying a partition's ends");
                Ok(None)
            }
        }
    }

    /// The group's committed position, or the first record when there is none; nothing while no broker answers.
    fn committed(&self, partition: i32) -> Result<Option<i64>, FeedError> {
        let Origin::Group { .. } = self.origin else {
            return Ok(self.ends(partition)?.map(|(first, _)| first));
        };
        let asked = consumers::several(&self.topic, [partition]);
        match self.consumer.committed_offsets(asked, QUERY_TIMEOUT) {
            Ok(list) => {
                match list.find_partition(&self.topic, partition).map(|found| (found.offset(), found.error())) {
                    Some((Offset::Offset(offset), Ok(()))) => Ok(Some(offset)),
                    Some((Offset::Invalid, Ok(()))) => Ok(self.ends(partition)?.map(|(first, _)| first)),
                    other => {
                        tracing::debug!(topic = %self.topic, partition, ?other, "querying a group's position");
                        Ok(None)
                    }
                }
            }
            Err(error) if error.rdkafka_error_code().is_some_and(errors::is_forbidden) => {
                Err(fatal(&self.topic, &error))
            }
            Err(error) => {
                tracing::debug!(topic = %self.topic, partition, %error, "querying a group's position");
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
        if let Some(state) = self.partitions.get_mut(&partition) {
            state.begun(position, goal);
            state.take_events(partition, &mut self.pending_events, &self.backlog);
        }
        Ok(())
    }

    /// Takes what the library has fetched; waits for the first record only.
    fn collect_records(&mut self, wait: Duration) -> Result<(), FeedError> {
        let mut taken = 0;
        let mut wait = wait;
        while taken < self.config.batch_records {
            match self.consumer.poll(wait) {
                None => break,
                Some(Ok(message)) => {
                    if let Some(state) = self.partitions.get_mut(&message.partition()) {
                        state.collect_records(records::record_from(&message, &self.topic));
                    }
                    taken += 1;
                    wait = Duration::ZERO;
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    if let Some(state) = self.partitions.get_mut(&partition) {
                        state.at_end();
                    }
                    wait = Duration::ZERO;
                }
                Some(Err(error)) => {
                    self.handle_error(&error)?;
                    break;
                }
            }
        }
        for (partition, state) in &mut self.partitions {
            state.take_events(*partition, &mut self.pending_events, &self.backlog);
        }
        while let Some(change) = self.consumer.context().next_change() {
            self.change(change)?;
        }
        if let Some((code, reason)) = self.consumer.client().fatal_error() {
            tracing::warn!(topic = %self.topic, %code, reason, "the feed's client is dead and is replaced");
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
                    self.partitions.insert(*partition, PartitionState::assigned(*assignment));
                }
                self.pending_events.push_back(FeedEvent::Assigned(partitions));
            }
            GroupChange::Revoked(partitions) | GroupChange::Lost(partitions) => {
                self.commit_positions();
                self.partitions.retain(|partition, _| !partitions.contains(partition));
                self.uncommitted.retain(|partition, _| !partitions.contains(partition));
                self.consumer.give_up(&self.topic, &partitions).map_err(|error| fatal(&self.topic, &error))?;
                self.pending_events.push_back(FeedEvent::Revoked(partitions));
            }
        }
        Ok(())
    }

    fn commit_positions(&mut self) {
        self.commit_positions_by(CommitMode::Async);
    }

    fn commit_positions_by(&mut self, mode: CommitMode) {
        self.committed_at = Instant::now();
        let uncommitted = std::mem::take(&mut self.uncommitted);
        if uncommitted.is_empty() || matches!(self.origin, Origin::Partitions) {
            return;
        }
        let mut list = TopicPartitionList::with_capacity(uncommitted.len());
        let added = uncommitted.iter().try_for_each(|(partition, next)| {
            list.add_partition_offset(&self.topic, *partition, Offset::Offset(*next))
        });
        if let Err(error) = added.and_then(|()| self.consumer.commit(&list, mode)) {
            tracing::debug!(topic = %self.topic, %error, "committing a feed's positions");
        }
    }
}

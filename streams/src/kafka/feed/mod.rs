//! A reader outside a transaction: committed records of a topic, in order, for async code.
//!
//! Not here: the reader's position. A reader keeps it where it writes, and begins there; a reader that cannot do so begins at the
//! position that it committed to its group, and reads some records twice.
//! Relies on: a plain thread of its own (`worker`), which survives every restart of a broker; a bounded channel, so that a slow
//! reader slows the fetch and nothing else.

mod partition_state;
mod worker;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use serde::Deserialize;
use tokio::sync::mpsc as events;
use tokio::sync::oneshot;

use self::partition_state::PartitionState;
use self::worker::{Channels, Command, Origin, Worker};
use super::cluster::{ClusterConfig, ConfigError};
use crate::feed::{Backlog, FeedError, FeedEvent, FeedSource, Start};

/// How a feed reads.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeedConfig {
    /// Most records in one batch.
    pub batch_records: usize,
    /// Most batches that wait for the reader; beyond that nothing more is fetched.
    pub queued_batches: usize,
    /// Most bytes that the client holds ready per partition, in KiB.
    pub fetch_kbytes_per_partition: u32,
    /// How long a group waits for a silent member before its partitions go to another, milliseconds.
    pub session_timeout_ms: u32,
    /// How long the broker may gather records before it hands them over, milliseconds: fewer and larger fetches for a reader that need not
    /// see each record at once. 0: each record comes as soon as it is committed.
    pub gather_ms: u32,
}

impl Default for FeedConfig {
    fn default() -> Self {
        Self {
            batch_records: 1_000,
            queued_batches: 8,
            fetch_kbytes_per_partition: 1_024,
            session_timeout_ms: 6_000,
            gather_ms: 0,
        }
    }
}

/// Committed records of a topic. Dropping it ends its thread.
#[derive(Debug)]
pub struct Feed {
    events: events::Receiver<Result<FeedEvent, FeedError>>,
    commands: mpsc::Sender<Command>,
    /// How often each partition has been assigned, as far as the reader has seen: a `begin` counts for that assignment only.
    assigned: BTreeMap<i32, u64>,
    /// Closes when the feed's thread has ended.
    ended: oneshot::Receiver<()>,
    backlog: Arc<Backlog>,
    /// The partition of the batch that the reader has in hand.
    in_hand: Option<i32>,
}

impl Feed {
    /// The partitions of a topic that the group assigns to this instance. They come as [`FeedEvent::Assigned`]; nothing of a
    /// partition is read before [`Feed::begin`]. `instance` must be stable across restarts and unique in the group.
    ///
    /// # Errors
    /// [`FeedError::Config`].
    pub fn of_group(
        cluster: &ClusterConfig,
        group: &str,
        instance: &str,
        topic: &str,
        config: FeedConfig,
    ) -> Result<Self, FeedError> {
        let origin = Origin::Group { group: group.to_owned(), identity: format!("{group}.{instance}") };
        Self::start(cluster, topic, origin, BTreeMap::new(), config)
    }

    /// These partitions of a topic, without a group. [`FeedEvent::CaughtUp`] comes once per partition, when everything up to the
    /// committed end at the start of the feed has been delivered.
    ///
    /// # Errors
    /// [`FeedError::Config`].
    pub fn of_partitions(
        cluster: &ClusterConfig,
        topic: &str,
        partitions: &[(i32, Start)],
        config: FeedConfig,
    ) -> Result<Self, FeedError> {
        let partitions =
            partitions.iter().map(|(partition, start)| (*partition, PartitionState::requested(0, *start))).collect();
        Self::start(cluster, topic, Origin::Partitions, partitions, config)
    }

    /// The next event. None after an error: the feed has ended. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Result<FeedEvent, FeedError>> {
        if let Some(partition) = self.in_hand.take() {
            self.backlog.handled(partition);
        }
        let event = self.events.recv().await;
        match &event {
            Some(Ok(FeedEvent::Assigned(partitions))) => {
                for partition in partitions {
                    *self.assigned.entry(*partition).or_default() += 1;
                    self.backlog.begin(*partition);
                }
            }
            Some(Ok(FeedEvent::Revoked(partitions))) => {
                partitions.iter().for_each(|partition| self.backlog.forget(*partition));
            }
            Some(Ok(FeedEvent::Batch { partition, records, .. })) if !records.is_empty() => {
                self.in_hand = Some(*partition);
            }
            Some(Ok(FeedEvent::CaughtUp(partition))) => self.backlog.caught_up(*partition),
            Some(Ok(FeedEvent::Batch { .. }) | Err(_)) | None => {}
        }
        event
    }

    /// What it has fetched and its reader has not handled. It stays readable when the feed has ended.
    #[must_use]
    pub fn backlog(&self) -> Arc<Backlog> {
        Arc::clone(&self.backlog)
    }

    /// Begins to read a partition that was assigned.
    pub fn begin(&self, partition: i32, start: Start) {
        let assignment = self.assigned.get(&partition).copied().unwrap_or_default();
        self.send(Command::Begin { partition, start, assignment });
    }

    /// Commits this reader's position to its group: for lag monitoring, and for a reader that begins at [`Start::Committed`]. Sent
    /// to the cluster about twice a second and once more when the feed ends.
    pub fn commit(&self, partition: i32, next_offset: i64) {
        self.send(Command::Commit { partition, next_offset });
    }

    /// Ends the feed and waits, `within` at most, until its positions have been committed. False when that took longer.
    pub async fn end(self, within: Duration) -> bool {
        let Self { events, commands, ended, .. } = self;
        drop((events, commands));
        tokio::time::timeout(within, ended).await.is_ok()
    }

    fn send(&self, command: Command) {
        if self.commands.send(command).is_err() {
            tracing::debug!(?command, "the feed has ended");
        }
    }

    fn start(
        cluster: &ClusterConfig,
        topic: &str,
        origin: Origin,
        partitions: BTreeMap<i32, PartitionState>,
        config: FeedConfig,
    ) -> Result<Self, FeedError> {
        let (event_sender, events) = events::channel(config.queued_batches.max(1));
        let (commands, command_receiver) = mpsc::channel();
        let (ending, ended) = oneshot::channel();
        let backlog = Arc::new(Backlog::default());
        partitions.keys().for_each(|partition| backlog.begin(*partition));
        let channels = Channels { events: event_sender, commands: command_receiver, backlog: Arc::clone(&backlog) };
        let worker = Worker::new(cluster, topic, origin, partitions, config, channels)?;
        std::thread::Builder::new()
            .name(format!("feed {topic}"))
            .spawn(move || {
                worker.run();
                drop(ending);
            })
            .map_err(|error| FeedError::Fatal(format!("no thread: {error}")))?;
        Ok(Self { events, commands, assigned: BTreeMap::new(), ended, backlog, in_hand: None })
    }
}

impl FeedSource for Feed {
    fn next(&mut self) -> impl Future<Output = Option<Result<FeedEvent, FeedError>>> + Send {
        Self::next(self)
    }

    fn begin(&self, partition: i32, start: Start) {
        Self::begin(self, partition, start);
    }

    fn commit(&self, partition: i32, next_offset: i64) {
        Self::commit(self, partition, next_offset);
    }
}

impl From<ConfigError> for FeedError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error.to_string())
    }
}

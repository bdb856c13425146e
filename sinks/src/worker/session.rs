//! One session: an open destination, a feed, and the partitions it was assigned.

use std::collections::BTreeMap;
use std::time::Duration;

use streams::backoff::Backoff;
use streams::feed::{FeedError, FeedEvent, FeedSource, Start};
use streams::service::{Condition, Shutdown};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::partition_state::{PartitionState, Stop};
use super::read_ahead::{read, read_while};
use super::{Pace, wait};
use crate::destination::{Applied, Destination, SinkError};
use crate::monitor::Monitor;

/// How long a fenced partition waits for the group to take it away before everything is claimed anew: by then whoever wrote is
/// either the group's owner, and we shall not be assigned the partition again, or gone.
const FENCED_LIMIT: Duration = Duration::from_secs(15);

/// How often the destination is asked whether what was written is still there.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// Why a session is over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// Shutdown was requested.
    Stopped,
    /// A new session is needed.
    Again(String),
    /// A person has to decide first.
    Undecided(String),
}

impl End {
    pub(super) fn of(error: &FeedError) -> Self {
        match error {
            FeedError::OutsideLog { .. } => Self::Undecided(format!("{error}; a person must decide where to go on")),
            FeedError::Config(_) | FeedError::Fatal(_) => Self::Undecided(error.to_string()),
        }
    }
}

pub(super) struct Session<'a, D, F> {
    destination: &'a mut D,
    feed: F,
    pace: Pace,
    monitor: &'a mut Monitor,
    shutdown: Shutdown,
    partitions: BTreeMap<i32, PartitionState>,
    /// What was read during a write and has not been handled.
    ahead: Option<Result<FeedEvent, End>>,
    has_written: bool,
}

impl<'a, D: Destination, F: FeedSource> Session<'a, D, F> {
    pub(super) fn new(
        destination: &'a mut D,
        feed: F,
        pace: Pace,
        monitor: &'a mut Monitor,
        shutdown: Shutdown,
    ) -> Self {
        Self {
            destination,
            feed,
            pace,
            monitor,
            shutdown,
            partitions: BTreeMap::new(),
            ahead: None,
            has_written: false,
        }
    }

    /// Works until the session is over; also answers whether anything was written.
    pub(super) async fn run(mut self) -> (End, bool) {
        let end = match self.work().await {
            Ok(never) => match never {},
            Err(end) => end,
        };
        (end, self.has_written)
    }

    async fn work(&mut self) -> Result<std::convert::Infallible, End> {
        let mut ticks = interval(CHECK_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stop = self.shutdown.clone();
        loop {
            // Only waiting is cancelled here: calls to the destination are made below, one at a time, to their end.
            let due = self.partitions.values().filter_map(PartitionState::due).min();
            let woken = tokio::select! {
                biased;
                () = stop.requested() => return Err(End::Stopped),
                _ = ticks.tick() => Woken::Tick,
                () = wait_until(due), if due.is_some() => Woken::Due,
                event = next(&mut self.ahead, &mut self.feed, &mut self.partitions, self.pace) => Woken::Read(event?),
            };
            match woken {
                Woken::Tick => self.check().await?,
                Woken::Due => self.write_due().await?,
                Woken::Read(event) => {
                    if let Some(event) = event {
                        self.handle(event).await?;
                    }
                    self.show();
                }
            }
        }
    }

    async fn handle(&mut self, event: FeedEvent) -> Result<(), End> {
        match event {
            FeedEvent::Assigned(partitions) => {
                for partition in partitions {
                    self.claim(partition).await?;
                }
            }
            FeedEvent::Revoked(partitions) => {
                // The buffer is dropped; the next owner reads it again.
                self.partitions.retain(|partition, _| !partitions.contains(partition));
                partitions.iter().for_each(|partition| self.monitor.forget(*partition));
            }
            // A batch has gone to its partition as it was read.
            FeedEvent::Batch { .. } => {}
            FeedEvent::CaughtUp(partition) => {
                self.write(partition).await?;
                if self.partitions.get(&partition).is_some_and(|state| state.stop().is_none()) {
                    self.caught_up(partition).await?;
                }
            }
        }
        Ok(())
    }

    async fn claim(&mut self, partition: i32) -> Result<(), End> {
        let mut backoff = super::backoff();
        let position = loop {
            match self.destination.claim(partition).await {
                Ok(position) => break position,
                Err(error) => self.retry_after(error, &mut backoff).await?,
            }
        };
        tracing::info!(sink = self.monitor.sink, topic = self.monitor.stream.topic(), partition, position, "claimed");
        if position.is_none() {
            self.monitor.began_rebuild();
        }
        self.partitions.insert(partition, PartitionState::new(self.monitor.stream, partition, position));
        self.feed.begin(partition, position.map_or(Start::Beginning, Start::Offset));
        // Whoever wrote last may have died before it committed: without this, watchers would see a lag until the next record comes.
        if let Some(position) = position {
            self.feed.commit(partition, position);
        }
        Ok(())
    }

    async fn caught_up(&mut self, partition: i32) -> Result<(), End> {
        let mut backoff = super::backoff();
        while let Err(error) = self.destination.caught_up(partition).await {
            self.retry_after(error, &mut backoff).await?;
        }
        Ok(())
    }

    async fn write_due(&mut self) -> Result<(), End> {
        let now = Instant::now();
        let due: Vec<i32> = self
            .partitions
            .iter()
            .filter(|(_, state)| state.due().is_some_and(|due| due <= now))
            .map(|(partition, _)| *partition)
            .collect();
        for partition in due {
            self.write(partition).await?;
        }
        Ok(())
    }

    /// Writes what waits, for as long as it takes. Meanwhile the next batches are read.
    async fn write(&mut self, partition: i32) -> Result<(), End> {
        let Some(batch) = self.partitions.get_mut(&partition).and_then(PartitionState::batch) else { return Ok(()) };
        let began = Instant::now();
        let mut backoff = super::backoff();
        let applied = loop {
            let apply = self.destination.apply(&batch);
            match read_while(apply, &mut self.ahead, &mut self.feed, &mut self.partitions, self.pace).await {
                Ok(applied) => break Some(applied),
                Err(SinkError::Fenced(reason)) => {
                    tracing::warn!(
                        sink = self.monitor.sink,
                        topic = self.monitor.stream.topic(),
                        partition,
                        reason,
                        "fenced: another owner writes"
                    );
                    self.monitor.was_fenced();
                    break None;
                }
                Err(error) => {
                    self.retry_after(error, &mut backoff).await?;
                }
            }
        };
        let Some(state) = self.partitions.get_mut(&partition) else { return Ok(()) };
        let Some(applied) = applied else {
            state.fence(Instant::now());
            self.show();
            return Ok(());
        };
        state.wrote(&batch);
        self.wrote(&batch, began.elapsed(), applied);
        Ok(())
    }

    fn wrote(&mut self, batch: &crate::batch::Batch, took: Duration, applied: Applied) {
        self.has_written = true;
        self.monitor.applied(batch.items.len(), took, applied);
        self.monitor.written(batch.partition, batch.newest_at());
        for (record, unusable) in batch.unusable() {
            let (partition, offset, reason) = (record.partition, record.offset, &unusable.reason);
            tracing::warn!(
                sink = self.monitor.sink,
                topic = self.monitor.stream.topic(),
                partition,
                offset,
                reason,
                "a record states no fact"
            );
        }
        self.feed.commit(batch.partition, batch.next);
        self.show();
    }

    /// Once a second: whether what was written is still there, and whether a fenced partition has waited long enough.
    async fn check(&mut self) -> Result<(), End> {
        match self.destination.check().await {
            Ok(()) => self.show(),
            Err(SinkError::Again(_)) => {}
            Err(SinkError::Wait(reason) | SinkError::Fenced(reason)) => self.monitor.set(Condition::Degraded(reason)),
            Err(SinkError::Lost(reason)) => return Err(End::Again(reason)),
        }
        let overdue = self
            .partitions
            .iter()
            .find(|(_, state)| matches!(state.stop(), Some(Stop::Fenced(since)) if since.elapsed() > FENCED_LIMIT));
        match overdue {
            Some((partition, _)) => Err(End::Again(format!("partition {partition} was fenced and not taken away"))),
            None => Ok(()),
        }
    }

    /// Waits before another attempt, or ends the session where another attempt cannot help.
    async fn retry_after(&mut self, error: SinkError, backoff: &mut Backoff) -> Result<(), End> {
        self.monitor.retried();
        match error {
            SinkError::Lost(reason) | SinkError::Fenced(reason) => return Err(End::Again(reason)),
            SinkError::Again(reason) => {
                tracing::debug!(sink = self.monitor.sink, topic = self.monitor.stream.topic(), reason, "again")
            }
            SinkError::Wait(reason) => {
                self.monitor.set(Condition::Degraded(reason));
                wait(backoff.pause(), &mut self.shutdown).await;
            }
        }
        if self.shutdown.is_requested() { Err(End::Stopped) } else { Ok(()) }
    }

    fn show(&mut self) {
        let stopped = self.partitions.values().filter(|state| state.stop().is_some()).count();
        self.monitor.stopped_partitions(stopped);
        let first = self.partitions.iter().find_map(|(partition, state)| Some((partition, state.stop()?)));
        self.monitor.set(match first {
            Some((partition, Stop::Newer(newer))) => Condition::Degraded(format!(
                "partition {partition} stands still at offset {}: {}; upgrade and restart",
                newer.offset, newer.reason
            )),
            Some((partition, Stop::Fenced(_))) => {
                Condition::Degraded(format!("partition {partition} is written by another owner"))
            }
            None => self.destination.condition(),
        });
    }
}

/// What a session's loop woke up for.
enum Woken {
    Tick,
    Due,
    Read(Option<FeedEvent>),
}

/// What was read ahead, else what comes next. Dropping the future loses nothing.
async fn next<F: FeedSource>(
    ahead: &mut Option<Result<FeedEvent, End>>,
    feed: &mut F,
    partitions: &mut BTreeMap<i32, PartitionState>,
    pace: Pace,
) -> Result<Option<FeedEvent>, End> {
    match ahead.take() {
        Some(read) => read.map(Some),
        None => read(feed, partitions, pace).await,
    }
}

/// Waits until then, and not at all if it is past: the timer's own wait is a millisecond long.
async fn wait_until(due: Option<Instant>) {
    let now = Instant::now();
    if let Some(due) = due.filter(|due| *due > now) {
        sleep_until(due).await;
    }
}

//! The connector's desk: takes commands off the log, has them carried out, so many at a time, and tells the group how far it
//! has come when answers are in the log.
//!
//! It keeps nothing: what was not finished when it ended is read again, and asked again under the same keys.
//! Bounded: what is under way by `most_in_flight`, what waits by [`MOST_WAITING`] and a batch; beyond that nothing is read.

mod inlet;
mod lanes;
mod progress;
mod telling;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use events::codec::{self, DecodeError};
use events::envelope::Envelope;
use events::ids::OrderId;
use events::payments::PaymentCommand;
use streams::emitter::Emitter;
use streams::feed::{FeedEvent, Start};
use streams::kafka::FeedError;
use streams::record::Record;
use streams::service::{Condition, Health, Shutdown};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior};

pub use inlet::Inlet;
use lanes::{Job, Lanes};
use progress::Progress;
use telling::Telling;

use super::answer::Answering;
use super::config::Config;
use super::metrics::Metrics;
use super::provider::Provider;
use crate::writer::{WriteError, Writer};

/// Most commands that wait for their turn.
const MOST_WAITING: usize = 4_096;
/// How often positions are told and gauges set.
const LOOK: Duration = Duration::from_millis(200);
/// How long calls under way may take to end after the request to stop. What is cut off is asked again under the same key.
const GRACE: Duration = Duration::from_secs(8);
/// This part's name.
pub(crate) const PART: &str = "connectors.toss";

/// Why the desk cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// Commands cannot be read.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// Commands do not come any more.
    #[error("the feed has ended by itself")]
    Ended,
    /// Answers cannot be written.
    #[error(transparent)]
    Tell(#[from] WriteError),
    /// A call was torn down.
    #[error("a call was torn down: {0}")]
    Torn(#[from] JoinError),
}

/// What a desk works with.
pub struct Desk {
    answering: Answering,
    telling: Telling,
    metrics: Metrics,
    health: Health,
    answer_within: Duration,
    most_in_flight: usize,
    lanes: Lanes,
    shares: BTreeMap<i32, Share>,
    assignments: u64,
    running: JoinSet<Result<Finished, WriteError>>,
    /// When the commands under way were read.
    since: BTreeMap<u64, Instant>,
    started: u64,
}

/// A partition that is ours.
struct Share {
    assignment: u64,
    progress: Progress,
    /// A newer version was met: nothing after it is read.
    is_stopped: bool,
}

/// A piece of work that is finished: its answer is in the log.
struct Finished {
    number: u64,
    order: Option<OrderId>,
    partition: i32,
    assignment: u64,
    offsets: Vec<i64>,
}

impl Desk {
    /// A desk that writes its answers through `emitter`.
    #[must_use]
    pub fn new(
        config: &Config,
        provider: Arc<Provider>,
        emitter: Arc<dyn Emitter>,
        metrics: &Metrics,
        health: Health,
    ) -> Self {
        Self {
            answering: Answering::new(provider, metrics.clone(), config),
            telling: Telling(Writer(emitter)),
            metrics: metrics.clone(),
            health,
            answer_within: config.answer_within(),
            most_in_flight: config.most_in_flight,
            lanes: Lanes::default(),
            shares: BTreeMap::new(),
            assignments: 0,
            running: JoinSet::new(),
            since: BTreeMap::new(),
            started: 0,
        }
    }

    /// Works until told to stop; gives what is under way a moment to end.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn work(mut self, inlet: &mut impl Inlet, mut shutdown: Shutdown) -> Result<(), DeskError> {
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.start();
            tokio::select! {
                () = shutdown.requested() => break,
                Some(finished) = self.running.join_next() => self.finish(finished??),
                _ = look.tick() => self.look(inlet),
                event = inlet.next(), if self.lanes.waiting() < MOST_WAITING => {
                    let event = event.ok_or(DeskError::Ended)??;
                    self.take(event, inlet);
                }
            }
        }
        let drained = tokio::time::timeout(GRACE, async {
            while let Some(finished) = self.running.join_next().await {
                self.finish(finished??);
            }
            Ok::<_, DeskError>(())
        });
        let drained = drained.await;
        let cut = self.running.len();
        self.running.shutdown().await;
        self.look(inlet);
        if cut > 0 {
            tracing::warn!(calls = cut, "calls were cut off; they are asked again under the same keys");
        }
        drained.unwrap_or(Ok(()))
    }

    fn take(&mut self, event: FeedEvent, inlet: &impl Inlet) {
        match event {
            FeedEvent::Assigned(partitions) => {
                for partition in partitions {
                    self.assignments += 1;
                    let share =
                        Share { assignment: self.assignments, progress: Progress::default(), is_stopped: false };
                    self.shares.insert(partition, share);
                    inlet.begin(partition, Start::Committed);
                }
                self.health.set(PART, Condition::Ready);
            }
            FeedEvent::Revoked(partitions) => {
                for partition in partitions {
                    self.shares.remove(&partition);
                    self.lanes.forget(partition);
                }
            }
            FeedEvent::Batch { partition, records, next, .. } => {
                for record in records {
                    self.receive(record);
                }
                if let Some(share) = self.shares.get_mut(&partition).filter(|share| !share.is_stopped) {
                    share.progress.reach(next);
                }
            }
            FeedEvent::CaughtUp(_) => {}
        }
    }

    fn receive(&mut self, record: Record) {
        let Some(share) = self.shares.get_mut(&record.partition).filter(|share| !share.is_stopped) else { return };
        let envelope = Envelope::from_headers(record.header_pairs());
        let (partition, assignment, offset) = (record.partition, share.assignment, record.offset);
        match codec::decode::<PaymentCommand>(record.value.as_deref(), &envelope) {
            Ok(command) => {
                share.progress.take(offset);
                self.lanes.push(Job {
                    command,
                    traceparent: envelope.traceparent,
                    partition,
                    assignment,
                    offsets: vec![offset],
                    since: Instant::now(),
                });
            }
            Err(DecodeError::Newer { found, known }) => {
                tracing::error!(
                    partition,
                    offset,
                    found,
                    known,
                    "a newer version of the language: the partition waits for an upgrade"
                );
                share.is_stopped = true;
                let reason = format!("partition {partition} waits for an upgrade at offset {offset}");
                self.health.set(PART, Condition::Degraded(reason));
            }
            Err(error) => {
                tracing::error!(partition, offset, %error, "a record that cannot be read goes to the dead letters");
                share.progress.take(offset);
                self.metrics.buried.inc();
                let (telling, number, reason) = (self.telling.clone(), self.number(), error.to_string());
                self.running.spawn(async move {
                    telling.bury(&record, &reason).await?;
                    Ok(Finished { number, order: None, partition, assignment, offsets: vec![offset] })
                });
            }
        }
    }

    /// Starts as many commands as may be under way.
    fn start(&mut self) {
        while self.running.len() < self.most_in_flight {
            let Some(job) = self.lanes.next() else { return };
            let (answering, telling, number) = (self.answering.clone(), self.telling.clone(), self.number());
            self.since.insert(number, job.since);
            let deadline = job.since + self.answer_within;
            self.running.spawn(async move {
                let answer = answering.answer(&job.command, deadline).await;
                telling.tell(&job, answer).await?;
                let Job { command, partition, assignment, offsets, .. } = job;
                Ok(Finished { number, order: Some(command.order().clone()), partition, assignment, offsets })
            });
        }
    }

    fn finish(&mut self, finished: Finished) {
        self.since.remove(&finished.number);
        if let Some(order) = &finished.order {
            self.lanes.done(order);
        }
        if let Some(share) = self.shares.get_mut(&finished.partition)
            && share.assignment == finished.assignment
        {
            finished.offsets.iter().for_each(|offset| share.progress.finish(*offset));
        }
    }

    /// Tells how far each partition has come, and shows what there is to see.
    fn look(&mut self, inlet: &impl Inlet) {
        for (partition, share) in &mut self.shares {
            if let Some(position) = share.progress.news() {
                inlet.commit(*partition, position);
            }
        }
        let gauge = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.metrics.in_flight.set(gauge(self.running.len()));
        self.metrics.waiting.set(gauge(self.lanes.waiting()));
        self.metrics.stopped.set(gauge(self.shares.values().filter(|share| share.is_stopped).count()));
        let oldest = self.since.values().copied().min().into_iter().chain(self.lanes.oldest()).min();
        self.metrics.oldest_seconds.set(oldest.map_or(0.0, |since| since.elapsed().as_secs_f64()));
        if self.shares.values().all(|share| !share.is_stopped) && !self.shares.is_empty() {
            let condition = if self.answering.is_well() {
                Condition::Ready
            } else {
                Condition::Degraded("the payment provider does not answer: payments wait".into())
            };
            self.health.set(PART, condition);
        }
    }

    fn number(&mut self) -> u64 {
        self.started += 1;
        self.started
    }
}

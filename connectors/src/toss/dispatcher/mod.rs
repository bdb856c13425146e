//! The dispatcher: reads commands, has so many of them carried out at a time, and commits a command's offset when its answer is in the
//! log.
//!
//! It keeps nothing: what was not finished when it ended is read again, and asked again under the same keys.
//! Bounded: what is under way by `most_in_flight`, what waits by [`MOST_WAITING`] and a batch; beyond that nothing is read.

mod progress;
mod publisher;
mod queues;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use events::codec::{self, DecodeError};
use events::envelope::Envelope;
use events::ids::OrderId;
use events::payments::PaymentCommand;
use streams::emitter::Emitter;
use streams::feed::{FeedError, FeedEvent, FeedSource, Start};
use streams::record::Record;
use streams::service::{Condition, Health, Shutdown};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior};

use super::answer::Executor;
use super::config::Config;
use super::metrics::Metrics;
use super::provider::Provider;
use crate::writer::{WriteError, Writer};
use progress::Progress;
use publisher::AnswerPublisher;
use queues::{Job, OrderQueues};

/// Most commands that wait.
const MOST_WAITING: usize = 4_096;
/// How often offsets are committed and gauges set.
const LOOK: Duration = Duration::from_millis(200);
/// How long calls under way may take to end after the request to stop. What is cut off is asked again under the same key.
const GRACE: Duration = Duration::from_secs(8);
/// This part's name.
pub(crate) const PART: &str = "connectors.toss";

/// Why the dispatcher cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    /// Commands cannot be read.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// Commands do not come any more.
    #[error("the feed has ended by itself")]
    Ended,
    /// Answers cannot be written.
    #[error(transparent)]
    Publish(#[from] WriteError),
    /// A call was torn down.
    #[error("a call was torn down: {0}")]
    Torn(#[from] JoinError),
}

/// What a dispatcher works with.
pub struct Dispatcher {
    executor: Executor,
    publisher: AnswerPublisher,
    metrics: Metrics,
    health: Health,
    answer_within: Duration,
    most_in_flight: usize,
    queues: OrderQueues,
    partitions_held: BTreeMap<i32, PartitionState>,
    assignments: u64,
    running: JoinSet<Result<Finished, WriteError>>,
    /// When the commands under way were read.
    since: BTreeMap<u64, Instant>,
    started: u64,
}

/// A partition that is ours.
struct PartitionState {
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

impl Dispatcher {
    /// A dispatcher that writes its answers through `emitter`.
    #[must_use]
    pub fn new(
        config: &Config,
        provider: Arc<Provider>,
        emitter: Arc<dyn Emitter>,
        metrics: &Metrics,
        health: Health,
    ) -> Self {
        Self {
            executor: Executor::new(provider, metrics.clone(), config),
            publisher: AnswerPublisher(Writer(emitter)),
            metrics: metrics.clone(),
            health,
            answer_within: config.answer_within(),
            most_in_flight: config.most_in_flight,
            queues: OrderQueues::default(),
            partitions_held: BTreeMap::new(),
            assignments: 0,
            running: JoinSet::new(),
            since: BTreeMap::new(),
            started: 0,
        }
    }

    /// Works until shutdown; gives calls under way a moment to end.
    ///
    /// # Errors
    /// [`DispatchError`].
    pub async fn work(mut self, source: &mut impl FeedSource, mut shutdown: Shutdown) -> Result<(), DispatchError> {
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.start();
            tokio::select! {
                () = shutdown.requested() => break,
                Some(finished) = self.running.join_next() => self.finish(finished??),
                _ = look.tick() => self.look(source),
                event = source.next(), if self.queues.waiting() < MOST_WAITING => {
                    let event = event.ok_or(DispatchError::Ended)??;
                    self.take(event, source);
                }
            }
        }
        let drained = tokio::time::timeout(GRACE, async {
            while let Some(finished) = self.running.join_next().await {
                self.finish(finished??);
            }
            Ok::<_, DispatchError>(())
        });
        let drained = drained.await;
        let cut = self.running.len();
        self.running.shutdown().await;
        self.look(source);
        if cut > 0 {
            tracing::warn!(calls = cut, "calls were cut off; they are asked again under the same keys");
        }
        drained.unwrap_or(Ok(()))
    }

    fn take(&mut self, event: FeedEvent, source: &impl FeedSource) {
        match event {
            FeedEvent::Assigned(partitions) => {
                for partition in partitions {
                    self.assignments += 1;
                    let partition_state = PartitionState {
                        assignment: self.assignments,
                        progress: Progress::default(),
                        is_stopped: false,
                    };
                    self.partitions_held.insert(partition, partition_state);
                    source.begin(partition, Start::Committed);
                }
                self.health.set(PART, Condition::Ready);
            }
            FeedEvent::Revoked(partitions) => {
                for partition in partitions {
                    self.partitions_held.remove(&partition);
                    self.queues.forget(partition);
                }
            }
            FeedEvent::Batch { partition, records, next, .. } => {
                for record in records {
                    self.receive(record);
                }
                if let Some(partition_state) =
                    self.partitions_held.get_mut(&partition).filter(|partition_state| !partition_state.is_stopped)
                {
                    partition_state.progress.advance_to(next);
                }
            }
            FeedEvent::CaughtUp(_) => {}
        }
    }

    fn receive(&mut self, record: Record) {
        let Some(partition_state) =
            self.partitions_held.get_mut(&record.partition).filter(|partition_state| !partition_state.is_stopped)
        else {
            return;
        };
        let envelope = Envelope::from_headers(record.header_pairs());
        let (partition, assignment, offset) = (record.partition, partition_state.assignment, record.offset);
        match codec::decode::<PaymentCommand>(record.value.as_deref(), &envelope) {
            Ok(command) => {
                partition_state.progress.take(offset);
                self.queues.push(Job {
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
                partition_state.is_stopped = true;
                let reason = format!("partition {partition} waits for an upgrade at offset {offset}");
                self.health.set(PART, Condition::Degraded(reason));
            }
            Err(error) => {
                tracing::error!(partition, offset, %error, "a record that cannot be read goes to the dead letters");
                partition_state.progress.take(offset);
                self.metrics.dead_letters.inc();
                let (publisher, number, reason) = (self.publisher.clone(), self.number(), error.to_string());
                self.running.spawn(async move {
                    publisher.write_dead_letter(&record, &reason).await?;
                    Ok(Finished { number, order: None, partition, assignment, offsets: vec![offset] })
                });
            }
        }
    }

    /// Starts as many commands as may be under way.
    fn start(&mut self) {
        while self.running.len() < self.most_in_flight {
            let Some(job) = self.queues.next() else { return };
            let (executor, publisher, number) = (self.executor.clone(), self.publisher.clone(), self.number());
            self.since.insert(number, job.since);
            let deadline = job.since + self.answer_within;
            self.running.spawn(async move {
                let answer = executor.answer(&job.command, deadline).await;
                publisher.publish(&job, answer).await?;
                let Job { command, partition, assignment, offsets, .. } = job;
                Ok(Finished { number, order: Some(command.order().clone()), partition, assignment, offsets })
            });
        }
    }

    fn finish(&mut self, finished: Finished) {
        self.since.remove(&finished.number);
        if let Some(order) = &finished.order {
            self.queues.done(order);
        }
        if let Some(partition_state) = self.partitions_held.get_mut(&finished.partition)
            && partition_state.assignment == finished.assignment
        {
            finished.offsets.iter().for_each(|offset| partition_state.progress.finish(*offset));
        }
    }

    /// Tells how far each partition has come, and shows what there is to see.
    fn look(&mut self, source: &impl FeedSource) {
        for (partition, partition_state) in &mut self.partitions_held {
            if let Some(position) = partition_state.progress.next_to_commit() {
                source.commit(*partition, position);
            }
        }
        let gauge = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.metrics.in_flight.set(gauge(self.running.len()));
        self.metrics.waiting.set(gauge(self.queues.waiting()));
        self.metrics
            .stopped
            .set(gauge(self.partitions_held.values().filter(|partition_state| partition_state.is_stopped).count()));
        let oldest = self.since.values().copied().min().into_iter().chain(self.queues.oldest()).min();
        self.metrics.oldest.set(oldest);
        if self.partitions_held.values().all(|partition_state| !partition_state.is_stopped)
            && !self.partitions_held.is_empty()
        {
            let condition = if self.executor.is_available() {
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

//! A processor's stream threads: started, watched, stopped.
//!
//! Each thread is a plain OS thread in a slot of its own: slot `n` of an instance always has the same transactional id and
//! group instance id, so that the next process in the slot fences it and takes over at once. The caller's `connect` makes a slot's broker.
//!
//! ```no_run
//! # use std::time::Duration;
//! # use logstreams::application::{Application, ApplicationConfig};
//! # use logstreams::kafka::{ClusterConfig, KafkaBroker, SlotConfig};
//! # use logstreams::metrics::Metrics;
//! # use logstreams::service::{Health, Shutdown};
//! # async fn serve(topology: logstreams::Topology, health: Health, mut shutdown: Shutdown) -> Result<(), Box<dyn std::error::Error>> {
//! # let (cluster, instance) = (ClusterConfig::default(), "0");
//! let metrics = Metrics::unregistered()?;
//! let config = ApplicationConfig { threads: 2, instance: "0".into(), ..Default::default() };
//! let connect = move |slot: u32| {
//!     let identity = format!("clicks.{instance}.{slot}");
//!     KafkaBroker::new(&cluster, SlotConfig::new("clicks", &identity, "clicks.input"))
//! };
//! let application = Application::start(topology, connect, config, &metrics, &health, &shutdown)?;
//! shutdown.requested().await;
//! tokio::task::spawn_blocking(move || application.join(Duration::from_secs(10))).await??;
//! # Ok(())
//! # }
//! ```
//!
//! Health: one part per thread, `<application>-<slot>`, and `<application>-watchdog`, which fails when a thread has
//! stalled or ended. Without it a stalled processor would not be noticed.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::broker::{Broker, BrokerError};
use crate::metrics::Metrics;
use crate::service::{Condition, Health, Shutdown};
use crate::thread::{Step, StreamThread, ThreadConfig};
use crate::topology::Topology;

/// How a processor is run. Times are milliseconds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApplicationConfig {
    /// Stream threads; more than there are partitions are spare.
    pub threads: u32,
    /// Which instance of the application this process is; part of every slot's name. It must survive a restart.
    pub instance: String,
    /// A transaction is committed at this age at the latest; when no more input is there it is committed at once.
    pub commit_interval_ms: u32,
    /// Records and timers of one transaction, at most.
    pub transaction_records: usize,
    /// A thread that has not moved for this long counts as failed.
    pub stalled_after_ms: u32,
}

impl Default for ApplicationConfig {
    fn default() -> Self {
        Self {
            threads: 1,
            instance: "0".to_owned(),
            commit_interval_ms: 20,
            transaction_records: 4_000,
            stalled_after_ms: 60_000,
        }
    }
}

/// Running stream threads.
pub struct Application {
    name: Arc<str>,
    threads: Vec<JoinHandle<()>>,
    watchdog: JoinHandle<()>,
}

/// Why an application did not end well.
#[derive(Debug, thiserror::Error)]
pub enum ApplicationError {
    /// A thread could not be started.
    #[error("cannot start a thread of {application}: {error}")]
    Start {
        /// The application.
        application: String,
        /// The system's error.
        error: io::Error,
    },
    /// A thread did not end within the deadline. Its open transaction is aborted by the next process in its slot.
    #[error("{stuck} threads of {application} did not end in time")]
    Stuck {
        /// The application.
        application: String,
        /// How many.
        stuck: usize,
    },
}

/// A thread's last activity, in milliseconds of its application's own clock.
#[derive(Default)]
struct Heartbeat {
    moved: AtomicU64,
    ended: AtomicBool,
}

impl Application {
    /// Starts the threads and returns at once.
    ///
    /// # Errors
    /// [`ApplicationError::Start`].
    pub fn start<B, C>(
        topology: Topology,
        connect: C,
        config: ApplicationConfig,
        metrics: &Metrics,
        health: &Health,
        shutdown: &Shutdown,
    ) -> Result<Self, ApplicationError>
    where
        B: Broker + 'static,
        C: Fn(u32) -> Result<B, BrokerError> + Send + Sync + 'static,
    {
        let topology = Arc::new(topology);
        let name = topology.name().clone();
        let connect = Arc::new(connect);
        let started = Instant::now();
        let failed = |error| ApplicationError::Start { application: name.to_string(), error };
        let mut threads = Vec::new();
        let mut heartbeats = Vec::new();
        for slot in 0..config.threads.max(1) {
            let heartbeat = Arc::new(Heartbeat::default());
            let part = format!("{name}-{slot}");
            health.set(&part, Condition::Starting("connecting".to_owned()));
            let run = Runner {
                slot,
                part: part.clone(),
                topology: topology.clone(),
                config: config.clone(),
                metrics: metrics.clone(),
                health: health.clone(),
                shutdown: shutdown.clone(),
                heartbeat: heartbeat.clone(),
                started,
            };
            let connect = connect.clone();
            let body = move || run.run(connect.as_ref());
            threads.push(thread::Builder::new().name(part).spawn(body).map_err(failed)?);
            heartbeats.push(heartbeat);
        }
        let watch = Watchdog {
            application: name.clone(),
            heartbeats,
            started,
            stalled_after: Duration::from_millis(config.stalled_after_ms.into()),
            metrics: metrics.clone(),
            health: health.clone(),
            shutdown: shutdown.clone(),
        };
        let body = move || watch.run();
        let watchdog = thread::Builder::new().name(format!("{name}-watchdog")).spawn(body).map_err(failed)?;
        Ok(Self { name, threads, watchdog })
    }

    /// Whether this name in a [`Health`] is one of its threads or its watchdog.
    pub(crate) fn has_part(&self, part: &str) -> bool {
        part.strip_prefix(self.name.as_ref())
            .and_then(|rest| rest.strip_prefix('-'))
            .is_some_and(|rest| rest == "watchdog" || rest.parse::<u32>().is_ok())
    }

    /// Whether every thread has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.threads.iter().all(JoinHandle::is_finished)
    }

    /// Waits for the threads to commit and end, after shutdown was requested. Blocks; not for an async worker.
    ///
    /// # Errors
    /// [`ApplicationError::Stuck`] at the deadline: the process may be ended, no data is lost.
    pub fn join(self, deadline: Duration) -> Result<(), ApplicationError> {
        let until = Instant::now() + deadline;
        while Instant::now() < until && !self.is_finished() {
            thread::sleep(Duration::from_millis(10));
        }
        let stuck = self.threads.iter().filter(|thread| !thread.is_finished()).count();
        if stuck > 0 {
            return Err(ApplicationError::Stuck { application: self.name.to_string(), stuck });
        }
        for thread in self.threads.into_iter().chain([self.watchdog]) {
            // A panic was reported as an ended thread.
            drop(thread.join());
        }
        Ok(())
    }
}

/// Runs one thread.
struct Runner {
    slot: u32,
    part: String,
    topology: Arc<Topology>,
    config: ApplicationConfig,
    metrics: Metrics,
    health: Health,
    shutdown: Shutdown,
    heartbeat: Arc<Heartbeat>,
    started: Instant,
}

/// Marks a thread as ended when it is dropped.
struct EndMark<'a>(&'a Heartbeat);

impl Drop for EndMark<'_> {
    fn drop(&mut self) {
        self.0.ended.store(true, Ordering::Release);
    }
}

impl Runner {
    fn run<B: Broker>(&self, connect: &(dyn Fn(u32) -> Result<B, BrokerError> + Send + Sync)) {
        let _ending = EndMark(&self.heartbeat);
        let Some(broker) = self.connect(connect) else { return };
        let config = ThreadConfig {
            slot: format!("{}.{}.{}", self.topology.name(), self.config.instance, self.slot),
            commit_interval_ms: self.config.commit_interval_ms.into(),
            transaction_records: self.config.transaction_records.max(1),
            ..ThreadConfig::default()
        };
        let metrics = self.metrics.thread(self.topology.name(), self.slot);
        let mut thread = StreamThread::new(broker, self.topology.clone(), config, metrics);
        let mut reported = None;
        while !self.shutdown.is_requested() {
            let step = thread.step();
            self.beat();
            let condition = thread.condition();
            if reported.as_ref() != Some(&condition) {
                self.health.set(&self.part, condition.clone());
                reported = Some(condition);
            }
            match step {
                Step::Worked => {}
                Step::Wait(pause) => self.pause(pause),
                Step::Failed => return,
            }
        }
        self.health.set(&self.part, Condition::Degraded("draining".to_owned()));
        thread.drain();
    }

    fn connect<B>(&self, connect: &(dyn Fn(u32) -> Result<B, BrokerError> + Send + Sync)) -> Option<B> {
        let mut pause = Duration::from_millis(50);
        while !self.shutdown.is_requested() {
            self.beat();
            match connect(self.slot) {
                Ok(broker) => return Some(broker),
                Err(BrokerError::Fatal(reason)) => {
                    tracing::error!(part = %self.part, %reason, "cannot connect: retrying cannot help");
                    self.health.set(&self.part, Condition::Failed(reason));
                    return None;
                }
                Err(error) => {
                    tracing::warn!(part = %self.part, %error, "cannot connect yet");
                    self.health.set(&self.part, Condition::Starting(format!("connecting: {error}")));
                    self.pause(pause);
                    pause = (pause * 2).min(Duration::from_secs(1));
                }
            }
        }
        None
    }

    fn beat(&self) {
        self.heartbeat.moved.store(millis(self.started.elapsed()), Ordering::Relaxed);
    }

    /// Sleeps, until a shutdown is requested at most.
    fn pause(&self, pause: Duration) {
        let until = Instant::now() + pause;
        while !self.shutdown.is_requested() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            thread::sleep(left.min(Duration::from_millis(50)));
        }
    }
}

/// Watches the threads from outside.
struct Watchdog {
    application: Arc<str>,
    heartbeats: Vec<Arc<Heartbeat>>,
    started: Instant,
    stalled_after: Duration,
    metrics: Metrics,
    health: Health,
    shutdown: Shutdown,
}

impl Watchdog {
    fn run(&self) {
        let part = format!("{}-watchdog", self.application);
        let mut reported = None;
        while !self.shutdown.is_requested() {
            let condition = self.check();
            if reported.as_ref() != Some(&condition) {
                if let Condition::Failed(reason) = &condition {
                    tracing::error!(application = %self.application, %reason, "a stream thread does no work");
                }
                self.health.set(&part, condition.clone());
                reported = Some(condition);
            }
            thread::sleep(Duration::from_millis(200));
        }
    }

    fn check(&self) -> Condition {
        let now = self.started.elapsed();
        let ago = |mark: &AtomicU64| now.saturating_sub(Duration::from_millis(mark.load(Ordering::Relaxed)));
        let mut failed = Vec::new();
        for (slot, heartbeat) in (0_u32..).zip(&self.heartbeats) {
            if heartbeat.ended.load(Ordering::Acquire) {
                failed.push(format!("thread {slot} has ended"));
            } else if ago(&heartbeat.moved) > self.stalled_after {
                failed.push(format!("thread {slot} has not moved for {} s", ago(&heartbeat.moved).as_secs()));
            }
        }
        self.metrics.set_failed_threads(&self.application, failed.len());
        if failed.is_empty() { Condition::Ready } else { Condition::Failed(failed.join(", ")) }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "application_tests.rs"]
mod tests;

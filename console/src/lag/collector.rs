//! Looks at the cluster once a second, on a thread of its own, and publishes a snapshot. Joins no group, commits nothing.
//!
//! A look that fails leaves nothing old behind: `is_up` is false at once, and the snapshot goes after three looks that failed. Whoever shows
//! snapshots never asks Kafka.

use std::sync::Arc;
use std::time::{Duration, Instant};

use prometheus::Histogram;
use streams::broker::BrokerError;
use streams::clock::now_ms;
use streams::kafka::{AdminError, ClusterConfig, ConfigError as KafkaConfigError};
use streams::service::Shutdown;
use tokio::sync::watch;

use super::config::{Config, ConfigError, Watched};
use super::look::Looker;
use super::round::Moment;
use super::snapshot::Snapshot;
use super::tracker::{Counted, Tracker};

/// Between the beginnings of two looks.
const EVERY: Duration = Duration::from_secs(1);
/// After so many looks that failed, one after the other, the last snapshot is withdrawn.
const MOST_MISSED: u32 = 3;

/// What went wrong, as a metric's label.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Question {
    /// Which topics there are and how they forget.
    Topics,
    /// Which groups there are, their state and members.
    Groups,
    /// Where a group stands.
    Positions,
    /// Where partitions end.
    Ends,
    /// The first record at a position.
    Records,
}

impl Question {
    /// Every question.
    pub const ALL: [Self; 5] = [Self::Topics, Self::Groups, Self::Positions, Self::Ends, Self::Records];

    /// Its word in metrics and logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Topics => "topics",
            Self::Groups => "groups",
            Self::Positions => "positions",
            Self::Ends => "ends",
            Self::Records => "records",
        }
    }
}

/// A question that was not answered.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}: {reason}", question.word())]
pub struct LookError {
    /// The question.
    pub question: Question,
    /// Why.
    pub reason: String,
}

impl LookError {
    pub(super) fn of(question: Question) -> impl Fn(BrokerError) -> Self {
        move |error| Self { question, reason: error.to_string() }
    }

    pub(super) fn of_topics(error: &AdminError) -> Self {
        Self { question: Question::Topics, reason: error.to_string() }
    }
}

/// The newest that is known, and how the collector is doing.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// The newest snapshot; none before the first look, and after three looks that failed.
    pub snapshot: Option<Arc<Snapshot>>,
    /// Whether the newest look succeeded.
    pub is_up: bool,
    /// When a look last succeeded, milliseconds since 1970; 0 before the first.
    pub last_success_ms: i64,
    /// Why the newest look failed.
    pub error: Option<LookError>,
    /// How many questions of each kind went unanswered, in the order of [`Question::ALL`].
    pub errors: [u64; 5],
    /// What the tracker has counted.
    pub counted: Counted,
    /// How many looks there were.
    pub looks: u64,
    /// How long the newest look took, seconds.
    pub look_seconds: f64,
    /// When the snapshot was taken.
    pub taken: Option<Instant>,
}

/// The newest view, for whoever shows it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Latest(watch::Receiver<Arc<View>>);

impl Latest {
    /// The newest view.
    #[must_use]
    pub fn view(&self) -> Arc<View> {
        Arc::clone(&self.0.borrow())
    }

    /// The next view, once there is one; none when the collector has ended.
    pub async fn next(&mut self) -> Option<Arc<View>> {
        self.0.changed().await.ok()?;
        Some(Arc::clone(&self.0.borrow_and_update()))
    }

    /// A view that never changes, for tests of what shows it.
    #[must_use]
    pub fn fixed(view: View) -> Self {
        Self(watch::channel(Arc::new(view)).1)
    }
}

/// Looks at the cluster and makes snapshots.
pub struct Collector {
    looker: Looker,
    tracker: Tracker,
    began: Instant,
    view: View,
    missed: u32,
}

impl Collector {
    /// Makes the clients; they connect in the background.
    ///
    /// # Errors
    /// [`ConfigError`] when the cluster's settings or a group's pattern are refused.
    pub fn new(cluster: &ClusterConfig, config: &Config, watched: &[Watched]) -> Result<Self, ConfigError> {
        let slos = watched
            .iter()
            .map(|watched| ((Arc::clone(&watched.group), Arc::clone(&watched.topic)), watched.slo_seconds));
        let tracker = Tracker::new(slos.collect());
        let looker = Looker::new(cluster, config, watched)?;
        Ok(Self { looker, tracker, began: Instant::now(), view: View::default(), missed: 0 })
    }

    /// Looks once. Blocks, at most some seconds when no broker answers.
    pub fn look(&mut self) -> &View {
        let look_began = Instant::now();
        let clock = Clock { began: self.began };
        let result = self.looker.look(|| clock.now()).map(|round| {
            let answers = self.looker.read(&mut self.tracker, &round);
            (round, answers)
        });
        match result {
            Ok((mut round, answers)) => {
                let unanswered = answers.as_ref().err().cloned();
                // Reading took its time: what was found is as old as it is now.
                round.at = clock.now();
                let snapshot = self.tracker.take(&round, &answers.unwrap_or_default());
                self.view.snapshot = Some(Arc::new(snapshot));
                self.view.taken = Some(Instant::now());
                self.view.is_up = true;
                self.view.last_success_ms = round.at.wall_ms;
                self.view.error = None;
                self.missed = 0;
                unanswered.iter().for_each(|error| self.count(error));
            }
            Err(error) => {
                self.count(&error);
                if self.view.is_up || self.view.looks == 0 {
                    tracing::warn!(%error, "lag is not known");
                }
                self.missed += 1;
                self.view.is_up = false;
                self.view.error = Some(error);
                if self.missed >= MOST_MISSED {
                    self.view.snapshot = None;
                }
            }
        }
        let missed: Vec<LookError> = self.looker.take_errors();
        missed.iter().for_each(|error| self.count(error));
        self.view.counted = self.tracker.counted();
        self.view.looks += 1;
        self.view.look_seconds = look_began.elapsed().as_secs_f64();
        &self.view
    }

    /// Looks once a second on a thread of its own until shutdown, and notes how long each look takes.
    ///
    /// # Errors
    /// [`std::io::Error`] when no thread can be started.
    pub fn start(mut self, durations: Histogram, shutdown: Shutdown) -> Result<Latest, std::io::Error> {
        let (sender, receiver) = watch::channel(Arc::new(View::default()));
        std::thread::Builder::new().name("lag".into()).spawn(move || {
            while !shutdown.is_requested() {
                let began = Instant::now();
                let view = self.look().clone();
                durations.observe(view.look_seconds);
                sender.send_replace(Arc::new(view));
                while began.elapsed() < EVERY && !shutdown.is_requested() {
                    std::thread::sleep((EVERY - began.elapsed().min(EVERY)).min(Duration::from_millis(100)));
                }
            }
        })?;
        Ok(Latest(receiver))
    }

    fn count(&mut self, error: &LookError) {
        let place = Question::ALL.iter().position(|question| *question == error.question);
        if let Some(count) = place.and_then(|place| self.view.errors.get_mut(place)) {
            *count += 1;
        }
    }
}

/// Both clocks at once.
#[derive(Clone, Copy)]
struct Clock {
    began: Instant,
}

impl Clock {
    fn now(self) -> Moment {
        let elapsed_ms = i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX);
        Moment { wall_ms: now_ms(), elapsed_ms }
    }
}

impl From<KafkaConfigError> for ConfigError {
    fn from(error: KafkaConfigError) -> Self {
        Self(error.to_string())
    }
}

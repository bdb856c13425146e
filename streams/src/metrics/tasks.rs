//! The tasks of this process as they are at the moment of a scrape: how many in which state, and how long each has had a record that
//! it has not committed. Nothing here is refreshed by a thread, so a thread that hangs is seen.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::task::{State, Task};

/// The timestamp of the oldest record that a task has read and not committed. Cheap to clone; all clones show the same.
#[derive(Clone, Debug)]
pub(crate) struct UncommittedSince(Arc<AtomicI64>);

/// No record is before 1970 by that much.
const NONE: i64 = i64::MIN;

impl Default for UncommittedSince {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(NONE)))
    }
}

impl UncommittedSince {
    /// Milliseconds since 1970, if there is such a record.
    #[cfg_attr(not(any(feature = "metrics", test)), expect(dead_code, reason = "nobody looks without a registry"))]
    pub(crate) fn get(&self) -> Option<i64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|timestamp| *timestamp != NONE)
    }

    /// A record with this timestamp was read.
    pub(crate) fn read(&self, timestamp: i64) {
        // Only the task's own thread writes.
        if self.0.load(Ordering::Relaxed) == NONE {
            self.0.store(timestamp, Ordering::Relaxed);
        }
    }

    /// All before this record was committed; nothing is left when there is none.
    pub(crate) fn committed(&self, next: Option<i64>) {
        self.0.store(next.unwrap_or(NONE), Ordering::Relaxed);
    }
}

/// What is shown of a task.
#[cfg_attr(not(feature = "metrics"), expect(dead_code, reason = "nobody looks without a registry"))]
#[derive(Clone, Debug)]
pub(crate) struct TaskView {
    pub(crate) partition: i32,
    pub(crate) state: State,
    pub(crate) uncommitted_since: UncommittedSince,
}

impl TaskView {
    pub(crate) fn of(task: &Task) -> Self {
        Self { partition: task.partition(), state: task.state(), uncommitted_since: task.uncommitted_since.clone() }
    }
}

/// The tasks of each thread, by application and thread.
type OfThreads = BTreeMap<(String, u32), Vec<TaskView>>;

/// The tasks of every thread. Locked when partitions come and go, and by a scrape.
#[derive(Clone, Debug, Default)]
pub(super) struct Tasks(Arc<Mutex<OfThreads>>);

impl Tasks {
    pub(super) fn show(&self, application: &str, thread: u32, tasks: Vec<TaskView>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert((application.to_owned(), thread), tasks);
    }
}

#[cfg(feature = "metrics")]
pub(super) use collector::Collector;

#[cfg(feature = "metrics")]
mod collector {
    use std::sync::PoisonError;

    use prometheus::core::{Collector as Collect, Desc};
    use prometheus::proto::MetricFamily;
    use prometheus::{GaugeVec, IntGaugeVec, Opts};

    use super::Tasks;
    use crate::clock::now_ms;
    use crate::task::State;

    /// Computes at scrape.
    pub(crate) struct Collector {
        tasks: Tasks,
        by_state: IntGaugeVec,
        lag: GaugeVec,
    }

    const STATES: [(State, &str); 4] = [
        (State::Restoring, "restoring"),
        (State::Running, "running"),
        (State::Parked, "parked"),
        (State::Suspended, "suspended"),
    ];

    impl Collector {
        pub(crate) fn new(tasks: Tasks) -> Result<Self, prometheus::Error> {
            let by_state = Opts::new("streams_tasks", "Tasks of this process by state.");
            let lag = Opts::new(
                "streams_task_lag_seconds",
                "Now minus the timestamp of the oldest record that was read and is not committed, computed at scrape; 0 when there is none.",
            );
            Ok(Self {
                tasks,
                by_state: IntGaugeVec::new(by_state, &["application", "state"])?,
                lag: GaugeVec::new(lag, &["application", "partition"])?,
            })
        }
    }

    impl Collect for Collector {
        fn desc(&self) -> Vec<&Desc> {
            self.by_state.desc().into_iter().chain(self.lag.desc()).collect()
        }

        fn collect(&self) -> Vec<MetricFamily> {
            // One scrape at a time: the gauges are emptied and filled.
            let tasks = self.tasks.0.lock().unwrap_or_else(PoisonError::into_inner);
            let now = now_ms();
            self.by_state.reset();
            self.lag.reset();
            for ((application, _), tasks) in tasks.iter() {
                for (state, name) in STATES {
                    let found = tasks.iter().filter(|task| task.state == state).count();
                    let found = i64::try_from(found).unwrap_or(i64::MAX);
                    self.by_state.with_label_values(&[application.as_str(), name]).add(found);
                }
                for task in tasks.iter().filter(|task| task.state != State::Suspended) {
                    let age_ms = task.uncommitted_since.get().map_or(0, |since| now.saturating_sub(since).max(0));
                    #[expect(clippy::cast_precision_loss, reason = "ages are far below 2^53 milliseconds")]
                    let age = age_ms as f64 / 1_000.0;
                    self.lag.with_label_values(&[application.as_str(), &task.partition.to_string()]).set(age);
                }
            }
            self.by_state.collect().into_iter().chain(self.lag.collect()).collect()
        }
    }
}

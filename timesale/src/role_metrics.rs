//! What every role shows of itself, whatever it does: its build, its process, its async runtime, and the condition of its parts. All but
//! the build is looked up at the moment of a scrape.

use std::sync::{Mutex, PoisonError};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Counter, IntGauge, IntGaugeVec, Opts, Registry};
use streams::service::{Condition, Health};
use tokio::runtime::RuntimeMetrics;

/// The commit that this was built from, if the build said so.
const REVISION: Option<&str> = option_env!("TIMESALE_REVISION");

/// Registers everything. To be called once, inside the async runtime.
///
/// # Errors
/// [`prometheus::Error`] when a name is taken.
pub(crate) fn register(registry: &Registry, health: &Health) -> Result<(), prometheus::Error> {
    let build = IntGaugeVec::new(
        Opts::new("timesale_build_info", "Always 1; the labels say which build this process runs."),
        &["version", "revision"],
    )?;
    let revision = REVISION.filter(|revision| !revision.is_empty()).unwrap_or("unknown");
    build.with_label_values(&[env!("CARGO_PKG_VERSION"), revision]).set(1);
    registry.register(Box::new(build))?;
    #[cfg(target_os = "linux")]
    registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
    registry.register(Box::new(Runtime::new(tokio::runtime::Handle::current().metrics())?))?;
    registry.register(Box::new(Parts::new(health.clone())?))
}

/// The async runtime.
struct Runtime {
    runtime: RuntimeMetrics,
    workers: IntGauge,
    alive: IntGauge,
    queued: IntGauge,
    /// Locked while it is brought up to date: two scrapes at once must not add the same time twice.
    busy: Mutex<Counter>,
    desc: Vec<Desc>,
}

impl Runtime {
    fn new(runtime: RuntimeMetrics) -> Result<Self, prometheus::Error> {
        let name = |name: &str| format!("timesale_runtime_{name}");
        let workers = IntGauge::new(name("workers"), "Worker threads of the async runtime.")?;
        let alive = IntGauge::new(name("alive_tasks"), "Async tasks that have begun and not ended.")?;
        let queued =
            IntGauge::new(name("queued_tasks"), "Async tasks in the runtime's global queue that wait for a worker.")?;
        let busy = Counter::new(
            name("busy_seconds_total"),
            "Time that the workers of the async runtime spent on tasks, all workers together.",
        )?;
        let desc = [workers.desc(), alive.desc(), queued.desc(), busy.desc()].concat().into_iter().cloned().collect();
        Ok(Self { runtime, workers, alive, queued, busy: Mutex::new(busy), desc })
    }
}

impl Collector for Runtime {
    fn desc(&self) -> Vec<&Desc> {
        self.desc.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let workers = self.runtime.num_workers();
        self.workers.set(number(workers));
        self.alive.set(number(self.runtime.num_alive_tasks()));
        self.queued.set(number(self.runtime.global_queue_depth()));
        let busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let total: f64 = (0..workers).map(|worker| self.runtime.worker_total_busy_duration(worker).as_secs_f64()).sum();
        busy.inc_by((total - busy.get()).max(0.0));
        [self.workers.collect(), self.alive.collect(), self.queued.collect(), busy.collect()].concat()
    }
}

/// The condition of each part.
struct Parts {
    health: Health,
    /// Emptied and filled by each scrape, so one at a time.
    conditions: Mutex<IntGaugeVec>,
    desc: Vec<Desc>,
}

impl Parts {
    fn new(health: Health) -> Result<Self, prometheus::Error> {
        let conditions = IntGaugeVec::new(
            Opts::new(
                "timesale_part_condition",
                "1 for the condition that a part of this process is in, as /readyz?verbose names them.",
            ),
            &["part", "condition"],
        )?;
        let desc = conditions.desc().into_iter().cloned().collect();
        Ok(Self { health, conditions: Mutex::new(conditions), desc })
    }
}

impl Collector for Parts {
    fn desc(&self) -> Vec<&Desc> {
        self.desc.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let conditions = self.conditions.lock().unwrap_or_else(PoisonError::into_inner);
        conditions.reset();
        for (part, condition) in self.health.parts() {
            for name in Condition::NAMES {
                conditions.with_label_values(&[part.as_str(), name]).set(i64::from(condition.name() == name));
            }
        }
        conditions.collect()
    }
}

#[cfg(test)]
#[path = "role_metrics_tests.rs"]
mod tests;

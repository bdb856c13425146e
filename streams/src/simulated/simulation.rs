//! Several instances of one topology on a simulated cluster, under a seeded scheduler that kills, pauses, duplicates and rebalances
//! them: the harness for showing that a topology processes each record exactly once under any fault, for authors of processors and
//! for the runtime's own tests. It runs the production loop; it does not interpret records.
//!
//! ```
//! # use logstreams::{Context, Group, Input, Output, Table, Topology, TopologyError, Verdict};
//! # const CLICKS: Input<String, String> = Input::new("clicks");
//! # const COUNTS: Table<String, u64> = Table::new(0, "counts");
//! # const TOTALS: Output<String, u64> = Output::new("totals");
//! # fn on_click(page: String, _visitor: String, context: &mut dyn Context) -> Result<(), Verdict> {
//! #     let count = COUNTS.get(context, &page)?.unwrap_or(0) + 1;
//! #     COUNTS.put(context, &page, &count);
//! #     TOTALS.emit(context, &page, &count);
//! #     Ok(())
//! # }
//! # fn topology() -> Result<Topology, TopologyError> {
//! #     Group::new("counter").input(&CLICKS, on_click).table(&COUNTS).output(&TOTALS).build()
//! # }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use fastrand::Rng;
//! # use logstreams::record::Outgoing;
//! # use logstreams::simulated::{FaultRates, Isolation, Setup, Simulation};
//! # let seed = 7;
//! # let click = |page: &str| Outgoing {
//! #     topic: "clicks".into(),
//! #     partition: None,
//! #     key: Some(page.to_owned().into()),
//! #     value: Some("visitor-1".into()),
//! #     headers: Vec::new(),
//! # };
//! # let clicks = ["home", "prices", "home"].map(click);
//! let simulation = Simulation::new(seed, topology()?, Setup { instances: 2, partitions: 2, ..Setup::default() })?;
//! simulation.cluster().set_faults(FaultRates::swarm(&mut Rng::with_seed(seed)));
//! for click in clicks {
//!     simulation.cluster().produce(click)?;
//!     simulation.run(5);                        // five steps: of instances, of time, of faults
//! }
//! simulation.heal();
//! simulation.quiesce(20_000)?;                  // or an error with what is unfinished
//! let partitions = 0..2;
//! let totals = partitions.map(|p| simulation.cluster().records("totals", p, Isolation::ReadCommitted).map(|found| found.len()));
//! assert_eq!(totals.sum::<Result<usize, _>>()?, 3);
//! # Ok(())
//! # }
//! ```

use std::sync::{Arc, PoisonError};

use super::cluster::Cluster;
use super::protocol::{Clock, Isolation, Refusal, Slot, Timestamps};
use super::scheduler::{Instance, Scheduler, Wrap};
use crate::metrics::{Metrics, MetricsError};
use crate::processor::StoreId;
use crate::task::Task;
use crate::thread::ThreadConfig;
use crate::topology::Topology;

/// The start of simulated time, milliseconds since 1970.
pub const BEGINNING: i64 = 1_000_000;

/// How a simulation is laid out.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Instances of the topology, each one stream thread with an identity of its own.
    pub instances: usize,
    /// Partitions of the source and of the changelog.
    pub partitions: i32,
    /// Partitions of each sink and of the dead letters.
    pub sink_partitions: i32,
    /// `transaction.timeout.ms`.
    pub transaction_timeout_ms: i64,
    /// `session.timeout.ms`.
    pub session_timeout_ms: i64,
}

impl Default for Setup {
    fn default() -> Self {
        let Slot { transaction_timeout_ms, session_timeout_ms, .. } = Slot::new("", "", "");
        Self { instances: 2, partitions: 2, sink_partitions: 2, transaction_timeout_ms, session_timeout_ms }
    }
}

/// Why a simulation did not become idle.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum QuiesceError {
    /// An instance has stopped, for this reason.
    #[error("an instance stopped: {0}")]
    Stopped(String),
    /// Something is unfinished after so many steps.
    #[error("not idle after {steps} steps: {unfinished}")]
    NotIdle {
        /// The steps allowed.
        steps: usize,
        /// What is unfinished.
        unfinished: String,
    },
}

/// A store's keys and values, in order of keys.
pub type Entries = Vec<(Vec<u8>, Vec<u8>)>;

/// Several instances of one topology on one cluster. Dropping it ends them.
pub struct Simulation {
    scheduler: Arc<Scheduler>,
}

impl Simulation {
    /// Creates the topology's topics (source with append time, all others with create time) and its instances, which start with
    /// the first steps. The seed decides everything that is drawn.
    ///
    /// # Errors
    /// [`MetricsError`] when the metrics cannot be made.
    pub fn new(seed: u64, topology: Topology, setup: Setup) -> Result<Self, MetricsError> {
        Self::with(seed, topology, setup, |broker| Box::new(broker), ThreadConfig::default())
    }

    /// As [`Simulation::new`], on a cluster that is there already: for topologies that exchange records. Topics that exist are
    /// left as they are. Time passes for all with the steps of each.
    ///
    /// # Errors
    /// As [`Simulation::new`].
    pub fn on(cluster: &Cluster, topology: Topology, setup: Setup) -> Result<Self, MetricsError> {
        Self::on_cluster(cluster.clone(), topology, setup, |broker| Box::new(broker), ThreadConfig::default())
    }

    pub(super) fn with(
        seed: u64,
        topology: Topology,
        setup: Setup,
        wrap: Wrap,
        config: ThreadConfig,
    ) -> Result<Self, MetricsError> {
        Self::on_cluster(Cluster::new(seed, Clock::Injected(BEGINNING)), topology, setup, wrap, config)
    }

    fn on_cluster(
        cluster: Cluster,
        topology: Topology,
        setup: Setup,
        wrap: Wrap,
        config: ThreadConfig,
    ) -> Result<Self, MetricsError> {
        let metrics = Metrics::unregistered()?;
        let Setup { instances, partitions, sink_partitions, transaction_timeout_ms, session_timeout_ms } = setup;
        cluster.create_topic(topology.source(), partitions, Timestamps::LogAppendTime);
        cluster.create_topic(topology.changelog(), partitions, Timestamps::CreateTime);
        cluster.create_topic(topology.dead_letters(), sink_partitions, Timestamps::CreateTime);
        if let Some(control) = topology.control() {
            cluster.create_topic(control, 1, Timestamps::LogAppendTime);
        }
        for sink in topology.sinks() {
            cluster.create_topic(sink, sink_partitions, Timestamps::CreateTime);
        }
        let instance = |index: usize| {
            let slot = Slot::new(topology.name(), &index.to_string(), topology.source());
            Instance::new(index, Slot { transaction_timeout_ms, session_timeout_ms, ..slot }, BEGINNING)
        };
        let instances = (0..instances).map(instance).collect();
        Ok(Self { scheduler: Arc::new(Scheduler::new(cluster, Arc::new(topology), config, metrics, wrap, instances)) })
    }

    /// The cluster: put records in, look at logs, advance time, set faults.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.scheduler.cluster
    }

    /// Takes steps: in each, a little time passes, a fault may occur, and one instance takes a step.
    pub fn run(&self, steps: usize) {
        for _ in 0..steps {
            self.scheduler.step(None);
        }
    }

    /// Kills an instance (by its number, from 0) between two steps; it starts again after `after_ms`.
    pub fn crash(&self, instance: usize, after_ms: i64) {
        let starts_at = self.cluster().now() + after_ms.max(1);
        let dropped = self.scheduler.instances().get_mut(instance).and_then(|instance| {
            instance.starts_at = starts_at;
            instance.running.take()
        });
        drop(dropped);
    }

    /// No more faults; duplicates end; what is still in the network arrives.
    pub fn heal(&self) {
        let duplicates: Vec<Instance> = {
            let mut instances = self.scheduler.instances();
            let (duplicates, rest) =
                std::mem::take(&mut *instances).into_iter().partition(|instance| instance.ends_at.is_some());
            *instances = rest;
            duplicates
        };
        drop(duplicates);
        self.cluster().heal();
    }

    /// Steps until every record of the source is processed, no transaction is open and no timer is due.
    ///
    /// # Errors
    /// [`QuiesceError`] names what is unfinished.
    pub fn quiesce(&self, steps: usize) -> Result<(), QuiesceError> {
        let mut unfinished = None;
        for step in 0..steps {
            if let Some(reason) = self.alarms().into_iter().next() {
                return Err(QuiesceError::Stopped(reason));
            }
            if step % 8 == 0 {
                unfinished = self.unfinished();
                if unfinished.is_none() {
                    return Ok(());
                }
            }
            self.scheduler.step(None);
        }
        Err(QuiesceError::NotIdle { steps, unfinished: unfinished.unwrap_or_default() })
    }

    /// What is unfinished, if anything is.
    #[must_use]
    pub fn unfinished(&self) -> Option<String> {
        let cluster = self.cluster();
        if let Some(open) = cluster.open_transactions().first() {
            return Some(format!("the transaction of {open} is open"));
        }
        let topology = &self.scheduler.topology;
        let now = cluster.now();
        for partition in 0..cluster.partitions(topology.source()).unwrap_or(0) {
            let unread = cluster.unread(topology.name(), topology.source(), partition);
            if unread > 0 {
                return Some(format!("{unread} records of {}-{partition} are unprocessed", topology.source()));
            }
            let due = |task: &mut Task| task.next_deadline().is_some_and(|due| due <= now);
            let Some((position, is_due)) = self.scheduler.with_task(partition, |task| (task.position(), due(task)))
            else {
                return Some(format!("no instance runs partition {partition}"));
            };
            if is_due {
                return Some(format!("a timer of partition {partition} is due"));
            }
            // Its partition was taken over while it was cut off, and it does not know yet; the new owner may still be restoring.
            let committed = cluster.committed(topology.name(), partition).map_or(0, |committed| committed.offset);
            if position < committed {
                return Some(format!("the owner of partition {partition} is at {position}, committed is {committed}"));
            }
        }
        None
    }

    /// Why instances have stopped. Empty, unless something is wrong that no restart repairs.
    #[must_use]
    pub fn alarms(&self) -> Vec<String> {
        self.scheduler.alarms.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Everything in a store of the instance that runs the partition; nothing if none does.
    #[must_use]
    pub fn entries(&self, partition: i32, store: StoreId) -> Option<Entries> {
        self.scheduler.with_task(partition, |task| task.stores().scan(usize::from(store.0), &[], None, usize::MAX))
    }

    /// Everything in a store by the changelog: what the next owner would restore.
    ///
    /// # Errors
    /// [`Refusal`] when the partition does not exist.
    pub fn changelog_entries(&self, partition: i32, store: StoreId) -> Result<Entries, Refusal> {
        let topology = &self.scheduler.topology;
        let mut entries = std::collections::BTreeMap::new();
        for record in self.cluster().records(topology.changelog(), partition, Isolation::ReadCommitted)? {
            match crate::changelog::decode(topology, &record) {
                Ok(crate::changelog::Change::Entry(slot, key, Some(value))) if slot == usize::from(store.0) => {
                    entries.insert(key.to_vec(), value.to_vec());
                }
                Ok(crate::changelog::Change::Entry(slot, key, None)) if slot == usize::from(store.0) => {
                    entries.remove(key);
                }
                _ => {}
            }
        }
        Ok(entries.into_iter().collect())
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        // Instances may hold the scheduler.
        let instances = std::mem::take(&mut *self.scheduler.instances());
        drop(instances);
    }
}

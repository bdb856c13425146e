//! Several instances of one topology on a simulated cluster, under a seeded scheduler that kills, pauses, doubles and rebalances
//! them: the harness for proving that a topology decides exactly once whatever happens. For authors of processors as much as
//! for the runtime's own tests. It runs the production loop; it does not know what a record means.
//!
//! ```ignore
//! let mut simulation = Simulation::new(seed, topology()?, Setup { instances: 2, partitions: 2, ..Setup::default() })?;
//! simulation.cluster().set_faults(FaultRates::swarm(&mut Rng::with_seed(seed)));
//! for command in commands {
//!     simulation.cluster().produce(command)?;
//!     simulation.run(5);                        // five steps: of instances, of time, of faults
//! }
//! simulation.heal();
//! simulation.quiesce(20_000)?;                  // or says what hangs
//! let events = simulation.cluster().records("coupons.events", 0, Isolation::ReadCommitted)?;
//! ```

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::broker::{ProcessId, SimulatedBroker, Slot};
use super::cluster::{Clock, Cluster, Timestamps};
use super::faults::Fault;
use super::gate::{Crash, Gate};
use super::log::Tombstones;
use super::protocol::{Isolation, Refusal};
use crate::broker::Broker;
use crate::metrics::Metrics;
use crate::processor::StoreId;
use crate::thread::{Step, StreamThread, ThreadConfig};
use crate::topology::Topology;

/// Where simulated time begins, milliseconds since 1970.
pub const BEGINNING: i64 = 1_000_000;
/// Pauses within pauses, at most.
const DEPTH: usize = 2;

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

/// Why a simulation did not come to rest.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Restless {
    /// An instance has stopped for good, with this alarm.
    #[error("an instance stopped for good: {0}")]
    Alarm(String),
    /// Something still hangs after so many steps.
    #[error("not at rest after {steps} steps: {hanging}")]
    Hanging {
        /// The steps allowed.
        steps: usize,
        /// What hangs.
        hanging: String,
    },
}

/// A store's keys and values, in order of keys.
pub type Entries = Vec<(Vec<u8>, Vec<u8>)>;

/// Several instances of one topology on one cluster. Dropping it ends them.
pub struct Simulation {
    world: Arc<World>,
}

/// Makes an instance's connection out of a plain one: seeded bugs at the seam go here.
pub(super) type Wrap = fn(SimulatedBroker) -> Box<dyn Broker + Send>;

pub(super) struct World {
    cluster: Cluster,
    topology: Arc<Topology>,
    config: ThreadConfig,
    metrics: Metrics,
    wrap: Wrap,
    seats: Mutex<Vec<Seat>>,
    alarms: Mutex<Vec<String>>,
    depth: AtomicUsize,
}

/// A place for one process.
struct Seat {
    id: usize,
    slot: Slot,
    /// When to start (again), if nothing runs.
    starts_at: i64,
    /// A second process of the same identity does not start again, and ends at this time.
    ends_at: Option<i64>,
    /// Taken out while it takes a step.
    instance: Option<Box<Instance>>,
    stepping: bool,
}

struct Instance {
    thread: StreamThread<Gate>,
}

impl Simulation {
    /// Creates the topology's topics (source with append time, all others with create time) and seats for its instances, which
    /// start with the first steps. The seed decides everything that is drawn.
    ///
    /// # Errors
    /// [`prometheus::Error`] when the metrics cannot be made.
    pub fn new(seed: u64, topology: Topology, setup: Setup) -> Result<Self, prometheus::Error> {
        Self::with(seed, topology, setup, |broker| Box::new(broker), ThreadConfig::default())
    }

    pub(super) fn with(
        seed: u64,
        topology: Topology,
        setup: Setup,
        wrap: Wrap,
        config: ThreadConfig,
    ) -> Result<Self, prometheus::Error> {
        let metrics = Metrics::new(&prometheus::Registry::new())?;
        let Setup { instances, partitions, sink_partitions, transaction_timeout_ms, session_timeout_ms } = setup;
        let cluster = Cluster::new(seed, Clock::Injected(BEGINNING));
        cluster.create_topic(topology.source(), partitions, Timestamps::LogAppendTime);
        cluster.create_topic(topology.changelog(), partitions, Timestamps::CreateTime);
        cluster.create_topic(topology.dead_letters(), sink_partitions, Timestamps::CreateTime);
        for sink in topology.sinks() {
            cluster.create_topic(sink, sink_partitions, Timestamps::CreateTime);
        }
        let seat = |index: usize| Seat {
            id: index,
            slot: Slot {
                transaction_timeout_ms,
                session_timeout_ms,
                ..Slot::new(topology.name(), &index.to_string(), topology.source())
            },
            starts_at: BEGINNING,
            ends_at: None,
            instance: None,
            stepping: false,
        };
        let seats = Mutex::new((0..instances).map(seat).collect());
        let (alarms, depth) = (Mutex::default(), AtomicUsize::new(0));
        let topology = Arc::new(topology);
        Ok(Self { world: Arc::new(World { cluster, topology, config, metrics, wrap, seats, alarms, depth }) })
    }

    /// The cluster: put records in, look at logs, turn time, set faults.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.world.cluster
    }

    /// Takes steps: in each, a little time passes, a fault of the world may strike, and one instance takes a step.
    pub fn run(&self, steps: usize) {
        for _ in 0..steps {
            self.world.step(None);
        }
    }

    /// Kills an instance (by its number, from 0) between two steps; it starts again after `after_ms`.
    pub fn crash(&self, instance: usize, after_ms: i64) {
        let starts_at = self.cluster().now() + after_ms.max(1);
        let dropped = self.world.seats().get_mut(instance).and_then(|seat| {
            seat.starts_at = starts_at;
            seat.instance.take()
        });
        drop(dropped);
    }

    /// No more faults; doubles end; what is still in the network arrives.
    pub fn heal(&self) {
        let doubles: Vec<Seat> = {
            let mut seats = self.world.seats();
            let (doubles, rest) = std::mem::take(&mut *seats).into_iter().partition(|seat| seat.ends_at.is_some());
            *seats = rest;
            doubles
        };
        drop(doubles);
        self.cluster().heal();
    }

    /// Steps on until everything in the inbox has been decided, nothing is open and no timer is due.
    ///
    /// # Errors
    /// [`Restless`] says what hangs: a live system comes to rest.
    pub fn quiesce(&self, steps: usize) -> Result<(), Restless> {
        let mut hanging = None;
        for step in 0..steps {
            if let Some(alarm) = self.alarms().into_iter().next() {
                return Err(Restless::Alarm(alarm));
            }
            if step % 8 == 0 {
                hanging = self.hanging();
                if hanging.is_none() {
                    return Ok(());
                }
            }
            self.world.step(None);
        }
        Err(Restless::Hanging { steps, hanging: hanging.unwrap_or_default() })
    }

    /// What keeps the simulation from being at rest, if anything does.
    #[must_use]
    pub fn hanging(&self) -> Option<String> {
        let cluster = self.cluster();
        if let Some(open) = cluster.open_transactions().first() {
            return Some(format!("the transaction of {open} is open"));
        }
        let topology = &self.world.topology;
        let now = cluster.now();
        for partition in 0..cluster.partitions(topology.source()).unwrap_or(0) {
            let unread = cluster.unread(topology.name(), topology.source(), partition);
            if unread > 0 {
                return Some(format!("{unread} records of {}-{partition} are undecided", topology.source()));
            }
            let due = self.world.with_task(partition, |task| task.next_deadline().is_some_and(|due| due <= now));
            match due {
                None => return Some(format!("nobody runs partition {partition}")),
                Some(true) => return Some(format!("a timer of partition {partition} is due")),
                Some(false) => {}
            }
        }
        None
    }

    /// Why instances have stopped for good. Empty, unless something is wrong that no restart cures.
    #[must_use]
    pub fn alarms(&self) -> Vec<String> {
        self.world.alarms.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Everything in a store of the instance that runs the partition; nothing if nobody does.
    #[must_use]
    pub fn entries(&self, partition: i32, store: StoreId) -> Option<Entries> {
        self.world.with_task(partition, |task| task.stores().scan(usize::from(store.0), &[], None, usize::MAX))
    }

    /// Everything in a store as the changelog tells it: what the next owner would restore.
    ///
    /// # Errors
    /// [`Refusal`] when the partition does not exist.
    pub fn changelog_entries(&self, partition: i32, store: StoreId) -> Result<Entries, Refusal> {
        let topology = &self.world.topology;
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
        // Instances may hold what holds the world.
        let seats = std::mem::take(&mut *self.world.seats());
        drop(seats);
    }
}

impl World {
    fn seats(&self) -> MutexGuard<'_, Vec<Seat>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with_task<T>(&self, partition: i32, look: impl FnOnce(&mut crate::task::Task) -> T) -> Option<T> {
        let mut seats = self.seats();
        let mut tasks = seats
            .iter_mut()
            .filter_map(|seat| seat.instance.as_mut())
            .filter_map(|instance| instance.thread.running_task(partition));
        tasks.next().map(look)
    }

    /// One step of the world: time, perhaps a fault, one process.
    fn step(self: &Arc<Self>, longest_ms: Option<i64>) {
        let now = {
            let mut state = self.cluster.state();
            let rng = &mut state.faults.rng;
            let longest = longest_ms.unwrap_or(if rng.u8(..) < 4 { 500 } else { 8 });
            let passes = rng.i64(0..=longest.max(0));
            state.advance(passes);
            state.now
        };
        self.strike(now);
        let count = self.seats().len();
        if count > 0 {
            let seat = self.cluster.state().faults.rng.usize(0..count);
            self.step_seat(seat, now);
        }
    }

    /// Faults that hit no call but the world.
    fn strike(self: &Arc<Self>, now: i64) {
        let mut state = self.cluster.state();
        let rebalance = state.faults.strikes(Fault::Rebalance, |rates| rates.rebalance);
        let compaction = state.faults.strikes(Fault::Compaction, |rates| rates.compaction);
        let duplicate = state.faults.strikes(Fault::Duplicate, |rates| rates.duplicate);
        let drawn = state.faults.rng.u32(..);
        drop(state);
        if rebalance {
            self.cluster.rebalance(self.topology.name());
        }
        if compaction {
            self.compact(drawn);
        }
        if duplicate {
            self.duplicate(drawn, now);
        }
    }

    fn compact(&self, drawn: u32) {
        let changelog = self.topology.changelog();
        let count = self.cluster.partitions(changelog).unwrap_or(1);
        let partition = i32::try_from(drawn % 1_024).unwrap_or(0) % count.max(1);
        // Dropping deletions at once is only sound when nobody is in the middle of a restore (`delete.retention.ms`).
        if let Ok(log) = self.cluster.state().log_mut(changelog, partition) {
            log.compact(Tombstones::Keep);
        }
    }

    /// A process gets a double: the older one lives on beside it for a while.
    fn duplicate(&self, drawn: u32, now: i64) {
        let mut seats = self.seats();
        let count = seats.len().max(1);
        let highest = seats.iter().map(|seat| seat.id).max().unwrap_or(0);
        let Some(seat) = seats.get_mut(drawn as usize % count) else { return };
        if seat.ends_at.is_some() || seat.instance.is_none() {
            return;
        }
        let older = Seat {
            id: highest + 1,
            slot: seat.slot.clone(),
            starts_at: i64::MAX,
            ends_at: Some(now + i64::from(drawn % 5_000)),
            instance: seat.instance.take(),
            stepping: false,
        };
        seat.starts_at = now + 1;
        seats.push(older);
    }

    fn step_seat(self: &Arc<Self>, index: usize, now: i64) {
        let mut seats = self.seats();
        let Some(seat) = seats.get_mut(index).filter(|seat| !seat.stepping) else { return };
        if seat.ends_at.is_some_and(|ends_at| ends_at <= now) {
            let ended = seats.remove(index);
            drop(seats);
            return drop(ended);
        }
        let Some(mut instance) = seat.instance.take() else {
            let slot = (seat.starts_at <= now).then(|| seat.slot.clone());
            drop(seats);
            return self.start(index, slot);
        };
        let id = seat.id;
        seat.stepping = true;
        drop(seats);
        let stepped = catch_unwind(AssertUnwindSafe(|| instance.thread.step()));
        match stepped {
            Ok(Step::Worked | Step::Wait(_)) => self.sit_down(id, Some(instance), 0),
            Ok(Step::Failed) => {
                let reason = format!("{:?}", instance.thread.condition());
                self.alarms.lock().unwrap_or_else(PoisonError::into_inner).push(reason);
                self.sit_down(id, None, i64::MAX);
            }
            Err(payload) => {
                drop(instance);
                self.crashed(id, payload);
            }
        }
    }

    fn crashed(&self, seat: usize, payload: Box<dyn Any + Send>) {
        if !payload.is::<Crash>() {
            resume_unwind(payload);
        }
        let mut state = self.cluster.state();
        state.note(|| format!("seat {seat}: crashed"));
        // Sometimes at once, sometimes after its session and its transaction have timed out.
        let pause = if state.faults.rng.bool() { 100 } else { 20_000 };
        let starts_at = state.now + state.faults.rng.i64(1..=pause);
        drop(state);
        self.sit_down(seat, None, starts_at);
    }

    /// Puts a process back after its step; seats may have moved meanwhile. A double that has died leaves no seat.
    fn sit_down(&self, id: usize, instance: Option<Box<Instance>>, starts_at: i64) {
        let mut seats = self.seats();
        let Some(index) = seats.iter().position(|seat| seat.id == id) else { return };
        let Some(seat) = seats.get_mut(index) else { return };
        if seat.ends_at.is_some() && instance.is_none() {
            seats.remove(index);
            return;
        }
        seat.stepping = false;
        seat.starts_at = starts_at;
        seat.instance = instance;
    }

    fn start(self: &Arc<Self>, index: usize, slot: Option<Slot>) {
        let Some(slot) = slot else { return };
        // No two starts within one millisecond: a run is told by its slot and its start.
        self.cluster.advance(1);
        let Ok(broker) = self.cluster.connect(slot.clone()) else { return };
        let process = broker.process();
        self.cluster.state().note(|| format!("{}: starts", slot.instance));
        let gate = Gate::new((self.wrap)(broker), self, process);
        let config = ThreadConfig { slot: slot.instance.to_string(), ..self.config.clone() };
        let thread =
            StreamThread::new(gate, Arc::clone(&self.topology), config, self.metrics.thread(self.topology.name(), 0));
        if let Some(seat) = self.seats().get_mut(index) {
            seat.instance = Some(Box::new(Instance { thread }));
        }
    }

    /// A process is at one of its calls: it may die here, or stand still while the others go on.
    pub(super) fn interrupt(self: &Arc<Self>, process: ProcessId) {
        let mut state = self.cluster.state();
        if state.faults.strikes(Fault::Crash, |rates| rates.crash) {
            drop(state);
            resume_unwind(Box::new(Crash));
        }
        let depth = self.depth.load(Ordering::Relaxed);
        if depth >= DEPTH || !state.faults.strikes(Fault::Pause, |rates| rates.pause) {
            return;
        }
        let ends_at = state.now + state.faults.delay(|rates| rates.pause_ms);
        state.note(|| format!("{process:?} stands still until {ends_at}"));
        drop(state);
        self.cluster.freeze(process);
        self.depth.store(depth + 1, Ordering::Relaxed);
        // The others must not pass over their own sessions by steps that are too long.
        while self.cluster.now() < ends_at {
            self.step(Some(400));
        }
        self.depth.store(depth, Ordering::Relaxed);
        self.cluster.thaw(process);
    }
}

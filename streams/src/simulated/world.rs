//! The processes of a simulation and what befalls them: the scheduler behind [`Simulation`](super::Simulation). One process moves
//! at a time; a process that is interrupted in the middle of a call stands still while others move.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::broker::{ProcessId, SimulatedBroker, Slot};
use super::cluster::Cluster;
use super::faults::Fault;
use super::gate::{Crash, Gate};
use super::log::Tombstones;
use crate::broker::Broker;
use crate::metrics::Metrics;
use crate::task::Task;
use crate::thread::{Step, StreamThread, ThreadConfig};
use crate::topology::Topology;

/// Pauses within pauses, at most.
const DEPTH: usize = 2;

/// Makes an instance's connection out of a plain one: seeded bugs at the seam go here.
pub(super) type Wrap = fn(SimulatedBroker) -> Box<dyn Broker + Send>;

pub(super) struct World {
    pub(super) cluster: Cluster,
    pub(super) topology: Arc<Topology>,
    config: ThreadConfig,
    metrics: Metrics,
    wrap: Wrap,
    seats: Mutex<Vec<Seat>>,
    pub(super) alarms: Mutex<Vec<String>>,
    depth: AtomicUsize,
}

/// A place for one process.
pub(super) struct Seat {
    id: usize,
    slot: Slot,
    /// When to start (again), if nothing runs.
    pub(super) starts_at: i64,
    /// A second process of the same identity does not start again, and ends at this time.
    pub(super) ends_at: Option<i64>,
    /// Taken out while it takes a step.
    pub(super) instance: Option<Box<Instance>>,
    stepping: bool,
}

pub(super) struct Instance {
    thread: StreamThread<Gate>,
}

impl Seat {
    /// An empty seat, whose process starts at this time.
    pub(super) fn new(id: usize, slot: Slot, starts_at: i64) -> Self {
        Self { id, slot, starts_at, ends_at: None, instance: None, stepping: false }
    }
}

impl World {
    pub(super) fn new(
        cluster: Cluster,
        topology: Arc<Topology>,
        config: ThreadConfig,
        metrics: Metrics,
        wrap: Wrap,
        seats: Vec<Seat>,
    ) -> Self {
        let (seats, alarms, depth) = (Mutex::new(seats), Mutex::default(), AtomicUsize::new(0));
        Self { cluster, topology, config, metrics, wrap, seats, alarms, depth }
    }

    pub(super) fn seats(&self) -> MutexGuard<'_, Vec<Seat>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn with_task<T>(&self, partition: i32, look: impl FnOnce(&mut Task) -> T) -> Option<T> {
        let mut seats = self.seats();
        let mut tasks = seats
            .iter_mut()
            .filter_map(|seat| seat.instance.as_mut())
            .filter_map(|instance| instance.thread.running_task(partition));
        tasks.next().map(look)
    }

    /// One step of the world: time, perhaps a fault, one process.
    pub(super) fn step(self: &Arc<Self>, longest_ms: Option<i64>) {
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

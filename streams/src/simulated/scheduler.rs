//! The scheduler behind [`Simulation`](super::Simulation): it steps the instances and injects faults. One instance moves at a time;
//! an instance that is interrupted in the middle of a call is frozen while others move.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::broker::SimulatedBroker;
use super::cluster::Cluster;
use super::faults::Fault;
use super::interruptible::{Crash, InterruptibleBroker};
use super::log::Tombstones;
use super::protocol::{ProcessId, Slot};
use crate::broker::Broker;
use crate::metrics::Metrics;
use crate::task::Task;
use crate::thread::{Step, StreamThread, ThreadConfig};
use crate::topology::Topology;

/// Nested pauses, at most.
const DEPTH: usize = 2;

/// Makes an thread's connection out of a plain one: seeded bugs at the seam go here.
pub(super) type Wrap = fn(SimulatedBroker) -> Box<dyn Broker + Send>;

pub(super) struct Scheduler {
    pub(super) cluster: Cluster,
    pub(super) topology: Arc<Topology>,
    config: ThreadConfig,
    metrics: Metrics,
    wrap: Wrap,
    instances: Mutex<Vec<Instance>>,
    pub(super) alarms: Mutex<Vec<String>>,
    depth: AtomicUsize,
}

/// One instance: a process, or the time at which it starts again.
pub(super) struct Instance {
    id: usize,
    slot: Slot,
    /// When to start (again), if it does not run.
    pub(super) starts_at: i64,
    /// A second process of the same identity does not start again, and ends at this time.
    pub(super) ends_at: Option<i64>,
    /// Taken out while it takes a step.
    pub(super) running: Option<Box<StreamThread<InterruptibleBroker>>>,
    stepping: bool,
}

impl Instance {
    /// An instance that starts at this time.
    pub(super) fn new(id: usize, slot: Slot, starts_at: i64) -> Self {
        Self { id, slot, starts_at, ends_at: None, running: None, stepping: false }
    }
}

impl Scheduler {
    pub(super) fn new(
        cluster: Cluster,
        topology: Arc<Topology>,
        config: ThreadConfig,
        metrics: Metrics,
        wrap: Wrap,
        instances: Vec<Instance>,
    ) -> Self {
        let (instances, alarms, depth) = (Mutex::new(instances), Mutex::default(), AtomicUsize::new(0));
        Self { cluster, topology, config, metrics, wrap, instances, alarms, depth }
    }

    pub(super) fn instances(&self) -> MutexGuard<'_, Vec<Instance>> {
        self.instances.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn with_task<T>(&self, partition: i32, look: impl FnOnce(&mut Task) -> T) -> Option<T> {
        let mut instances = self.instances();
        let mut tasks = instances
            .iter_mut()
            .filter_map(|instance| instance.running.as_mut())
            .filter_map(|thread| thread.running_task(partition));
        tasks.next().map(look)
    }

    /// One step: time, perhaps a fault, one instance.
    pub(super) fn step(self: &Arc<Self>, longest_ms: Option<i64>) {
        let now = {
            let mut state = self.cluster.state();
            let rng = &mut state.faults.rng;
            let longest = longest_ms.unwrap_or(if rng.u8(..) < 4 { 500 } else { 8 });
            let passes = rng.i64(0..=longest.max(0));
            state.advance(passes);
            state.now
        };
        self.inject_faults(now);
        let count = self.instances().len();
        if count > 0 {
            let instance = self.cluster.state().faults.rng.usize(0..count);
            self.step_instance(instance, now);
        }
    }

    /// Injects the faults that belong to no call.
    fn inject_faults(self: &Arc<Self>, now: i64) {
        let mut state = self.cluster.state();
        let rebalance = state.faults.occurs(Fault::Rebalance, |rates| rates.rebalance);
        let compaction = state.faults.occurs(Fault::Compaction, |rates| rates.compaction);
        let duplicate = state.faults.occurs(Fault::Duplicate, |rates| rates.duplicate);
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
        // Dropping deletions at once is only sound when no instance is in the middle of a restore (`delete.retention.ms`).
        if let Ok(log) = self.cluster.state().log_mut(changelog, partition) {
            log.compact(Tombstones::Keep);
        }
    }

    /// Starts a second process with the same identity: the older one runs beside it for a while.
    fn duplicate(&self, drawn: u32, now: i64) {
        let mut instances = self.instances();
        let count = instances.len().max(1);
        let highest = instances.iter().map(|instance| instance.id).max().unwrap_or(0);
        let Some(instance) = instances.get_mut(drawn as usize % count) else { return };
        if instance.ends_at.is_some() || instance.running.is_none() {
            return;
        }
        let older = Instance {
            id: highest + 1,
            slot: instance.slot.clone(),
            starts_at: i64::MAX,
            ends_at: Some(now + i64::from(drawn % 5_000)),
            running: instance.running.take(),
            stepping: false,
        };
        instance.starts_at = now + 1;
        instances.push(older);
    }

    fn step_instance(self: &Arc<Self>, index: usize, now: i64) {
        let mut instances = self.instances();
        let Some(instance) = instances.get_mut(index).filter(|instance| !instance.stepping) else { return };
        if instance.ends_at.is_some_and(|ends_at| ends_at <= now) {
            let ended = instances.remove(index);
            drop(instances);
            return drop(ended);
        }
        let Some(mut thread) = instance.running.take() else {
            let slot = (instance.starts_at <= now).then(|| instance.slot.clone());
            drop(instances);
            return self.start(index, slot);
        };
        let id = instance.id;
        instance.stepping = true;
        drop(instances);
        let stepped = catch_unwind(AssertUnwindSafe(|| thread.step()));
        match stepped {
            Ok(Step::Worked | Step::Wait(_)) => self.put_back(id, Some(thread), 0),
            Ok(Step::Failed) => {
                let reason = format!("{:?}", thread.condition());
                self.alarms.lock().unwrap_or_else(PoisonError::into_inner).push(reason);
                self.put_back(id, None, i64::MAX);
            }
            Err(payload) => {
                drop(thread);
                self.crashed(id, payload);
            }
        }
    }

    fn crashed(&self, instance: usize, payload: Box<dyn Any + Send>) {
        if !payload.is::<Crash>() {
            resume_unwind(payload);
        }
        let mut state = self.cluster.state();
        state.note(|| format!("instance {instance}: crashed"));
        // Sometimes at once, sometimes after its session and its transaction have timed out.
        let pause = if state.faults.rng.bool() { 100 } else { 20_000 };
        let starts_at = state.now + state.faults.rng.i64(1..=pause);
        drop(state);
        self.put_back(instance, None, starts_at);
    }

    /// Puts a process back after its step; indices may have changed meanwhile. A duplicate that has crashed is removed.
    fn put_back(&self, id: usize, running: Option<Box<StreamThread<InterruptibleBroker>>>, starts_at: i64) {
        let mut instances = self.instances();
        let Some(index) = instances.iter().position(|instance| instance.id == id) else { return };
        let Some(instance) = instances.get_mut(index) else { return };
        if instance.ends_at.is_some() && running.is_none() {
            instances.remove(index);
            return;
        }
        instance.stepping = false;
        instance.starts_at = starts_at;
        instance.running = running;
    }

    fn start(self: &Arc<Self>, index: usize, slot: Option<Slot>) {
        let Some(slot) = slot else { return };
        // No two starts within one millisecond: slot and start identify a run.
        self.cluster.advance(1);
        let Ok(broker) = self.cluster.connect(slot.clone()) else { return };
        let process = broker.process();
        self.cluster.state().note(|| format!("{}: starts", slot.instance));
        let scheduler = Arc::downgrade(self);
        let interrupt = move || {
            if let Some(scheduler) = scheduler.upgrade() {
                scheduler.interrupt(process);
            }
        };
        let broker = InterruptibleBroker::new((self.wrap)(broker), interrupt);
        let config = ThreadConfig { slot: slot.instance.to_string(), ..self.config.clone() };
        let thread =
            StreamThread::new(broker, Arc::clone(&self.topology), config, self.metrics.thread(self.topology.name(), 0));
        if let Some(instance) = self.instances().get_mut(index) {
            instance.running = Some(Box::new(thread));
        }
    }

    /// An instance makes a call: it may crash here, or freeze while the others run.
    fn interrupt(self: &Arc<Self>, process: ProcessId) {
        let mut state = self.cluster.state();
        if state.faults.occurs(Fault::Crash, |rates| rates.crash) {
            drop(state);
            resume_unwind(Box::new(Crash));
        }
        let depth = self.depth.load(Ordering::Relaxed);
        if depth >= DEPTH || !state.faults.occurs(Fault::Pause, |rates| rates.pause) {
            return;
        }
        let ends_at = state.now + state.faults.delay(|rates| rates.pause_ms);
        state.note(|| format!("{process:?} is frozen until {ends_at}"));
        drop(state);
        self.cluster.freeze(process);
        self.depth.store(depth + 1, Ordering::Relaxed);
        // Steps must be short enough for the others to keep their sessions.
        while self.cluster.now() < ends_at {
            self.step(Some(400));
        }
        self.depth.store(depth, Ordering::Relaxed);
        self.cluster.thaw(process);
    }
}

//! One run of the lease service under faults, and what must be true of it afterwards.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;

use super::leases::{self, CHANGELOG, DEAD_LETTERS, EVENTS, INBOX, LEASE_MS, Model, UNITS};
use crate::processor::StoreId;
use crate::record::Record;
use crate::simulated::scheduler::Wrap;
use crate::simulated::{FaultCounts, FaultRates, Isolation, Setup, Simulation};
use crate::store::mutant::with_overlay_kept;
use crate::thread::ThreadConfig;

const PARTITIONS: i32 = 2;
const RESOURCES: u32 = 4;

/// What is run: the runtime as it is, or with a seeded bug.
#[derive(Clone, Copy)]
pub(super) struct Subject {
    pub(super) wrap: Wrap,
    /// What an aborted transaction wrote stays in the stores.
    pub(super) keeps_overlay: bool,
}

impl Subject {
    pub(super) const CORRECT: Self = Self { wrap: |broker| Box::new(broker), keeps_overlay: false };
}

/// Runs one seed to its end. The error says what was wrong, and with `traced` every step before it.
pub(super) fn run(seed: u64, subject: Subject, traced: bool) -> Result<FaultCounts, String> {
    let mut rng = Rng::with_seed(seed ^ 0x5eed);
    // Sessions shorter than transactions let zombies live longest; the default is the reverse.
    let session_timeout_ms = if rng.bool() { 4_000 } else { Setup::default().session_timeout_ms };
    let instances = rng.usize(2..=3);
    let setup = Setup { instances, partitions: PARTITIONS, session_timeout_ms, ..Setup::default() };
    let config = ThreadConfig { poll_records: rng.usize(1..=40), ..ThreadConfig::default() };
    let simulation =
        Simulation::with(seed, leases::topology(), setup, subject.wrap, config).map_err(|error| error.to_string())?;
    if traced {
        simulation.cluster().record_trace();
    }
    let outcome =
        crate::simulated::seeds::caught(|| with_overlay_kept(subject.keeps_overlay, || drive(&simulation, &mut rng)));
    match outcome {
        Ok(()) => Ok(simulation.cluster().fault_counts()),
        Err(reason) if traced => {
            let trace = simulation.cluster().trace();
            let tail = trace.len().saturating_sub(2_000);
            Err(format!("{}\n{reason}", trace[tail..].join("\n")))
        }
        Err(reason) => Err(reason),
    }
}

fn drive(simulation: &Simulation, rng: &mut Rng) -> Result<(), String> {
    let cluster = simulation.cluster();
    simulation.run(20);
    cluster.set_faults(FaultRates::swarm(rng));
    let requests = rng.u32(40..=120);
    for request in 0..requests {
        // A duplicate is the same request for the same resource by the same user.
        let number = if request > 0 && rng.u8(..) < 40 { rng.u32(0..request) } else { request };
        let record = match rng.u8(..) {
            0..4 => leases::poison(number % RESOURCES),
            _ => leases::request(number % RESOURCES, number, number % 17),
        };
        cluster.produce(record).map_err(|error| error.to_string())?;
        simulation.run(rng.usize(0..=6));
    }
    simulation.run(rng.usize(0..=60));
    simulation.heal();
    simulation.quiesce(20_000).map_err(|error| format!("liveness: {error}"))?;
    cluster.advance(LEASE_MS);
    simulation.quiesce(20_000).map_err(|error| format!("liveness after the last deadline: {error}"))?;
    check(simulation)
}

fn check(simulation: &Simulation) -> Result<(), String> {
    let read = |topic: &str, partition| {
        simulation.cluster().records(topic, partition, Isolation::ReadCommitted).map_err(|error| error.to_string())
    };
    let mut poisoned = 0;
    for partition in 0..PARTITIONS {
        let model = Model::fold(&read(INBOX, partition)?);
        let events: Vec<String> = read(EVENTS, partition)?.iter().map(message).collect();
        decided_once(&events)?;
        units_add_up(&read(EVENTS, partition)?)?;
        equal("events", partition, &events, &model.events)?;
        for (store, expected) in (0_u8..).zip(model.stores()) {
            let found = simulation.entries(partition, StoreId(store)).ok_or("no instance runs the partition")?;
            equal("store", partition, &found, &expected)?;
        }
        // The stores and, after them, the timers.
        for store in 0..4 {
            let in_changelog =
                simulation.changelog_entries(partition, StoreId(store)).map_err(|error| error.to_string())?;
            let found = simulation.entries(partition, StoreId(store)).ok_or("no instance runs the partition")?;
            equal("changelog", partition, &in_changelog, &found)?;
        }
        poisoned += model.poisoned;
    }
    let dead: usize =
        (0..PARTITIONS).map(|partition| read(DEAD_LETTERS, partition).map_or(0, |found| found.len())).sum();
    equal("dead letters", -1, &dead, &poisoned)?;
    nothing_is_open(simulation)
}

fn message(record: &Record) -> String {
    String::from_utf8_lossy(record.value.as_deref().unwrap_or_default()).into_owned()
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, partition: i32, found: &T, expected: &T) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what} of partition {partition}:\n  found    {found:?}\n  expected {expected:?}"))
}

fn decided_once(events: &[String]) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for event in events {
        let request = event.split(' ').nth(1).unwrap_or_default();
        if request != "-" && !seen.insert(request) {
            return Err(format!("{request} was decided twice"));
        }
    }
    Ok(())
}

/// At every prefix: what is left and what is out make up all units.
fn units_add_up(events: &[Record]) -> Result<(), String> {
    let mut out: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
    for record in events {
        let event = message(record);
        let resource = record.key.as_ref().map(|key| key.to_vec()).unwrap_or_default();
        let granted = out.entry(resource).or_default();
        if event.starts_with("granted") {
            *granted += 1;
        } else if event.starts_with("released") {
            *granted = granted.checked_sub(1).ok_or_else(|| format!("released more than was granted: {event}"))?;
        }
        let left: u32 = event.rsplit(' ').next().and_then(|left| left.parse().ok()).unwrap_or(u32::MAX);
        if left.checked_add(*granted) != Some(UNITS) {
            return Err(format!("offset {}: {event}, but {granted} are out", record.offset));
        }
    }
    Ok(())
}

fn nothing_is_open(simulation: &Simulation) -> Result<(), String> {
    for topic in [INBOX, EVENTS, DEAD_LETTERS, CHANGELOG] {
        for partition in 0..PARTITIONS {
            let offsets = simulation.cluster().offsets(topic, partition).map_err(|error| error.to_string())?;
            equal("last stable offset", partition, &offsets.last_stable, &offsets.high_watermark)?;
        }
    }
    Ok(())
}

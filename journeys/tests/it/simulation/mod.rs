//! Processors as they ship, on the simulated cluster: coupons, stock and prices by themselves, and with orders in the whole saga. Two
//! instances of each, a crowd that asks for everything, again and in any order, while instances are killed, paused, doubled and
//! cut off. After the faults end, what read-committed readers see must be right at every prefix, complete, and equal to what one
//! undisturbed processor makes of the same inbox, byte for byte.
//!
//! `TIMESALE_SEED=n` replays a seed, `TIMESALE_SEEDS=n` looks at so many.

mod coupons;
mod prices;
mod saga;
mod stock;

use std::collections::BTreeMap;

use events::codec::{Message, decode, encode};
use events::envelope::Envelope;
use events::ids::{OrderId, RequestId};
use events::orders::OrderCommand;
use events::topics;
use fastrand::Rng;
use streams::driver::TestDriver;
use streams::processor::StoreId;
use streams::record::{Outgoing, Record};
use streams::simulated::{Cluster, FaultCounts, FaultRates, Isolation, Seeds, Setup, Simulation};
use streams::topology::{Topology, TopologyError};

const PARTITIONS: i32 = 2;
const SINK_PARTITIONS: i32 = 8;
/// Commands of one run.
const COMMANDS: usize = 120;

/// The processor that is looked at.
struct Subject {
    topology: fn() -> Result<Topology, TopologyError>,
    inbox: &'static str,
    events: &'static str,
}

/// A record of an inbox, with the addresses that it asks to be answered at.
fn record<M: Message>(inbox: &str, command: &M, reply_to: Option<i32>, answer_to: Option<OrderId>) -> Outgoing {
    let context = Envelope { reply_to, answer_to, ..Envelope::default() };
    let (value, envelope) = encode(command, &context).expect("encodes");
    Outgoing {
        topic: inbox.into(),
        partition: None,
        key: Some(command.key().into_bytes().into()),
        value: Some(value.into()),
        headers: envelope.to_headers(),
    }
}

/// Reads a committed record.
fn read<M: Message>(record: &Record) -> Result<M, String> {
    let envelope = Envelope::from_headers(record.header_pairs());
    decode(record.value.as_deref(), &envelope).map_err(|error| error.to_string())
}

impl Subject {
    /// Lets a crowd send its commands while everything breaks, then waits until all is at rest.
    fn simulate(
        &self,
        seed: u64,
        mut rng: Rng,
        mut next: impl FnMut(&mut Rng, i64) -> Outgoing,
    ) -> Result<Simulation, String> {
        let topology = (self.topology)().map_err(|error| error.to_string())?;
        let setup = Setup { partitions: PARTITIONS, sink_partitions: SINK_PARTITIONS, ..Setup::default() };
        let simulation = Simulation::new(seed, topology, setup).map_err(|error| error.to_string())?;
        simulation.cluster().set_faults(FaultRates::swarm(&mut rng));
        for _ in 0..COMMANDS {
            let record = next(&mut rng, simulation.cluster().now());
            simulation.cluster().produce(record).map_err(|error| error.to_string())?;
            simulation.run(rng.usize(0..8));
        }
        simulation.heal();
        simulation.quiesce(50_000).map_err(|error| error.to_string())?;
        Ok(simulation)
    }

    /// One undisturbed processor makes the same of the same inbox, byte for byte: the same facts in the same order. What else it
    /// writes is left in the driver.
    fn replay(&self, cluster: &Cluster) -> Result<TestDriver, String> {
        let topology = (self.topology)().map_err(|error| error.to_string())?;
        let mut driver = TestDriver::with_partitions(topology, PARTITIONS);
        for partition in 0..PARTITIONS {
            for record in committed(cluster, self.inbox, partition)? {
                let headers: Vec<(&str, &[u8])> = record.header_pairs().collect();
                driver
                    .pipe_to(partition, record.key.as_deref(), record.value.as_deref(), &headers, record.timestamp)
                    .map_err(|error| error.to_string())?;
            }
            let replayed = driver.take(self.events).into_iter().map(|outgoing| (outgoing.key, outgoing.value));
            let decided = committed(cluster, self.events, partition)?;
            compare(
                &format!("fact of partition {partition}"),
                &decided.into_iter().map(|record| (record.key, record.value)).collect::<Vec<_>>(),
                &replayed.collect::<Vec<_>>(),
            )?;
        }
        Ok(driver)
    }

    /// One undisturbed processor states the same facts, and gives the same answers.
    fn judge_replay(&self, simulation: &Simulation) -> Result<(), String> {
        let mut driver = self.replay(simulation.cluster())?;
        // Two tasks answer one order in either order.
        let replayed = driver.take(topics::ORDERS_INBOX.name()).into_iter().map(|answer| (answer.key, answer.value));
        let mut replayed: Vec<_> = replayed.collect();
        let answers = self.answers(simulation)?;
        let mut answered: Vec<_> = answers.into_iter().map(|record| (record.key, record.value)).collect();
        replayed.sort();
        answered.sort();
        compare("answer", &answered, &replayed)
    }

    /// What orders were told, all partitions.
    fn answers(&self, simulation: &Simulation) -> Result<Vec<Record>, String> {
        let mut answers = Vec::new();
        for partition in 0..SINK_PARTITIONS {
            answers.extend(committed(simulation.cluster(), topics::ORDERS_INBOX.name(), partition)?);
        }
        Ok(answers)
    }

    /// Every order that asked was answered, as often as it asked.
    fn judge_answers(
        &self,
        simulation: &Simulation,
        asked: &BTreeMap<RequestId, usize>,
        request_of: impl Fn(&OrderCommand) -> Option<RequestId>,
    ) -> Result<(), String> {
        let mut answered: BTreeMap<RequestId, usize> = BTreeMap::new();
        for record in self.answers(simulation)? {
            if let Some(request) = request_of(&read(&record)?) {
                *answered.entry(request).or_default() += 1;
            }
        }
        let counts = |counts: &BTreeMap<RequestId, usize>| counts.values().sum::<usize>();
        if answered == *asked {
            return Ok(());
        }
        Err(format!("orders asked {} times and were answered {} times", counts(asked), counts(&answered)))
    }

    /// What the next owner would restore is what the owner has.
    fn judge_state(&self, simulation: &Simulation) -> Result<(), String> {
        let stores = (self.topology)().map_err(|error| error.to_string())?.stores().len();
        for partition in 0..PARTITIONS {
            for store in (0..stores).filter_map(|place| u8::try_from(place).ok()).map(StoreId) {
                let restored = simulation.changelog_entries(partition, store).map_err(|error| error.to_string())?;
                let held = simulation.entries(partition, store);
                let held = held.ok_or_else(|| format!("partition {partition} has no owner"))?;
                compare(&format!("entry of {store:?}, partition {partition}"), &held, &restored)?;
            }
        }
        Ok(())
    }
}

/// What read-committed readers see of a topic's partition.
fn committed(cluster: &Cluster, topic: &str, partition: i32) -> Result<Vec<Record>, String> {
    cluster.records(topic, partition, Isolation::ReadCommitted).map_err(|error| error.to_string())
}

/// Two lists are equal; the first difference is told.
fn compare<T: PartialEq + std::fmt::Debug>(what: &str, found: &[T], expected: &[T]) -> Result<(), String> {
    let differs = |place: &usize| found.get(*place) != expected.get(*place);
    match (0..found.len().max(expected.len())).find(differs) {
        None => Ok(()),
        Some(place) => Err(format!("{what}: number {place} is {:?}, not {:?}", found.get(place), expected.get(place))),
    }
}

/// Looks at many seeds; the first that fails is told.
fn explore(seeds: u64, check: impl Fn(u64) -> Result<FaultCounts, String> + Sync) {
    let explored = Seeds::from_env(seeds).explore(check);
    eprintln!("{} seeds in {:?}, faults {:?}", explored.seeds, explored.took, explored.faults);
    if let Some(failure) = explored.failure {
        panic!("TIMESALE_SEED={}: {}", failure.seed, failure.reason);
    }
    assert!(explored.faults.values().sum::<u64>() > explored.seeds, "a run that broke nothing shows nothing");
}

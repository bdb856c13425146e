//! Processors as they ship, on the simulated cluster: coupons, stock, prices and settlement by themselves, and with orders in the
//! whole saga. Two instances of each, clients that ask for everything, again and in any order, while instances are killed, paused,
//! doubled and cut off. After the faults end, what read-committed readers see must be right at every prefix, complete, and equal to what one
//! undisturbed processor makes of the same inbox, byte for byte.
//!
//! `TIMESALE_SEED=n` replays a seed, `TIMESALE_SEEDS=n` looks at so many.

mod coupons;
mod prices;
mod saga;
mod settlement;
mod stock;
mod tamper;

use std::collections::BTreeMap;

use events::codec::{Message, decode, encode};
use events::envelope::Envelope;
use events::ids::{OrderId, RequestId};
use events::orders::OrderCommand;
use events::request::Reply;
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
        key: Some(command.key().into_owned().into_bytes().into()),
        value: Some(value.into()),
        headers: envelope.to_headers(),
    }
}

/// Reads a committed record.
fn read<M: Message>(record: &Record) -> Result<M, String> {
    let envelope = Envelope::from_headers(record.header_pairs());
    decode(record.value.as_deref(), &envelope).map_err(|error| error.to_string())
}

/// Lets clients send their commands to a processor while everything breaks, then waits until all is at rest.
fn live(
    seed: u64,
    topology: Topology,
    mut rng: Rng,
    mut next: impl FnMut(&mut Rng, &Cluster) -> Outgoing,
) -> Result<Simulation, String> {
    let setup = Setup { partitions: PARTITIONS, sink_partitions: SINK_PARTITIONS, ..Setup::default() };
    let simulation = Simulation::new(seed, topology, setup).map_err(|error| error.to_string())?;
    simulation.cluster().set_faults(FaultRates::swarm(&mut rng));
    for _ in 0..COMMANDS {
        let record = next(&mut rng, simulation.cluster());
        simulation.cluster().produce(record).map_err(|error| error.to_string())?;
        simulation.run(rng.usize(0..8));
    }
    simulation.heal();
    simulation.quiesce(50_000).map_err(|error| error.to_string())?;
    Ok(simulation)
}

impl Subject {
    fn topology(&self) -> Result<Topology, String> {
        (self.topology)().map_err(|error| error.to_string())
    }

    /// [`live`], for clients that leave the time alone.
    fn simulate(
        &self,
        seed: u64,
        rng: Rng,
        mut next: impl FnMut(&mut Rng, i64) -> Outgoing,
    ) -> Result<Simulation, String> {
        live(seed, self.topology()?, rng, |rng, cluster| next(rng, cluster.now()))
    }

    /// One undisturbed processor makes the same of the same inbox, byte for byte: the same facts in the same order. What else it
    /// writes is left in the driver.
    fn replay(&self, cluster: &Cluster) -> Result<TestDriver, String> {
        let mut driver = TestDriver::with_partitions(self.topology()?, PARTITIONS);
        for partition in 0..PARTITIONS {
            for record in committed(cluster, self.inbox, partition)? {
                driver.pipe_record(record).map_err(|error| error.to_string())?;
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

    /// One undisturbed processor states the same facts, and tells everybody else the same.
    fn judge_replay(&self, simulation: &Simulation) -> Result<(), String> {
        let mut driver = self.replay(simulation.cluster())?;
        for sink in self.topology()?.sinks().iter().filter(|sink| sink.as_ref() != self.events) {
            let replayed = driver.take(sink).into_iter().map(|outgoing| (outgoing.key, outgoing.value));
            let mut replayed: Vec<_> = replayed.collect();
            let told = everywhere(simulation.cluster(), sink)?;
            let mut told: Vec<_> = told.into_iter().map(|record| (record.key, record.value)).collect();
            // Two tasks write to one partition in either order.
            replayed.sort();
            told.sort();
            compare(sink, &told, &replayed)?;
        }
        Ok(())
    }

    /// Every order that asked was answered, as often as it asked.
    fn judge_answers(
        &self,
        simulation: &Simulation,
        asked: &BTreeMap<RequestId, usize>,
        request_of: impl Fn(&OrderCommand) -> Option<RequestId>,
    ) -> Result<(), String> {
        let mut answered: BTreeMap<RequestId, usize> = BTreeMap::new();
        for record in everywhere(simulation.cluster(), topics::ORDERS_INBOX.name())? {
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
        let stores = self.topology()?.stores().len();
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

/// What read-committed readers see of a topic, partition by partition.
fn everywhere(cluster: &Cluster, topic: &str) -> Result<Vec<Record>, String> {
    let partitions = cluster.partitions(topic).map_err(|error| error.to_string())?;
    let records = (0..partitions).map(|partition| committed(cluster, topic, partition));
    Ok(records.collect::<Result<Vec<_>, _>>()?.concat())
}

/// Every request that asked for a reply got as many as it asked for: these.
fn judge_replies(cluster: &Cluster, asked: &BTreeMap<RequestId, usize>) -> Result<Vec<Reply>, String> {
    let replies = everywhere(cluster, topics::INGRESS_REPLIES.name())?;
    let replies = replies.iter().map(read::<Reply>).collect::<Result<Vec<_>, _>>()?;
    let mut replied: BTreeMap<RequestId, usize> = BTreeMap::new();
    for reply in &replies {
        *replied.entry(reply.request).or_default() += 1;
    }
    let list = |counts: &BTreeMap<RequestId, usize>| counts.iter().map(|(id, n)| (*id, *n)).collect::<Vec<_>>();
    compare("replies", &list(&replied), &list(asked))?;
    Ok(replies)
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
    let explored = Seeds::from_env("TIMESALE", seeds).explore(check);
    eprintln!("{} seeds in {:?}, faults {:?}", explored.seeds, explored.took, explored.faults);
    if let Some(failure) = explored.failure {
        panic!("TIMESALE_SEED={}: {}", failure.seed, failure.reason);
    }
    assert!(explored.faults.values().sum::<u64>() > explored.seeds, "a run that broke nothing shows nothing");
}

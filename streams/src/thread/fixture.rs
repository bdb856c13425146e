//! For tests: a small processor that does everything a processor can, and a thread with it on a simulated cluster.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it is wrong")]

use std::sync::Arc;

use bytes::Bytes;
use prometheus::Registry;

use super::scripted::ScriptedBroker;
use super::{Step, StreamThread, ThreadConfig};
use crate::metrics::Metrics;
use crate::processor::{Context, Processor, StoreId, Timer, Verdict};
use crate::record::{Outgoing, Record};
use crate::simulated::mutant::{Mutant, MutantBroker};
use crate::simulated::{Clock, Cluster, Isolation, Slot, Timestamps};
use crate::topology::Topology;

pub(crate) const COUNTS: StoreId = StoreId(0);
pub(crate) const WAKES: StoreId = StoreId(1);

/// Counts the records of each key and forwards the count. A value that is a number schedules a timer at that log time; `poison`,
/// `retry` and `fatal` return that verdict after writes that must be undone.
struct Counter {
    understands: bool,
}

impl Counter {
    fn count(store: StoreId, key: &[u8], context: &mut dyn Context) -> u64 {
        let before = context.get(store, key).map_or(0, |bytes| std::str::from_utf8(bytes).unwrap().parse().unwrap());
        let now: u64 = before + 1;
        context.put(store, key, now.to_string().as_bytes());
        now
    }
}

impl Processor for Counter {
    fn process(&mut self, record: &Record, context: &mut dyn Context) -> Result<(), Verdict> {
        let key = record.key.clone().unwrap_or_default();
        let value = record.value.clone().unwrap_or_default();
        let text = String::from_utf8_lossy(&value).into_owned();
        let count = Self::count(COUNTS, &key, context);
        context.forward(out(&key, format!("{count}@{}", context.log_time())));
        match text.as_str() {
            "poison" => Err(Verdict::Poison("unreadable: 7 bytes".into())),
            "retry" if context.log_time() < 5_000 => Err(Verdict::Retry("not yet".into())),
            "fatal" if !self.understands => Err(Verdict::Fatal("from the future".into())),
            "elsewhere" => {
                context.forward(Outgoing { topic: "nowhere".into(), ..out(&key, String::new()) });
                Ok(())
            }
            "huge" => {
                context.put(COUNTS, b"huge", &vec![0; 1_000_000]);
                Ok(())
            }
            _ => {
                if let Ok(deadline) = text.parse() {
                    context.schedule(Timer { deadline, kind: 1, key: key.to_vec() });
                }
                Ok(())
            }
        }
    }

    fn punctuate(&mut self, timer: &Timer, context: &mut dyn Context) -> Result<(), Verdict> {
        let count = Self::count(WAKES, &timer.key, context);
        context.forward(out(&timer.key, format!("wake {count}@{}", timer.deadline)));
        Ok(())
    }
}

fn out(key: &[u8], value: String) -> Outgoing {
    Outgoing {
        topic: "out".into(),
        partition: Some(0),
        key: Some(Bytes::copy_from_slice(key)),
        value: Some(value.into()),
        headers: Vec::new(),
    }
}

pub(crate) fn topology() -> Topology {
    topology_of(false)
}

fn topology_of(understands: bool) -> Topology {
    Topology::builder("counter")
        .source("in")
        .changelog("changelog")
        .dead_letters("dead")
        .control("control")
        .store("counts")
        .store("wakes")
        .sink("out")
        .build(move || Box::new(Counter { understands }))
        .unwrap()
}

/// A thread whose connection follows a script and may have a seeded bug.
pub(crate) type TestThread = StreamThread<MutantBroker<ScriptedBroker>>;

/// A cluster with the counter's topics.
pub(crate) struct Fixture {
    pub(crate) cluster: Cluster,
    pub(crate) config: ThreadConfig,
    pub(crate) mutant: Mutant,
    /// When the coordinator ends a transaction that is open.
    pub(crate) transaction_timeout_ms: i64,
    /// Whether the program is one for which `fatal` is a record as any other.
    pub(crate) understands: bool,
}

impl Fixture {
    pub(crate) fn new(partitions: i32) -> Self {
        Self::with_seed(partitions, 1)
    }

    pub(crate) fn with_seed(partitions: i32, seed: u64) -> Self {
        let cluster = Cluster::new(seed, Clock::Injected(1_000));
        for (topic, count) in [("in", partitions), ("changelog", partitions), ("out", 1), ("dead", 1), ("control", 1)] {
            cluster.create_topic(topic, count, Timestamps::LogAppendTime);
        }
        Self {
            cluster,
            config: ThreadConfig::default(),
            mutant: Mutant::None,
            transaction_timeout_ms: 10_000,
            understands: false,
        }
    }

    pub(crate) fn thread(&self, slot: &str) -> TestThread {
        self.thread_of("counter", slot)
    }

    pub(crate) fn thread_of(&self, group: &str, slot: &str) -> TestThread {
        let named = Slot::new(group, slot, "in");
        let broker =
            self.cluster.connect(Slot { transaction_timeout_ms: self.transaction_timeout_ms, ..named }).unwrap();
        let metrics = Metrics::new(&Registry::new()).unwrap().thread("counter", 0);
        let config = ThreadConfig { slot: slot.to_owned(), ..self.config.clone() };
        let broker = MutantBroker::new(ScriptedBroker::new(broker), self.mutant);
        StreamThread::new(broker, Arc::new(topology_of(self.understands)), config, metrics)
    }

    pub(crate) fn put(&self, partition: i32, key: &str, value: &str) {
        let outgoing = Outgoing {
            topic: "in".into(),
            partition: Some(partition),
            key: Some(key.to_owned().into()),
            value: Some(value.to_owned().into()),
            headers: Vec::new(),
        };
        self.cluster.produce(outgoing).unwrap();
    }

    /// Steps the threads in turn, one millisecond of simulated time a round.
    pub(crate) fn run(&self, threads: &mut [&mut TestThread], rounds: usize) {
        for _ in 0..rounds {
            for thread in threads.iter_mut() {
                let _: Step = thread.step();
            }
            self.cluster.advance(1);
        }
    }

    /// Committed values of a topic's only partition, with their keys.
    pub(crate) fn values(&self, topic: &str) -> Vec<String> {
        self.records(topic, 0).iter().map(text_of).collect()
    }

    pub(crate) fn records(&self, topic: &str, partition: i32) -> Vec<Record> {
        self.cluster.records(topic, partition, Isolation::ReadCommitted).unwrap()
    }
}

fn text_of(record: &Record) -> String {
    let text = |bytes: &Option<Bytes>| String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned();
    // Without the log time.
    let value = text(&record.value);
    format!("{}={}", text(&record.key), value.split('@').next().unwrap())
}

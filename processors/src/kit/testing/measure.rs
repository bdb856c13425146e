//! For measurements: a processor on plain maps, and a stopwatch. Measurements are ignored tests; run them in release.
#![expect(clippy::disallowed_methods, reason = "a stopwatch needs a clock; no decision reads it")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use events::codec::{Message, encode};
use events::envelope::Envelope;
use streams::processor::{Context, Processor, StoreId, Timer};
use streams::record::{Outgoing, Record};
use streams::topology::Topology;

/// A processor that is measured.
pub(crate) struct Measured {
    processor: Box<dyn Processor>,
    maps: Maps,
}

/// Plain maps in place of a task: what is measured is the processor, not a store.
struct Maps {
    topics: Vec<Arc<str>>,
    stores: BTreeMap<StoreId, BTreeMap<Vec<u8>, Vec<u8>>>,
    now: i64,
    records: usize,
    bytes: usize,
}

impl Measured {
    pub(crate) fn new(topology: &Topology) -> Self {
        let topics = topology.sinks().iter().cloned().collect();
        let maps = Maps { topics, stores: BTreeMap::new(), now: 0, records: 0, bytes: 0 };
        Self { processor: topology.processor(), maps }
    }

    /// Processes records and says what each costs, and how much is read and written for each.
    pub(crate) fn run(&mut self, name: &str, records: &[Record]) {
        let (written, bytes) = (self.maps.records, self.maps.bytes);
        timed(name, records.len(), || self.process(records));
        let each = |count: usize| count as f64 / records.len() as f64;
        let read: usize = records.iter().filter_map(|record| record.value.as_ref()).map(|value| value.len()).sum();
        let (written, bytes) = (self.maps.records - written, self.maps.bytes - bytes);
        eprintln!(
            "  {:.0} bytes read, {:.2} records of {:.0} bytes written each",
            each(read),
            each(written),
            each(bytes)
        );
    }

    /// Processes records.
    pub(crate) fn process(&mut self, records: &[Record]) {
        for record in records {
            self.maps.now = record.timestamp;
            self.processor.process(record, &mut self.maps).unwrap();
        }
    }

    /// Says how many rows a store has and what each takes.
    pub(crate) fn weigh(&self, name: &str, store: StoreId) {
        weigh(name, self.maps.stores[&store].iter().map(|(key, row)| (key.len(), row.len())));
    }
}

/// Says how many rows there are and what each takes, from the lengths of their keys and values.
pub(crate) fn weigh(name: &str, rows: impl Iterator<Item = (usize, usize)>) {
    let sum = |(count, keys, values), (key, value)| (count + 1, keys + key, values + value);
    let (count, keys, values) = rows.fold((0, 0, 0), sum);
    eprintln!("{count} {name}: {} bytes of key and {} of value each", keys / count, values / count);
}

/// A command as the processor reads it.
pub(crate) fn record<M: Message>(command: &M, context: &Envelope, at_ms: i64) -> Record {
    let (value, envelope) = encode(command, context).unwrap();
    Record {
        topic: "inbox".into(),
        partition: 0,
        offset: 0,
        timestamp: at_ms,
        key: Some(command.key().into_owned().into_bytes().into()),
        value: Some(value.into()),
        headers: envelope.to_headers(),
    }
}

/// Does something so many times and says what each costs.
pub(crate) fn timed<T>(name: &str, count: usize, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = work();
    eprintln!("{name}: {:.0} ns each", begun.elapsed().as_nanos() as f64 / count as f64);
    done
}

impl Context for Maps {
    fn log_time(&self) -> i64 {
        self.now
    }
    fn partition(&self) -> i32 {
        0
    }
    fn get(&self, store: StoreId, key: &[u8]) -> Option<&[u8]> {
        self.stores.get(&store)?.get(key).map(Vec::as_slice)
    }
    fn put(&mut self, store: StoreId, key: &[u8], value: &[u8]) {
        self.stores.entry(store).or_default().insert(key.to_vec(), value.to_vec());
    }
    fn delete(&mut self, store: StoreId, key: &[u8]) {
        self.stores.entry(store).or_default().remove(key);
    }
    fn scan(&self, store: StoreId, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        let Some(rows) = self.stores.get(&store) else { return vec![] };
        let rows = rows.range(prefix.to_vec()..).take_while(|(key, _)| key.starts_with(prefix));
        let rows = rows.filter(|(key, _)| after.is_none_or(|after| key.as_slice() > after)).take(limit);
        rows.map(|(key, row)| (key.clone(), row.clone())).collect()
    }
    fn topic(&self, name: &str) -> Arc<str> {
        self.topics.iter().find(|topic| topic.as_ref() == name).cloned().unwrap_or_else(|| name.into())
    }
    fn forward(&mut self, outgoing: Outgoing) {
        self.records += 1;
        self.bytes += outgoing.value.map_or(0, |value| value.len());
    }
    fn schedule(&mut self, _: Timer) {}
    fn cancel(&mut self, _: &Timer) {}
}

//! What the runtime itself costs a record. `cargo test --release -p logstreams --lib speed -- --ignored --nocapture`

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement")]

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use crate::processor::{Context, Processor, StoreId, Timer, Verdict};
use crate::record::{Outgoing, Record};
use crate::task::{Advanced, Limits, Restoring, Task};
use crate::topology::Topology;

/// Does nothing, or reads and writes one entry and forwards one record.
struct Plain(bool);

impl Processor for Plain {
    fn process(&mut self, record: &Record, context: &mut dyn Context) -> Result<(), Verdict> {
        if self.0 {
            let key = record.key.clone().unwrap_or_default();
            let seen = context.get(StoreId(0), &key).map_or(0, <[u8]>::len);
            context.put(StoreId(0), &key, &[7; 60]);
            let value = if seen > 0 { None } else { record.value.clone() };
            context.forward(Outgoing {
                topic: "out".into(),
                partition: Some(0),
                key: Some(key),
                value,
                headers: Vec::new(),
            });
        }
        Ok(())
    }

    fn punctuate(&mut self, _: &Timer, _: &mut dyn Context) -> Result<(), Verdict> {
        Ok(())
    }
}

fn measure(works: bool) -> u128 {
    const RECORDS: i64 = 1_000_000;
    let topology = Topology::builder("speed")
        .source("in")
        .changelog("changelog")
        .dead_letters("dead")
        .store("only")
        .sink("out")
        .build(move || Box::new(Plain(works)))
        .unwrap();
    let limits = Limits { record_bytes: 10_000, dead_letter_bytes: 10_000 };
    let mut task = Task::new(Arc::new(topology), (0, 1), "a@1".into(), limits, None, 0);
    Restoring::new((0, 0)).complete(&mut task).unwrap();
    let topic: Arc<str> = "in".into();
    let value = Bytes::from_static(&[1; 100]);
    let records: Vec<Record> = (0..RECORDS)
        .map(|offset| Record {
            topic: topic.clone(),
            partition: 0,
            offset,
            timestamp: offset / 10,
            key: Some(Bytes::copy_from_slice(&(offset % 50_000).to_be_bytes())),
            value: Some(value.clone()),
            headers: Vec::new(),
        })
        .collect();
    let started = Instant::now();
    for (record, n) in records.into_iter().zip(1_u32..) {
        task.enqueue(record);
        assert_ne!(task.advance(), Ok(Advanced::Idle));
        task.outputs.clear();
        if n.is_multiple_of(1_000) {
            task.prepare(drop);
            task.promote();
        }
    }
    started.elapsed().as_nanos() / u128::try_from(RECORDS).unwrap()
}

#[test]
#[ignore = "a measurement"]
fn the_record_path() {
    println!("a record that does nothing: {} ns", measure(false));
    println!("a record that reads, writes, forwards, with its changelog: {} ns", measure(true));
}

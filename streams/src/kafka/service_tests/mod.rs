//! The adapters against a real cluster. Skipped, with the reason, unless `TIMESALE_TEST_KAFKA_BOOTSTRAP` names one. Every test has
//! topics and groups of its own. Tests that kill a broker start one of their own, and also need `TIMESALE_RUN` for it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at once"
)]

mod admin;
mod emitting;
mod feeding;
mod groups;
mod late_requests;
mod next_owners;
mod outages;
mod proxying;
mod reading;
mod transactions;
mod writing;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::testing::cluster;
use super::{
    Admin, ClusterConfig, EmitterConfig, KafkaBroker, KafkaEmitter, SlotConfig, TopicReader, TopicToCreate,
    committed_offsets,
};
use crate::broker::{Broker, BrokerError, Polled, Position, ReadRequest};
use crate::emitter::{Delivery, Emitter, Placed};
use crate::record::{Outgoing, Record};

/// A name that no other test and no other run has.
fn unique(what: &str) -> String {
    format!("test-{what}-{:012x}", fastrand::u64(..) & 0xffff_ffff_ffff)
}

fn topic(cluster: &ClusterConfig, what: &str, partitions: i32) -> String {
    topic_with(cluster, what, partitions, &[])
}

fn topic_with(cluster: &ClusterConfig, what: &str, partitions: i32, settings: &[(&str, &str)]) -> String {
    let name = unique(what);
    let config = [("message.timestamp.type", "LogAppendTime")].iter().chain(settings);
    let config = config.map(|(setting, value)| ((*setting).to_owned(), (*value).to_owned())).collect();
    let new = TopicToCreate { name: name.clone(), partitions, replication: 1, config };
    let admin = Admin::new(cluster).unwrap();
    admin.create(&new).unwrap();
    // Created is not yet known everywhere.
    until("the topic is there", || admin.describe(&[&name]).unwrap().contains_key(&name).then_some(()));
    name
}

/// Tries until there is an answer; 60 s, so that a broker may restart in between.
fn until<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        if let Some(answer) = attempt() {
            return answer;
        }
        assert!(Instant::now() < deadline, "timed out: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn outgoing(topic: &str, partition: i32, value: &str) -> Outgoing {
    Outgoing {
        topic: Arc::from(topic),
        partition: Some(partition),
        key: Some(Bytes::from_static(b"key")),
        value: Some(Bytes::copy_from_slice(value.as_bytes())),
        headers: vec![("about".into(), Bytes::from_static(b"a test"))],
    }
}

fn emitter(cluster: &ClusterConfig) -> KafkaEmitter {
    KafkaEmitter::without_metrics(cluster, EmitterConfig::default()).unwrap()
}

/// Writes values to a partition, outside of any transaction.
fn write(cluster: &ClusterConfig, topic: &str, partition: i32, values: &[&str]) -> Vec<Placed> {
    let emitter = emitter(cluster);
    let sent: Vec<_> = values.iter().map(|value| emitter.emit(outgoing(topic, partition, value)).unwrap()).collect();
    let all = || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let all = async |sent: Vec<Delivery>| {
            let mut placed = Vec::new();
            for delivery in sent {
                placed.push(delivery.await.unwrap());
            }
            placed
        };
        runtime.block_on(all(sent))
    };
    // On a thread of its own, for a test may be async itself.
    std::thread::scope(|scope| scope.spawn(all).join()).unwrap()
}

fn broker(cluster: &ClusterConfig, group: &str, instance: &str, source: &str) -> KafkaBroker {
    KafkaBroker::new(cluster, SlotConfig::new(group, &format!("{group}.{instance}"), source)).unwrap()
}

/// Begins to produce, however long the cluster takes.
fn init(broker: &mut KafkaBroker) {
    until("the producer is ready", || match broker.init_transactions() {
        Ok(()) => Some(()),
        Err(BrokerError::Unavailable(_)) => None,
        Err(other) => panic!("{other}"),
    });
}

/// Takes every assigned partition, at its committed position or at 0, until these are assigned.
fn own(broker: &mut KafkaBroker, partitions: &[i32]) {
    let mut owned = Vec::new();
    until("the partitions are assigned", || {
        match broker.poll(100, Duration::from_millis(100)).unwrap() {
            Polled::Assigned(given) => {
                take(broker, &given);
                owned.extend(given);
            }
            Polled::Records(records) => assert_eq!(records, vec![], "nothing is returned while paused"),
            Polled::Revoked(_) | Polled::Lost(_) => panic!("revoked"),
        }
        partitions.iter().all(|wanted| owned.contains(wanted)).then_some(())
    });
    for partition in partitions {
        broker.set_paused(*partition, false).unwrap();
    }
}

/// Answers an assignment: reading begins, paused, at the group's positions.
fn take(broker: &mut KafkaBroker, given: &[i32]) {
    let committed = until("committed positions", || broker.committed(given).ok());
    let start = |(partition, position): (&i32, Option<Position>)| (*partition, position.map_or(0, |at| at.offset));
    let positions: Vec<(i32, i64)> = given.iter().zip(committed).map(start).collect();
    broker.assign(&positions).unwrap();
}

/// The next `count` records.
fn records(broker: &mut KafkaBroker, count: usize) -> Vec<Record> {
    let mut found = Vec::new();
    until("records", || {
        match broker.poll(count - found.len(), Duration::from_millis(100)).unwrap() {
            Polled::Records(more) => found.extend(more),
            other => panic!("{other:?} instead of records"),
        }
        (found.len() >= count).then_some(())
    });
    found
}

fn values(records: &[Record]) -> Vec<String> {
    let value = |record: &Record| String::from_utf8(record.value.as_ref().unwrap().to_vec()).unwrap();
    records.iter().map(value).collect()
}

/// Every committed value of a topic.
fn committed_values(cluster: &ClusterConfig, topic: &str) -> Vec<String> {
    let records: Vec<Record> = TopicReader::open(cluster, topic).unwrap().map(Result::unwrap).collect();
    values(&records)
}

fn position(offset: i64, metadata: &str) -> Position {
    Position { offset, metadata: metadata.to_owned() }
}

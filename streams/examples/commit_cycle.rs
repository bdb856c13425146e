//! Measures the adapters on a real cluster: the cost of a transaction, the throughput of exactly-once, the throughput of the
//! emitter. Prints one JSON line; `scripts/bench` keeps it.
//!
//! `KAFKA_BOOTSTRAP=127.0.0.1:9092 cargo run --release -p logstreams --example commit_cycle`
#![allow(clippy::print_stdout, reason = "its result is one line on stdout")]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use logstreams::broker::{Broker, BrokerError, Polled, Position};
use logstreams::emitter::Emitter;
use logstreams::kafka::{Admin, ClusterConfig, EmitterConfig, KafkaBroker, KafkaEmitter, SlotConfig, TopicToCreate};
use logstreams::record::Outgoing;
use rdkafka::ClientConfig;
use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Partitions of each topic.
const PARTITIONS: i32 = 4;
/// Records read by each of the two loops.
const RECORDS: usize = 200_000;
/// One-record transactions.
const CYCLES: i64 = 300;
/// How long records gather before a commit.
const INTERVAL: Duration = Duration::from_millis(20);
/// How long the emitter is loaded, and by how many writers that each wait for their acknowledgement.
const EMITTING: Duration = Duration::from_secs(5);
const WRITERS: usize = 512;

fn main() -> Outcome<()> {
    let bootstrap = std::env::var("KAFKA_BOOTSTRAP").unwrap_or_else(|_| ClusterConfig::default().bootstrap);
    let cluster = ClusterConfig { bootstrap, client: BTreeMap::new() };
    let run = format!("bench-{:08x}", fastrand::u32(..));
    let (source, sink) = (format!("{run}-in"), format!("{run}-out"));
    for name in [&source, &sink] {
        let config = BTreeMap::from([("retention.ms".to_owned(), "3600000".to_owned())]);
        let topic = TopicToCreate { name: name.clone(), partitions: PARTITIONS, replication: 1, config };
        Admin::new(&cluster)?.create(&topic)?;
    }
    let (cycle, offsets, drain, commit) = one_record_cycles(&cluster, &run, &source, &sink)?;
    let emitted = emitted_per_second(&cluster, &sink)?;
    fill(&cluster, &source)?;
    let raw = raw_per_second(&cluster, &run, &source, &sink)?;
    let exactly_once = exactly_once_per_second(&cluster, &run, &source, &sink)?;
    println!(
        "{{\"commit_ms\":{commit},\"cycle_ms\":{cycle},\"offsets_ms\":{offsets},\"drain_ms\":{drain},\
         \"raw_records_per_second\":{raw:.0},\"exactly_once_records_per_second\":{exactly_once:.0},\
         \"exactly_once_to_raw\":{:.3},\"emitter\":{emitted}}}",
        exactly_once / raw
    );
    Ok(())
}

/// A slot that has joined and owns every partition, reading from the beginning.
fn slot(cluster: &ClusterConfig, group: &str, source: &str) -> Outcome<KafkaBroker> {
    let mut broker = KafkaBroker::new(cluster, SlotConfig::new(group, &format!("{group}.0.0"), source))?;
    while let Err(error) = broker.init_transactions() {
        if !matches!(error, BrokerError::Unavailable(_)) {
            return Err(error.into());
        }
    }
    let mut owned = 0;
    while owned < PARTITIONS {
        if let Polled::Assigned(partitions) = broker.poll(1, Duration::from_millis(100))? {
            broker.assign(&partitions.iter().map(|partition| (*partition, 0)).collect::<Vec<_>>())?;
            for partition in partitions {
                broker.set_paused(partition, false)?;
                owned += 1;
            }
        }
    }
    Ok(broker)
}

fn outgoing(topic: &Arc<str>, partition: i32) -> Outgoing {
    let value = Some(Bytes::from_static(&[b'x'; 200]));
    Outgoing {
        topic: Arc::clone(topic),
        partition: Some(partition),
        key: Some(Bytes::from_static(b"key")),
        value,
        headers: Vec::new(),
    }
}

/// One tiny transaction after another: two records and a position, as for one record on an idle system.
fn one_record_cycles(
    cluster: &ClusterConfig,
    run: &str,
    source: &str,
    sink: &str,
) -> Outcome<(String, String, String, String)> {
    let mut broker = slot(cluster, &format!("{run}-cycles"), source)?;
    let sink: Arc<str> = Arc::from(sink);
    let mut times: [Vec<Duration>; 4] = Default::default();
    for round in 0..CYCLES {
        let began = Instant::now();
        broker.begin()?;
        broker.send(outgoing(&sink, 0))?;
        broker.send(outgoing(&sink, 1))?;
        let sent = Instant::now();
        broker.send_offsets(&[(0, Position { offset: round + 1, metadata: "1 2 3".to_owned() })])?;
        let positioned = Instant::now();
        broker.drain()?;
        let drained = Instant::now();
        broker.commit()?;
        let committed = Instant::now();
        let spans = [committed - began, positioned - sent, drained - positioned, committed - drained];
        times.iter_mut().zip(spans).for_each(|(times, span)| times.push(span));
    }
    broker.close();
    let [cycle, offsets, drain, commit] = times.map(quantiles);
    Ok((cycle, offsets, drain, commit))
}

/// Reads everything and writes two records for each, in transactions of at most [`INTERVAL`].
fn exactly_once_per_second(cluster: &ClusterConfig, run: &str, source: &str, sink: &str) -> Outcome<f64> {
    let mut broker = slot(cluster, &format!("{run}-exactly-once"), source)?;
    let sink: Arc<str> = Arc::from(sink);
    let began = Instant::now();
    let mut read = 0;
    while read < RECORDS {
        let mut positions: BTreeMap<i32, i64> = BTreeMap::new();
        let until = Instant::now() + INTERVAL;
        while Instant::now() < until && read < RECORDS {
            let Polled::Records(records) = broker.poll(1_000, Duration::from_millis(5))? else { continue };
            for record in records {
                if positions.is_empty() {
                    broker.begin()?;
                }
                positions.insert(record.partition, record.offset + 1);
                broker.send(Outgoing { key: record.key, value: record.value, ..outgoing(&sink, record.partition) })?;
                broker.send(outgoing(&sink, record.partition))?;
                read += 1;
            }
        }
        if !positions.is_empty() {
            let position = |(partition, offset)| (partition, Position { offset, metadata: String::new() });
            broker.send_offsets(&positions.into_iter().map(position).collect::<Vec<_>>())?;
            broker.drain()?;
            broker.commit()?;
        }
    }
    let rate = per_second(read, began);
    broker.close();
    Ok(rate)
}

/// The same work by the bare client: an idempotent producer without transactions.
fn raw_per_second(cluster: &ClusterConfig, run: &str, source: &str, sink: &str) -> Outcome<f64> {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", &cluster.bootstrap);
    let consumer: BaseConsumer = client
        .clone()
        .set("group.id", format!("{run}-raw"))
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.commit", "false")
        .create()?;
    let producer: BaseProducer =
        client.set("enable.idempotence", "true").set("queue.buffering.max.messages", "1000000").create()?;
    consumer.subscribe(&[source])?;
    let mut began = Instant::now();
    let mut read = 0;
    while read < RECORDS {
        let Some(message) = consumer.poll(Duration::from_millis(100)) else { continue };
        let message = message?;
        if read == 0 {
            // Joining the group is no part of it, as it is none of the other loop's.
            began = Instant::now();
        }
        let same = BaseRecord::<[u8], [u8]>::to(sink).partition(message.partition());
        let same = same.key(message.key().unwrap_or_default()).payload(message.payload().unwrap_or_default());
        producer.send(same).map_err(|(error, _)| error)?;
        let other = BaseRecord::<[u8], [u8]>::to(sink).partition(message.partition());
        producer.send(other.key(b"key").payload(&[b'x'; 200])).map_err(|(error, _)| error)?;
        read += 1;
        if read % 1_000 == 0 {
            producer.poll(Duration::ZERO);
        }
    }
    while producer.in_flight_count() > 0 {
        producer.poll(Duration::ZERO);
        std::thread::sleep(Duration::from_micros(100));
    }
    Ok(per_second(read, began))
}

/// Writers that each wait for an acknowledgement before they write again, as a service with that many requests in flight does.
fn emitted_per_second(cluster: &ClusterConfig, sink: &str) -> Outcome<String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build()?;
    let emitter = Arc::new(KafkaEmitter::without_metrics(cluster, EmitterConfig::default())?);
    let (sink, acknowledged): (Arc<str>, _) = (Arc::from(sink), Arc::new(AtomicU64::new(0)));
    let until = Instant::now() + EMITTING;
    let writer = |number: usize| {
        let (emitter, sink, acknowledged) = (Arc::clone(&emitter), Arc::clone(&sink), Arc::clone(&acknowledged));
        let partition = i32::try_from(number).unwrap_or(0) % PARTITIONS;
        async move {
            let mut times = Vec::new();
            while Instant::now() < until {
                let since = Instant::now();
                let Ok(delivery) = emitter.emit(outgoing(&sink, partition)) else { continue };
                if delivery.await.is_ok() {
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                    times.push(since.elapsed());
                }
            }
            times
        }
    };
    let times = runtime.block_on(async {
        let writers: Vec<_> = (0..WRITERS).map(|number| tokio::spawn(writer(number))).collect();
        let mut times = Vec::new();
        for writer in writers {
            times.extend(writer.await.unwrap_or_default());
        }
        times
    });
    let rate = acknowledged.load(Ordering::Relaxed) / EMITTING.as_secs();
    Ok(format!("{{\"writers\":{WRITERS},\"acknowledged_per_second\":{rate},\"acknowledged_ms\":{}}}", quantiles(times)))
}

/// Writes what both loops read.
fn fill(cluster: &ClusterConfig, source: &str) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build()?;
    let emitter = KafkaEmitter::without_metrics(cluster, EmitterConfig::default())?;
    let source: Arc<str> = Arc::from(source);
    for number in 0..RECORDS {
        let partition = i32::try_from(number).unwrap_or(0) % PARTITIONS;
        while emitter.emit(outgoing(&source, partition)).is_err() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    match runtime.block_on(emitter.flush(Duration::from_secs(30))) {
        0 => Ok(()),
        open => Err(format!("{open} records are not acknowledged").into()),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn per_second(count: usize, since: Instant) -> f64 {
    count as f64 / since.elapsed().as_secs_f64()
}

fn quantiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |share: usize| {
        let place = times.len().saturating_sub(1) * share / 100;
        times.get(place).copied().unwrap_or_default().as_secs_f64() * 1_000.0
    };
    format!("{{\"p50\":{:.2},\"p99\":{:.2}}}", at(50), at(99))
}

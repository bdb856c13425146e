//! Reads a topic from its first record to its end with the bare client, and does nothing with it: the baseline for every reader. Committed records only and checksums checked, as stream threads read. Prints one JSON line.
//!
//! `KAFKA_BOOTSTRAP=127.0.0.1:9092 cargo run --release -p logstreams --example drain -- <topic> [consumers]`
#![allow(clippy::print_stdout, reason = "its result is one line on stdout")]

use std::error::Error;
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::{ClientConfig, Message};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// How long the cluster may return nothing.
const SILENCE_LIMIT: Duration = Duration::from_secs(30);

/// What one consumer has read.
struct Drained {
    records: u64,
    bytes: u64,
    /// When the first record came, and the last.
    began: Instant,
    ended: Instant,
}

fn main() -> Outcome<()> {
    let topic = std::env::args().nth(1).ok_or("name a topic")?;
    let consumers: i32 = std::env::args().nth(2).map_or(Ok(1), |count| count.parse())?;
    let bootstrap = std::env::var("KAFKA_BOOTSTRAP")?;
    let first = consumer(&bootstrap)?;
    let metadata = first.fetch_metadata(Some(&topic), SILENCE_LIMIT)?;
    let found = metadata.topics().first().ok_or("no such topic")?;
    let partitions = i32::try_from(found.partitions().len())?;
    let of = |number| (0..partitions).filter(|partition| partition % consumers == number).collect::<Vec<_>>();
    let share = |number| {
        let (bootstrap, topic, share) = (bootstrap.clone(), topic.clone(), of(number));
        thread::spawn(move || drain(&bootstrap, &topic, &share))
    };
    let threads: Vec<_> = (0..consumers.min(partitions)).map(share).collect();
    let mut all: Vec<Drained> = Vec::new();
    for thread in threads {
        all.push(thread.join().map_err(|_| "a consumer has panicked")??);
    }
    let records: u64 = all.iter().map(|one| one.records).sum();
    let bytes: u64 = all.iter().map(|one| one.bytes).sum();
    let began = all.iter().map(|one| one.began).min().ok_or("nothing was read")?;
    let ended = all.iter().map(|one| one.ended).max().ok_or("nothing was read")?;
    let seconds = (ended - began).as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "rates for people")]
    let (rate, rate_of_bytes) = (records as f64 / seconds, bytes as f64 / seconds / 1e6);
    println!(
        "{{\"records\":{records},\"bytes\":{bytes},\"consumers\":{consumers},\"seconds\":{seconds:.3},\
         \"records_per_second\":{rate:.0},\"megabytes_per_second\":{rate_of_bytes:.1}}}"
    );
    Ok(())
}

/// Reads these partitions to their end. Waiting for the first record is no part of the time.
fn drain(bootstrap: &str, topic: &str, partitions: &[i32]) -> Outcome<Drained> {
    let consumer = consumer(bootstrap)?;
    let mut list = TopicPartitionList::new();
    for partition in partitions {
        list.add_partition_offset(topic, *partition, Offset::Beginning)?;
    }
    consumer.assign(&list)?;
    let now = Instant::now();
    let mut drained = Drained { records: 0, bytes: 0, began: now, ended: now };
    let mut open = partitions.len();
    let mut last_record = now;
    while open > 0 {
        match consumer.poll(Duration::from_millis(100)) {
            None if last_record.elapsed() > SILENCE_LIMIT => return Err("the cluster returns nothing".into()),
            None => continue,
            Some(Ok(message)) => {
                if drained.records == 0 {
                    drained.began = Instant::now();
                }
                drained.records += 1;
                let length = message.key().map_or(0, <[u8]>::len) + message.payload().map_or(0, <[u8]>::len);
                drained.bytes += length as u64;
            }
            Some(Err(KafkaError::PartitionEOF(_))) => open -= 1,
            Some(Err(error)) => return Err(error.into()),
        }
        if drained.records.is_multiple_of(1_000) {
            last_record = Instant::now();
        }
    }
    drained.ended = Instant::now();
    Ok(drained)
}

fn consumer(bootstrap: &str) -> Outcome<BaseConsumer> {
    Ok(ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("group.id", "drain")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .set("isolation.level", "read_committed")
        .set("check.crcs", "true")
        .create()?)
}

//! The settlement processor alone: the shipped loop reads the shipped inbox from its first record, decodes, decides, keeps every store
//! and states every fact, and sends nothing. Beside a drain of the same topic it tells what deciding costs; beside the whole
//! application, what writing it down exactly once does. Prints one JSON line.
//!
//! `KAFKA_BOOTSTRAP=127.0.0.1:9092 cargo run --release -p timesale --example processor -- <records> [threads]`
#![allow(clippy::print_stdout, reason = "its result is one line on stdout")]

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use prometheus::Registry;
use streams::application::{Application, ApplicationConfig};
use streams::broker::{Broker, BrokerError, Polled, Position, ReadRequest};
use streams::kafka::{ClusterConfig, KafkaBroker, SlotConfig};
use streams::metrics::Metrics;
use streams::record::{Outgoing, Record};
use streams::service::{Health, shutdown};

/// As the shipped binary has it: what is measured is the same program.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long nothing may come.
const DEADLINE: Duration = Duration::from_secs(60);

fn main() -> anyhow::Result<()> {
    let records: u64 = std::env::args().nth(1).context("say how many records there are")?.parse()?;
    let threads: u32 = std::env::args().nth(2).map_or(Ok(2), |count| count.parse())?;
    let cluster = ClusterConfig { bootstrap: std::env::var("KAFKA_BOOTSTRAP")?, ..ClusterConfig::default() };
    let registry = Registry::new();
    let (health, metrics) = (Health::default(), Metrics::new(&registry)?);
    let (handle, signal) = shutdown();
    let topology = processors::settlement::topology()?;
    let group = format!("processor-{}", std::process::id());
    let source = topology.source().to_string();
    let connect = move |slot: u32| {
        let slot = SlotConfig::new(&group, &format!("{group}.{slot}"), &source);
        Ok::<_, BrokerError>(Deaf(KafkaBroker::new(&cluster, slot)?))
    };
    // As long as the script's application has it.
    let config = ApplicationConfig { threads, commit_interval_ms: 100, ..ApplicationConfig::default() };
    let application = Application::start(topology, connect, config, &metrics, &health, &signal)?;

    // Joining the group is no part of it, as it is none of a drain's.
    let mut began: Option<(Instant, u64)> = None;
    let (mut processed, mut heard) = (0, Instant::now());
    while processed < records {
        std::thread::sleep(Duration::from_millis(2));
        let now = counted(&registry);
        if now > processed {
            (processed, heard) = (now, Instant::now());
            began.get_or_insert((heard, now));
        }
        ensure!(heard.elapsed() < DEADLINE, "only {processed} of {records} records came: {:?}", health.parts());
    }
    let (began, before) = began.context("nothing came")?;
    let seconds = (heard - began).as_secs_f64();
    handle.request();
    application.join(Duration::from_secs(10))?;
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = (processed - before) as f64 / seconds;
    println!(
        "{{\"records\":{processed},\"threads\":{threads},\"seconds\":{seconds:.3},\"records_per_second\":{rate:.0}}}"
    );
    Ok(())
}

/// Records processed so far, by all threads.
fn counted(registry: &Registry) -> u64 {
    let families = registry.gather();
    let processed = families.iter().filter(|family| family.name() == "streams_records_processed_total");
    let sum: f64 =
        processed.flat_map(|family| family.get_metric()).map(|metric| metric.get_counter().get_value()).sum();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count far below 2^53")]
    let sum = sum as u64;
    sum
}

/// A connection that reads, and takes every word that is written for written.
struct Deaf(KafkaBroker);

impl Broker for Deaf {
    fn now(&self) -> i64 {
        self.0.now()
    }
    fn elapsed(&self) -> i64 {
        self.0.elapsed()
    }
    fn partitions(&mut self, topic: &str) -> Result<i32, BrokerError> {
        self.0.partitions(topic)
    }
    fn poll(&mut self, most: usize, timeout: Duration) -> Result<Polled, BrokerError> {
        self.0.poll(most, timeout)
    }
    fn assign(&mut self, positions: &[(i32, i64)]) -> Result<(), BrokerError> {
        self.0.assign(positions)
    }
    fn unassign(&mut self, partitions: &[i32]) -> Result<(), BrokerError> {
        self.0.unassign(partitions)
    }
    fn set_paused(&mut self, partition: i32, paused: bool) -> Result<(), BrokerError> {
        self.0.set_paused(partition, paused)
    }
    fn seek(&mut self, partition: i32, offset: i64) -> Result<(), BrokerError> {
        self.0.seek(partition, offset)
    }
    fn committed(&mut self, partitions: &[i32]) -> Result<Vec<Option<Position>>, BrokerError> {
        Ok(vec![None; partitions.len()])
    }
    fn last_committed(&mut self, partitions: &[i32]) -> Result<Vec<Option<Position>>, BrokerError> {
        self.0.last_committed(partitions)
    }

    fn end_transactions_of(&mut self, own: &str, dead: &str) -> Result<bool, BrokerError> {
        self.0.end_transactions_of(own, dead)
    }

    fn rejoin(&mut self) -> Result<(), BrokerError> {
        self.0.rejoin()
    }
    fn init_transactions(&mut self) -> Result<(), BrokerError> {
        Ok(())
    }
    fn begin(&mut self) -> Result<(), BrokerError> {
        Ok(())
    }
    fn send(&mut self, _outgoing: Outgoing) -> Result<(), BrokerError> {
        Ok(())
    }
    fn send_offsets(&mut self, _positions: &[(i32, Position)]) -> Result<(), BrokerError> {
        Ok(())
    }
    fn drain(&mut self) -> Result<(), BrokerError> {
        Ok(())
    }
    fn commit(&mut self) -> Result<(), BrokerError> {
        Ok(())
    }
    fn abort(&mut self) -> Result<(), BrokerError> {
        Ok(())
    }
    /// Whatever another run has written down, this one begins with nothing.
    fn log_range(&mut self, topic: &str, partition: i32) -> Result<(i64, i64), BrokerError> {
        if topic.ends_with(".changelog") { Ok((0, 0)) } else { self.0.log_range(topic, partition) }
    }
    fn read(&mut self, request: ReadRequest<'_>) -> Result<(Vec<Record>, i64), BrokerError> {
        self.0.read(request)
    }
    fn close(&mut self) {
        self.0.close();
    }
}

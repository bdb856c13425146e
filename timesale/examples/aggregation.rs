//! Settlement's aggregation alone: reads the shipped inbox from its first record, decodes every command, settles every line by its
//! seller's policy and adds it to the seller's day, in memory. No store, no fact, no transaction: beside a drain of the same topic it
//! shows what reading and computing cost; beside the `processor` example, what storing and writing costs. For an inbox of paid orders
//! as the `sold` example writes it, in which no order comes twice. Prints one JSON line; its amounts must be those of the orders.
//!
//! `KAFKA_BOOTSTRAP=127.0.0.1:9092 cargo run --release -p timesale --example aggregation -- <records> [threads]`
#![allow(clippy::print_stdout, reason = "its result is one line on stdout")]

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use events::calendar::{Day, Zone};
use events::codec::decode;
use events::envelope::Envelope;
use events::ids::SellerId;
use events::settlement::{DayTotals, SellerPolicy, Settled, SettlementCommand, SoldLine};
use events::time::Timestamp;
use events::topics::SETTLEMENT_INBOX;
use streams::broker::{Broker, Polled};
use streams::kafka::{ClusterConfig, KafkaBroker, SlotConfig};
use streams::record::Record;

/// As the shipped binary has it: what is measured is the same program.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long nothing may come.
const DEADLINE: Duration = Duration::from_secs(60);
/// Records of one poll, as a stream thread asks for them.
const BATCH: usize = 1_000;

fn main() -> anyhow::Result<()> {
    let records: u64 = std::env::args().nth(1).context("say how many records there are")?.parse()?;
    let threads: i32 = std::env::args().nth(2).map_or(Ok(2), |count| count.parse())?;
    let cluster = ClusterConfig { bootstrap: std::env::var("KAFKA_BOOTSTRAP")?, ..ClusterConfig::default() };
    let left = Arc::new(AtomicU64::new(records));
    let work = |number: i32| {
        let (cluster, left) = (cluster.clone(), Arc::clone(&left));
        std::thread::spawn(move || Worker::new(&cluster, number, threads)?.run(&left))
    };
    let workers: Vec<_> = (0..threads).map(work).collect();
    let mut done = Vec::new();
    for worker in workers {
        done.push(worker.join().map_err(|_| anyhow::anyhow!("a thread has panicked"))??);
    }
    // Joining the group is no part of it, as it is none of a drain's.
    let began = done.iter().filter_map(|share| share.began).min().context("nothing came")?;
    let ended = done.iter().filter_map(|share| share.ended).max().context("nothing came")?;
    let seconds = (ended - began).as_secs_f64();
    let days = done.iter().flat_map(|share| share.sellers.values()).flat_map(|seller| seller.totals.values());
    let mut sum = DayTotals::default();
    for day in days {
        let amounts = sum.amounts.plus(&day.amounts).context("amounts that do not fit")?;
        sum = DayTotals { lines: sum.lines + day.lines, amounts };
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = records as f64 / seconds;
    println!(
        "{{\"records\":{records},\"threads\":{threads},\"seconds\":{seconds:.3},\"records_per_second\":{rate:.0},\
         \"lines\":{},\"amounts\":{}}}",
        sum.lines,
        serde_json::to_string(&sum.amounts)?
    );
    Ok(())
}

/// A thread: a group of its own, so that no rebalance is measured, and the sellers of its share of the partitions.
struct Worker {
    broker: KafkaBroker,
    number: i32,
    threads: i32,
    share: Share,
}

/// What a thread has added up.
#[derive(Default)]
struct Share {
    sellers: HashMap<SellerId, Seller>,
    /// When the first record came, and the last.
    began: Option<Instant>,
    ended: Option<Instant>,
}

impl Worker {
    fn new(cluster: &ClusterConfig, number: i32, threads: i32) -> anyhow::Result<Self> {
        let group = format!("aggregation-{}.{number}", std::process::id());
        let slot = SlotConfig::new(&group, &group, SETTLEMENT_INBOX.name());
        Ok(Self { broker: KafkaBroker::new(cluster, slot)?, number, threads, share: Share::default() })
    }

    /// Reads until nothing is left for any of the threads.
    fn run(mut self, left: &AtomicU64) -> anyhow::Result<Share> {
        let mut heard = Instant::now();
        while left.load(Ordering::Relaxed) > 0 {
            match self.broker.poll(BATCH, Duration::from_millis(20))? {
                Polled::Assigned(partitions) => self.begin(&partitions)?,
                Polled::Revoked(_) | Polled::Lost(_) => bail!("partitions went elsewhere"),
                Polled::Records(records) if records.is_empty() => {
                    ensure!(
                        heard.elapsed() < DEADLINE,
                        "nothing comes, and {} records are missing",
                        left.load(Ordering::Relaxed)
                    );
                }
                Polled::Records(records) => {
                    heard = Instant::now();
                    self.share.began.get_or_insert(heard);
                    for record in &records {
                        self.share.take(record)?;
                    }
                    self.share.ended = Some(Instant::now());
                    left.fetch_sub(records.len() as u64, Ordering::Relaxed);
                }
            }
        }
        self.broker.close();
        Ok(self.share)
    }

    fn begin(&mut self, partitions: &[i32]) -> anyhow::Result<()> {
        for partition in partitions.iter().filter(|partition| *partition % self.threads == self.number) {
            let (first, _) = self.broker.log_range(SETTLEMENT_INBOX.name(), *partition)?;
            self.broker.assign(&[(*partition, first)])?;
            self.broker.set_paused(*partition, false)?;
        }
        Ok(())
    }
}

impl Share {
    fn take(&mut self, record: &Record) -> anyhow::Result<()> {
        let envelope = Envelope::from_headers(record.header_pairs());
        match decode(record.value.as_deref(), &envelope)? {
            SettlementCommand::SetPolicy { seller, policy, .. } => {
                self.sellers.insert(seller, Seller::new(policy)?);
                Ok(())
            }
            SettlementCommand::LinesReached { seller, basis, at, lines, .. } => {
                let seller = self.sellers.get_mut(&seller).context("a seller without a policy")?;
                if basis >= seller.policy.basis { seller.add(at, &lines) } else { Ok(()) }
            }
            SettlementCommand::LinesRefunded { .. } | SettlementCommand::CloseDay { .. } => {
                bail!("the inbox holds more than the lines of paid orders")
            }
        }
    }
}

/// A seller and its days.
struct Seller {
    policy: SellerPolicy,
    zone: Zone,
    /// The day of the newest lines, its first instant and the first one after it.
    today: Option<(Day, Timestamp, Timestamp)>,
    totals: BTreeMap<Day, DayTotals>,
}

impl Seller {
    fn new(policy: SellerPolicy) -> anyhow::Result<Self> {
        let zone = policy.time_zone.zone().context("a time zone that this build does not know")?;
        Ok(Self { policy, zone, today: None, totals: BTreeMap::new() })
    }

    /// Settles lines and adds them to their day.
    fn add(&mut self, at: Timestamp, lines: &[SoldLine]) -> anyhow::Result<()> {
        let day = self.day(at).context("an instant that belongs to no day")?;
        let totals = self.totals.entry(day).or_default();
        for line in lines {
            let terms = self.policy.terms_of(&line.sku, line.category.as_ref());
            let settled = Settled::of(&line.amounts, line.quantity, line.refunded, line.supply_price, &terms);
            *totals = settled.and_then(|settled| totals.with(&settled)).context("amounts that do not fit")?;
        }
        Ok(())
    }

    /// Most lines belong to the day of the ones before them.
    fn day(&mut self, at: Timestamp) -> Option<Day> {
        match self.today {
            Some((day, begins, ends)) if (begins..ends).contains(&at) => Some(day),
            _ => {
                let day = self.zone.day(at)?;
                self.today = Some((day, self.zone.begin(day)?, self.zone.begin(day.next())?));
                Some(day)
            }
        }
    }
}

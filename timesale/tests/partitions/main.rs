//! A record that this build does not understand, on a real broker beside the program itself: it parks one partition, everything else goes on,
//! and it goes on again with an upgrade or an operator's word.
//!
//! Skipped without `TIMESALE_TEST_KAFKA_BOOTSTRAP` and `TIMESALE_RUN`: each test has a broker of its own, since it writes to the topics of a
//! whole installation.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at once"
)]

#[path = "../shared/mod.rs"]
mod shared;

use std::process::Child;
use std::time::{Duration, Instant};

use bytes::Bytes;
use events::codec::{self, Message};
use events::envelope::Envelope;
use events::ids::{RequestId, SellerId, Sku};
use events::inventory::{InventoryCommand, ProductTerms};
use events::money::Money;
use events::prices::PriceCommand;
use events::time::Timestamp;
use events::topics::{DEAD_LETTERS, INVENTORY_EVENTS, INVENTORY_INBOX, PRICES_BEST, PRICES_INBOX, PROCESSORS_CONTROL};
use serde_json::Value;
use shared::{AT_MOST, Installation, told, until};
use streams::RunConfig;
use streams::control::{Control, Kind};
use streams::kafka::{TopicReader, TransactionalWriter};
use streams::partitioner::partition_for_key;
use streams::processor::{Context, Processor, Timer, Verdict};
use streams::record::{Outgoing, Record};
use streams::service::shutdown;

/// Partitions of every inbox.
const PARTITIONS: i32 = 4;
/// A version that no build has yet.
const NEWER: &str = "999";

/// The processors of an installation, as one process that is killed in the end.
struct Processors(Child);

impl Processors {
    fn start(installation: &Installation) -> Self {
        let mut command = installation.timesale(&["serve", "processors"]);
        command
            .env("TIMESALE_ADMIN_LISTEN", "127.0.0.1:0")
            .env("TIMESALE_INSTANCE", "0")
            .stderr(std::process::Stdio::null());
        Self(command.spawn().unwrap())
    }

    fn assert_alive(&mut self) {
        assert!(self.0.try_wait().unwrap().is_none(), "the process has ended");
    }
}

impl Drop for Processors {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A product whose records go to this partition; the number tells several of them apart.
fn sku(partition: i32, number: usize) -> Sku {
    let named = (0..).map(|n| format!("product-{number}-{n}"));
    let text = named.into_iter().find(|text| partition_for_key(text.as_bytes(), PARTITIONS) == partition).unwrap();
    Sku::new(&text).unwrap()
}

/// What a product costs with us, as a record of the prices' inbox.
fn price(sku: &Sku, version: u64, won: i64) -> Outgoing {
    let at = Timestamp::from_millis(1);
    record(
        PRICES_INBOX.name(),
        &PriceCommand::OwnPrice { sku: sku.clone(), version, at, list_price: Money::new(won), sale: None },
    )
}

fn record<M: Message>(topic: &str, command: &M) -> Outgoing {
    let (value, envelope) = codec::encode(command, &Envelope::default()).unwrap();
    let key = Some(command.key().into_owned().into());
    Outgoing { topic: topic.into(), partition: None, key, value: Some(value.into()), headers: envelope.to_headers() }
}

/// The record as a build of tomorrow writes it.
fn newer(mut outgoing: Outgoing) -> Outgoing {
    outgoing
        .headers
        .iter_mut()
        .filter(|(name, _)| name == "schema-version")
        .for_each(|(_, value)| *value = NEWER.into());
    outgoing
}

fn write(installation: &Installation, records: &[Outgoing]) {
    let mut writer = TransactionalWriter::open(&installation.cluster, "test-writer", AT_MOST).unwrap();
    writer.write(records).unwrap();
}

fn committed(installation: &Installation, topic: &str) -> Vec<Record> {
    TopicReader::open(&installation.cluster, topic).unwrap().collect::<Result<_, _>>().unwrap()
}

/// The prices that were published of a product, in their order.
fn published(installation: &Installation, sku: &Sku) -> Vec<i64> {
    let of_sku = |record: &Record| record.key.as_deref() == Some(sku.as_str().as_bytes());
    let price = |record: &Record| {
        let value: Value = serde_json::from_slice(record.value.as_ref().unwrap()).unwrap();
        value["price"].as_i64().unwrap()
    };
    committed(installation, PRICES_BEST.name()).iter().filter(|record| of_sku(record)).map(price).collect()
}

fn await_prices(installation: &Installation, sku: &Sku, prices: &[i64]) {
    until(&format!("{prices:?}"), || (published(installation, sku) == prices).then_some(()));
}

/// What a verb says, and its exit code.
fn partitions(installation: &Installation, words: &[&str]) -> (i32, String) {
    let output = installation.timesale(&[&["partitions"], words].concat()).output().unwrap();
    (output.status.code().unwrap_or(-1), told(&output))
}

fn list(installation: &Installation) -> Vec<Value> {
    let output = installation.timesale(&["partitions", "list", "--json"]).output().unwrap();
    let list: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", told(&output)));
    list["partitions"].as_array().unwrap().clone()
}

/// Parks a partition of the prices and returns the offset of the record that it is parked in front of. Another one stands behind it.
fn park(installation: &Installation, stuck: &Sku) -> String {
    write(installation, &[price(stuck, 1, 1_000), newer(price(stuck, 2, 2_000)), price(stuck, 3, 3_000)]);
    let listed = until("the partition is parked", || list(installation).first().cloned());
    assert!(listed["reason"].as_str().unwrap().contains("999"), "{listed}");
    assert_eq!(listed["application"], "prices");
    listed["position"].to_string()
}

#[test]
fn a_newer_record_parks_one_partition_and_an_operator_sets_it_aside() {
    let Some(installation) = Installation::start("partitions-set-aside") else { return };
    let mut processors = Processors::start(&installation);
    let (stuck, neighbour) = (sku(1, 0), sku(2, 0));
    assert_eq!(partitions(&installation, &["list"]), (0, "no partition is parked\n".to_owned()));
    let offset = park(&installation, &stuck);
    await_prices(&installation, &stuck, &[1_000]);

    // Other partitions and other applications go on meanwhile.
    let terms = ProductTerms {
        seller: SellerId::new("seller-1").unwrap(),
        name: "tea".to_owned(),
        category: None,
        list_price: Money::new(20_000),
        sale: None,
        supply_price: None,
        low_stock: None,
    };
    let request = RequestId::of("operator", "products", "1");
    let product = InventoryCommand::DefineProduct { request, sku: sku(2, 7), terms };
    write(&installation, &[price(&neighbour, 1, 7_000), record(INVENTORY_INBOX.name(), &product)]);
    await_prices(&installation, &neighbour, &[7_000]);
    until("inventory decides", || (!committed(&installation, INVENTORY_EVENTS.name()).is_empty()).then_some(()));
    processors.assert_alive();

    let aside = |offset: &str, yes: &[&str]| {
        let words = [&["set-aside", "prices", "1", offset, "--because", "ticket 7"], yes].concat();
        partitions(&installation, &words)
    };
    let (code, said) = aside(&offset, &[]);
    assert!(code == 2 && said.contains("say --yes"), "{code}: {said}");
    let (code, said) = aside("999999", &["--yes"]);
    assert!(code == 1 && said.contains("not parked in front of the record at offset 999999"), "{code}: {said}");
    let (code, said) = partitions(&installation, &["set-aside", "prices", "2", &offset, "--because", "x", "--yes"]);
    assert!(code == 1 && said.contains("partition 2 of prices is not parked"), "{code}: {said}");
    assert!(committed(&installation, DEAD_LETTERS.name()).is_empty());

    let (code, said) = aside(&offset, &["--yes"]);
    assert!(code == 0 && said.contains("the partition goes on"), "{code}: {said}");
    await_prices(&installation, &stuck, &[1_000, 3_000]);
    let letters = committed(&installation, DEAD_LETTERS.name());
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!(letter.header("dead-letter.offset"), Some(offset.as_bytes()));
    assert_eq!(letter.header("dead-letter.reason"), Some(b"set aside, by kim: ticket 7".as_slice()));
    assert_eq!(letter.header("schema-version"), Some(NEWER.as_bytes()));
    assert!(list(&installation).is_empty());
    let said: Vec<(Kind, String)> = committed(&installation, PROCESSORS_CONTROL.name())
        .iter()
        .map(|record| Control::of(record).unwrap())
        .map(|control| (control.kind, control.who))
        .collect();
    assert_eq!(said[1], (Kind::SetAside, "kim".to_owned()), "{said:?}");
    processors.assert_alive();
}

#[test]
fn a_parked_partition_waits_for_an_upgrade_whatever_is_restarted() {
    let Some(installation) = Installation::start("partitions-upgrade") else { return };
    let stuck = sku(1, 0);
    let processors = Processors::start(&installation);
    let offset = park(&installation, &stuck);
    drop(processors);

    // Nobody owns the partition: the word is written and waits.
    let (code, said) = partitions(&installation, &["resume", "prices", "1", "--because", "try", "--yes"]);
    assert!(code == 69 && said.contains("not done yet"), "{code}: {said}");
    let processors = Processors::start(&installation);
    until("it is parked again", || {
        let listed = list(&installation);
        (listed.first()?["word"].is_null() && listed[0]["position"].as_i64() == offset.parse().ok()).then_some(())
    });
    let (code, said) = partitions(&installation, &["resume", "prices", "1", "--because", "try", "--yes"]);
    assert!(code == 1 && said.contains("parked again"), "{code}: {said}");
    assert_eq!(published(&installation, &stuck), [1_000], "nothing was skipped");
    drop(processors);

    let (stop, stopping) = shutdown();
    let mut config = RunConfig::new(&installation.cluster.bootstrap);
    config.prefix = "timesale".to_owned();
    config.shutdown = Some(stopping);
    let upgraded = processors::prices::topology(|_| {}).unwrap().wrapped(|real| Box::new(Upgraded(real)));
    let upgraded = std::thread::spawn(move || streams::run([upgraded], config));
    await_prices(&installation, &stuck, &[1_000, 2_000, 3_000]);
    stop.request();
    upgraded.join().unwrap().unwrap();
    assert!(list(&installation).is_empty(), "it has committed since");
    assert!(committed(&installation, DEAD_LETTERS.name()).is_empty());
}

/// The processor of tomorrow's build: the same, with the same state, and it reads the newer version.
struct Upgraded(Box<dyn Processor>);

impl Processor for Upgraded {
    fn process(&mut self, record: &Record, context: &mut dyn Context) -> Result<(), Verdict> {
        let mut record = record.clone();
        for (name, value) in &mut record.headers {
            if name == "schema-version" {
                *value = Bytes::from_static(b"1");
            }
        }
        self.0.process(&record, context)
    }

    fn punctuate(&mut self, timer: &Timer, context: &mut dyn Context) -> Result<(), Verdict> {
        self.0.punctuate(timer, context)
    }
}

#[test]
fn a_list_and_a_word_need_a_broker_within_a_bound() {
    let began = Instant::now();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_timesale"));
    command.args(["partitions", "list"]).env("KAFKA_BOOTSTRAP", "127.0.0.1:1").env("TIMESALE_DEV", "true");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(69), "{}", told(&output));
    assert!(began.elapsed() < Duration::from_secs(60));
}

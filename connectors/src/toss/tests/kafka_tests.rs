//! The dispatcher on a real broker. Skipped, with the reason, unless `TIMESALE_TEST_KAFKA_BOOTSTRAP` names one; the topics are the test's
//! own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use events::codec;
use events::envelope::Envelope;
use events::orders::OrderCommand;
use events::payments::{PaymentAnswer, PaymentCommand};
use events::topics::{ORDERS_INBOX, PAYMENTS_EVENTS};
use prometheus::Registry;
use serde_json::json;
use streams::emitter::{Delivery, EmitError, Emitter};
use streams::kafka::testing::cluster;
use streams::kafka::{Admin, ClusterConfig, EmitterConfig, Feed, FeedConfig, KafkaEmitter, TopicReader, TopicToCreate};
use streams::record::Outgoing;
use streams::service::{Health, ShutdownHandle, shutdown};
use tokio::task::JoinHandle;

use super::fixture::*;
use crate::toss::{Config, DispatchError, Dispatcher, Metrics, Provider};

/// Writes to the test's topics what is meant for the shop's.
struct Renamed {
    emitter: KafkaEmitter,
    names: BTreeMap<String, String>,
}

impl Emitter for Renamed {
    fn emit(&self, mut outgoing: Outgoing) -> Result<Delivery, EmitError> {
        outgoing.topic = self.names[&*outgoing.topic].as_str().into();
        self.emitter.emit(outgoing)
    }

    fn pressure(&self) -> f64 {
        self.emitter.pressure()
    }
}

struct Topics {
    cluster: ClusterConfig,
    suffix: String,
}

impl Topics {
    fn new() -> Option<Self> {
        let topics = Self { cluster: cluster()?, suffix: format!("{:012x}", fastrand::u64(..) & 0xffff_ffff_ffff) };
        let admin = Admin::new(&topics.cluster).unwrap();
        let names: Vec<String> = ["inbox", "facts", "answers"].map(|what| topics.name(what)).into();
        for name in &names {
            let new = TopicToCreate { name: name.clone(), partitions: 2, replication: 1, config: BTreeMap::new() };
            admin.create(&new).unwrap();
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        while admin.describe(&names).unwrap().len() < names.len() {
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(topics)
    }

    fn name(&self, what: &str) -> String {
        format!("test-payments-{what}-{}", self.suffix)
    }

    fn emitter(&self) -> Renamed {
        let names = [(PAYMENTS_EVENTS.name(), "facts"), (ORDERS_INBOX.name(), "answers"), ("inbox", "inbox")];
        let names = names.map(|(from, to)| (from.to_owned(), self.name(to))).into();
        Renamed { emitter: KafkaEmitter::without_metrics(&self.cluster, EmitterConfig::default()).unwrap(), names }
    }

    /// A dispatcher on the real feed, as the role runs it.
    fn work(&self, config: &Config) -> (ShutdownHandle, JoinHandle<Result<(), DispatchError>>) {
        let metrics = Metrics::register(&Registry::new()).unwrap();
        let provider = Arc::new(Provider::new(config, &key(), &metrics).unwrap());
        let dispatcher = Dispatcher::new(config, provider, Arc::new(self.emitter()), &metrics, Health::default());
        let (handle, stopping) = shutdown();
        let group = self.name("group");
        let mut feed = Feed::of_group(&self.cluster, &group, "0", &self.name("inbox"), FeedConfig::default()).unwrap();
        let running = tokio::spawn(async move {
            let worked = dispatcher.work(&mut feed, stopping).await;
            assert!(feed.end(Duration::from_secs(10)).await);
            worked
        });
        (handle, running)
    }

    /// How often each order was answered that its payment is charged; facts are counted too.
    async fn charged(&self) -> (BTreeMap<String, u32>, usize) {
        let (cluster, answers, facts) = (self.cluster.clone(), self.name("answers"), self.name("facts"));
        tokio::task::spawn_blocking(move || {
            let mut charged = BTreeMap::new();
            for record in TopicReader::open(&cluster, &answers).unwrap() {
                let record = record.unwrap();
                let envelope = Envelope::from_headers(record.header_pairs());
                let command = codec::decode::<OrderCommand>(record.value.as_deref(), &envelope).unwrap();
                if let OrderCommand::PaymentAnswered { order, answer: PaymentAnswer::Charged { .. }, .. } = command {
                    *charged.entry(order.to_string()).or_default() += 1;
                }
            }
            (charged, TopicReader::open(&cluster, &facts).unwrap().count())
        })
        .await
        .unwrap()
    }
}

async fn write(emitter: &Renamed, command: &PaymentCommand) {
    let (value, envelope) = codec::encode(command, &Envelope::default()).unwrap();
    let outgoing = Outgoing {
        topic: "inbox".into(),
        partition: None,
        key: Some(Bytes::from(command.order().to_string())),
        value: Some(value.into()),
        headers: envelope.to_headers(),
    };
    emitter.emit(outgoing).unwrap().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispatcher_that_dies_is_replaced_and_one_that_stops_has_committed_its_offsets() {
    const ORDERS: usize = 60;
    let Some(topics) = tokio::task::spawn_blocking(Topics::new).await.unwrap() else { return };
    let fixture = Fixture::new().await;
    let config = Config { most_in_flight: 4, ..config(&fixture.base_url) };
    let emitter = topics.emitter();
    let mut payments = Vec::new();
    for number in 0..ORDERS {
        let order = format!("order-{number:06}");
        let payment = fixture.begin(&order, 1_000, json!({})).await;
        write(&emitter, &confirm(&order, &payment, 1_000, 0)).await;
        payments.push(payment);
    }
    fixture.faults(json!({"delay_ms": 100})).await;

    let (_handle, dying) = topics.work(&config);
    while topics.charged().await.0.len() < ORDERS / 4 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    dying.abort();
    drop(dying.await);
    let (handle, next) = topics.work(&config);
    while topics.charged().await.0.len() < ORDERS {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    handle.request();
    next.await.unwrap().unwrap();
    for payment in &payments {
        assert_eq!(fixture.row(payment).await.0, 1, "charged once, whoever asked");
    }

    let (before, facts) = topics.charged().await;
    assert!(facts >= ORDERS);
    let (handle, idle) = topics.work(&config);
    tokio::time::sleep(Duration::from_secs(3)).await;
    handle.request();
    idle.await.unwrap().unwrap();
    assert_eq!(topics.charged().await, (before, facts), "what was finished is not asked again after a graceful end");
}

//! A shop that watches price servers and writes into memory; stubs on free ports.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use events::codec;
use events::envelope::Envelope;
use events::ids::OfferSource;
use events::prices::PriceCommand;
use events::topics::PRICES_INBOX;
use http_body_util::Full;
use hyper::{Method, Request};
use prometheus::Registry;
use serde_json::{Value, json};
use streams::service::{Condition, Health, ShutdownHandle, shutdown};
use streams::simulated::MemoryEmitter;
use stubs::{BindScope, offers as offers_stub};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use web::client::{Address, Cleartext, Client};

use crate::offers::serve::watch;
use crate::offers::{AccessToken, Config, Error, SourceConfig};

/// How long something may take that takes milliseconds.
pub(super) const DEADLINE: Duration = Duration::from_secs(45);

/// A stub that runs.
pub(super) struct Stub {
    pub(super) base_url: String,
    pool: Client,
    pub(super) handle: ShutdownHandle,
    running: JoinHandle<()>,
}

impl Stub {
    pub(super) async fn new() -> Self {
        Self::at("127.0.0.1:0").await
    }

    pub(super) async fn at(listen: &str) -> Self {
        let config = offers_stub::Config { listen: listen.parse().unwrap(), scope: BindScope::Loopback };
        let bound = offers_stub::bind(config).await.unwrap();
        let base_url = format!("http://{}", bound.address);
        let pool = Client::new(Address::parse(&base_url, Cleartext::Loopback).unwrap(), DEADLINE).unwrap();
        let (handle, stopping) = shutdown();
        let running = tokio::spawn(bound.serve(stopping));
        Self { base_url, pool, handle, running }
    }

    pub(super) async fn call(&self, method: Method, path: &str, body: Value) -> Value {
        let body = Bytes::from(body.to_string());
        let request = |_: &str| Request::builder().method(method.clone()).uri(path).body(Full::new(body.clone())).ok();
        let answer = self.pool.call(request, DEADLINE).await.unwrap();
        assert!(answer.status.is_success(), "{path}: {}", answer.status);
        serde_json::from_slice(&answer.body).unwrap()
    }

    pub(super) async fn offer(&self, sku: &str, price: i64) {
        self.call(Method::PUT, &format!("/stub/offers/{sku}"), json!({"price": price})).await;
    }

    pub(super) async fn withdraw(&self, sku: &str) {
        self.call(Method::DELETE, &format!("/stub/offers/{sku}"), Value::Null).await;
    }

    pub(super) async fn faults(&self, faults: Value) {
        self.call(Method::POST, "/stub/faults", faults).await;
    }

    /// How often it was polled, and how often nothing had changed.
    pub(super) async fn calls(&self) -> (u64, u64) {
        let calls = self.call(Method::GET, "/stub/calls", Value::Null).await;
        (calls["asked"].as_u64().unwrap(), calls["unchanged"].as_u64().unwrap())
    }

    /// Ends it; nobody listens where it listened.
    pub(super) async fn end(self) {
        self.handle.request();
        self.running.await.unwrap();
    }
}

/// Times short enough for a test, and a breaker that does not interfere.
pub(super) fn config(sources: &[(&str, &str)]) -> Config {
    let source = |(name, base_url): &(&str, &str)| {
        let source =
            SourceConfig { base_url: (*base_url).to_owned(), token_file: None, interval_ms: None, fresh_ms: None };
        (OfferSource::new(name).unwrap(), source)
    };
    Config {
        interval_ms: 100,
        fresh_ms: 60_000,
        connect_ms: 500,
        read_ms: 300,
        breaker_failures: 1_000_000,
        breaker_open_ms: 300,
        retry_first_ms: 5,
        retry_most_ms: 50,
        sources: sources.iter().map(source).collect(),
        ..Config::default()
    }
}

/// A shop that watches.
pub(super) struct Shop {
    pub(super) emitter: MemoryEmitter,
    pub(super) registry: Registry,
    pub(super) health: Health,
    handle: ShutdownHandle,
    running: JoinHandle<Result<(), Error>>,
}

impl Shop {
    pub(super) fn new(config: Config) -> Self {
        Self::with(config, BTreeMap::new())
    }

    /// One that some servers know.
    pub(super) fn with(config: Config, tokens: BTreeMap<OfferSource, AccessToken>) -> Self {
        let (emitter, registry, health) = (MemoryEmitter::new(4), Registry::new(), Health::default());
        let (handle, stopping) = shutdown();
        let running = {
            let (emitter, registry, health) = (Arc::new(emitter.clone()), registry.clone(), health.clone());
            tokio::spawn(async move { watch((&config, tokens), emitter, &registry, health, stopping).await })
        };
        Self { emitter, registry, health, handle, running }
    }

    /// Everything that was written, in order.
    pub(super) fn commands(&self) -> Vec<PriceCommand> {
        let read = |outgoing: streams::record::Outgoing| {
            assert_eq!((&*outgoing.topic, outgoing.partition), (PRICES_INBOX.name(), None));
            let headers = outgoing.headers.iter().map(|(name, value)| (name.as_str(), value.as_ref()));
            let envelope = Envelope::from_headers(headers);
            let command = codec::decode::<PriceCommand>(outgoing.value.as_deref(), &envelope).unwrap();
            assert_eq!(outgoing.key.as_deref(), Some(command.sku().as_str().as_bytes()), "the product is the key");
            command
        };
        self.emitter.emitted().into_iter().map(read).collect()
    }

    /// What a reader of everything written believes: product and source, price.
    pub(super) fn believed(&self) -> BTreeMap<String, i64> {
        let mut believed = BTreeMap::new();
        for command in self.commands() {
            match command {
                PriceCommand::Offer { sku, source, price, .. } => {
                    believed.insert(format!("{sku} {source}"), price.minor());
                }
                PriceCommand::WithdrawOffer { sku, source, .. } => {
                    believed.remove(&format!("{sku} {source}"));
                }
                PriceCommand::OwnPrice { .. } => panic!("our own price is not ours to tell"),
            }
        }
        believed
    }

    /// Waits until exactly this is believed.
    pub(super) async fn until(&self, expected: &[(&str, i64)]) {
        let expected: BTreeMap<String, i64> =
            expected.iter().map(|(offer, price)| ((*offer).to_owned(), *price)).collect();
        eventually(&format!("{expected:?}"), || async { self.believed() == expected }).await;
    }

    /// A metric of one source, by the value of its other label, if it has one.
    pub(super) fn metric(&self, name: &str, source: &str, label: Option<&str>) -> f64 {
        self.value(&format!("timesale_offers_{name}"), source, label)
    }

    /// 1 when the breaker of a source is in this state.
    pub(super) fn breaker(&self, source: &str, state: &str) -> f64 {
        self.value("timesale_breaker_state", source, Some(state))
    }

    fn value(&self, name: &str, source: &str, label: Option<&str>) -> f64 {
        let families = self.registry.gather();
        let family = families.iter().find(|family| family.name() == name);
        let has = |metric: &prometheus::proto::Metric, value: &str| {
            metric.get_label().iter().any(|label| label.value() == value)
        };
        let metrics = family.map(|family| family.get_metric()).unwrap_or_default();
        let found = metrics.iter().filter(|found| has(found, source) && label.is_none_or(|label| has(found, label)));
        found.map(|metric| metric.get_counter().get_value() + metric.get_gauge().get_value()).sum()
    }

    pub(super) fn condition(&self) -> Option<Condition> {
        self.health.parts().remove(crate::offers::source_health::PART)
    }

    /// Tells it to stop; how it ended.
    pub(super) async fn end(self) -> Result<(), Error> {
        self.handle.request();
        self.running.await.unwrap()
    }

    /// How it ends by itself.
    pub(super) async fn ended(self) -> Result<(), Error> {
        self.running.await.unwrap()
    }
}

/// Waits until something is so.
pub(super) async fn eventually<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let deadline = Instant::now() + DEADLINE;
    while !is_so().await {
        assert!(Instant::now() < deadline, "never: {what}");
        sleep(Duration::from_millis(10)).await;
    }
}

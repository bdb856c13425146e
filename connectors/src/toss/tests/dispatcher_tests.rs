//! The dispatcher: what it publishes and commits when, what counts as finished, what happens to what cannot be read.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use events::codec;
use events::envelope::Envelope;
use events::orders::OrderCommand;
use events::payments::{PaymentAnswer, PaymentCommand, PaymentEvent};
use events::topics::{DEAD_LETTERS, ORDERS_INBOX, PAYMENTS_EVENTS, PAYMENTS_INBOX};
use prometheus::Registry;
use serde_json::json;
use streams::feed::{FeedEvent, FeedSource, Start};
use streams::kafka::FeedError;
use streams::record::{Outgoing, Record};
use streams::service::{Condition, Health, ShutdownHandle, shutdown};
use streams::simulated::{Emission, MemoryEmitter};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::fixture::*;
use crate::toss::{Config, DispatchError, Dispatcher, Metrics, Provider};

/// What the test hands in, and what was committed.
struct Hand {
    events: mpsc::UnboundedReceiver<FeedEvent>,
    committed: mpsc::UnboundedSender<(i32, i64)>,
}

impl FeedSource for Hand {
    async fn next(&mut self) -> Option<Result<FeedEvent, FeedError>> {
        self.events.recv().await.map(Ok)
    }

    fn begin(&self, _: i32, start: Start) {
        assert_eq!(start, Start::Committed);
    }

    fn commit(&self, partition: i32, next_offset: i64) {
        self.committed.send((partition, next_offset)).unwrap();
    }
}

/// A dispatcher that works.
struct Working {
    events: mpsc::UnboundedSender<FeedEvent>,
    committed: mpsc::UnboundedReceiver<(i32, i64)>,
    emitter: MemoryEmitter,
    health: Health,
    metrics: Metrics,
    handle: ShutdownHandle,
    running: JoinHandle<Result<(), DispatchError>>,
}

fn work(config: &Config) -> Working {
    let (emitter, health) = (MemoryEmitter::new(4), Health::default());
    let metrics = Metrics::register(&Registry::new()).unwrap();
    let provider = Arc::new(Provider::new(config, &key(), &metrics).unwrap());
    let dispatcher = Dispatcher::new(config, provider, Arc::new(emitter.clone()), &metrics, health.clone());
    let (events, receiver) = mpsc::unbounded_channel();
    let (sender, committed) = mpsc::unbounded_channel();
    let (handle, stopping) = shutdown();
    let mut hand = Hand { events: receiver, committed: sender };
    let running = tokio::spawn(async move { dispatcher.work(&mut hand, stopping).await });
    events.send(FeedEvent::Assigned(vec![0, 1, 2, 3])).unwrap();
    Working { events, committed, emitter, health, metrics, handle, running }
}

fn record(partition: i32, offset: i64, command: &PaymentCommand) -> Record {
    let trace = Envelope { traceparent: Some("00-trace".into()), reply_to: Some(3), ..Envelope::default() };
    let (value, envelope) = codec::encode(command, &trace).unwrap();
    Record {
        topic: PAYMENTS_INBOX.name().into(),
        partition,
        offset,
        timestamp: 0,
        key: Some(Bytes::from(command.order().to_string())),
        value: Some(value.into()),
        headers: envelope.to_headers(),
    }
}

impl Working {
    fn hand_in(&self, records: Vec<Record>) {
        let (first, last) = (records[0].offset, records[records.len() - 1].offset);
        let partition = records[0].partition;
        self.events.send(FeedEvent::Batch { partition, from: first, records, next: last + 1 }).unwrap();
    }

    async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        for _ in 0..2_000 {
            if holds(self) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("never: {what}");
    }

    fn emitted(&self, topic: &str) -> Vec<Outgoing> {
        self.emitter.emitted().into_iter().filter(|outgoing| *outgoing.topic == *topic).collect()
    }

    fn answers(&self) -> Vec<PaymentAnswer> {
        let read = |outgoing: Outgoing| {
            let headers = outgoing.headers.iter().map(|(name, value)| (name.as_str(), value.as_ref()));
            let envelope = Envelope::from_headers(headers);
            match codec::decode::<OrderCommand>(outgoing.value.as_deref(), &envelope).unwrap() {
                OrderCommand::PaymentAnswered { answer, .. } => answer,
                other => panic!("{other:?}"),
            }
        };
        self.emitted(ORDERS_INBOX.name()).into_iter().map(read).collect()
    }

    /// The position of a partition that was committed last.
    async fn stop(mut self, partition: i32) -> Option<i64> {
        self.handle.request();
        self.running.await.unwrap().unwrap();
        let mut last = None;
        while let Ok((found, position)) = self.committed.try_recv() {
            assert!(found != partition || last.is_none_or(|last| last < position), "positions only grow");
            last = if found == partition { Some(position) } else { last };
        }
        last
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_goes_to_the_order_and_into_the_facts_before_its_command_is_finished() {
    let fixture = Fixture::new().await;
    let payment = fixture.begin(ORDER, 1_000, json!({})).await;
    let working = work(&config(&fixture.base_url));
    working.emitter.set(Emission::Held);
    working.hand_in(vec![record(2, 40, &confirm(ORDER, &payment, 1_000, 0))]);
    working.until("both are written", |working| working.emitter.held() == 2).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(working.metrics.in_flight.get(), 1, "no acknowledgement, no end");
    working.emitter.release();
    working.until("it is finished", |working| working.metrics.in_flight.get() == 0).await;

    let (facts, answers) = (working.emitted(PAYMENTS_EVENTS.name()), working.emitted(ORDERS_INBOX.name()));
    assert_eq!((facts.len(), answers.len()), (1, 1));
    assert_eq!((facts[0].partition, answers[0].partition), (Some(2), None));
    let headers = facts[0].headers.iter().map(|(name, value)| (name.as_str(), value.as_ref()));
    let envelope = Envelope::from_headers(headers);
    assert_eq!((envelope.traceparent.as_deref(), envelope.reply_to), (Some("00-trace"), None));
    let fact: PaymentEvent = codec::decode(facts[0].value.as_deref(), &envelope).unwrap();
    assert_eq!(fact.answer, working.answers()[0]);
    assert_eq!(facts[0].key.as_deref(), Some(ORDER.as_bytes()));
    assert_eq!(working.stop(2).await, Some(41));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_written_until_it_is_in_the_log() {
    let fixture = Fixture::new().await;
    let payment = fixture.begin(ORDER, 1_000, json!({})).await;
    let working = work(&config(&fixture.base_url));
    working.emitter.set(Emission::Full);
    working.hand_in(vec![record(0, 0, &confirm(ORDER, &payment, 1_000, 0))]);
    tokio::time::sleep(Duration::from_millis(300)).await;
    working.emitter.set(Emission::UnknownAndLost);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(working.emitter.emitted().is_empty());
    working.emitter.set(Emission::Acknowledged);
    working.until("it is written", |working| working.answers().len() == 1).await;
    assert_eq!(outcome_of(&working.answers()[0]), "charged");
    working.until("it is finished", |working| working.metrics.in_flight.get() == 0).await;
    assert_eq!(working.stop(0).await, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_stays_before_what_is_not_finished_and_that_is_asked_again() {
    let fixture = Fixture::new().await;
    let slow = fixture.begin(ORDER, 1_000, json!({})).await;
    let working = work(&Config { answer_within_ms: 60_000, read_ms: 60_000, ..config(&fixture.base_url) });
    fixture.faults(json!({"lost_answer_share": 1.0, "hang_ms": 60_000, "seed": 3})).await;
    // Everything hangs or breaks, so the first never ends; the second is none for the provider.
    working.hand_in(vec![record(1, 7, &confirm(ORDER, &slow, 1_000, 0))]);
    let garbage = Record { value: Some(Bytes::from_static(b"{")), ..record(1, 8, &look_up(ORDER, None)) };
    working.hand_in(vec![garbage]);
    working.until("garbage is dead_letters", |working| working.emitted(DEAD_LETTERS.name()).len() == 1).await;
    let stopped = tokio::time::timeout(Duration::from_secs(50), working.stop(1)).await;
    assert_eq!(
        stopped.expect("a stop does not wait a minute for the provider"),
        Some(7),
        "not past what is not finished"
    );

    fixture.faults(json!({})).await;
    let next = work(&config(&fixture.base_url));
    next.hand_in(vec![record(1, 7, &confirm(ORDER, &slow, 1_000, 0))]);
    next.until("it is answered", |next| next.answers().len() == 1).await;
    assert_eq!(outcome_of(&next.answers()[0]), "charged");
    assert_eq!(fixture.row(&slow).await.0, 1, "charged once, though it was carried out twice");
    assert_eq!(next.stop(1).await, Some(8));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_says_how_much_of_it_was_cut() {
    let fixture = Fixture::new().await;
    let working = work(&config(&fixture.base_url));
    let long = Record { value: Some(vec![b'x'; 600_000].into()), ..record(1, 8, &look_up(ORDER, None)) };
    working
        .hand_in(vec![long, Record { value: Some(Bytes::from_static(b"{")), ..record(1, 9, &look_up(ORDER, None)) }]);
    working.until("both are dead letters", |working| working.emitted(DEAD_LETTERS.name()).len() == 2).await;
    let cut = |letter: &Outgoing| {
        let found = letter.headers.iter().find(|(name, _)| name == "dead-letter.cut-bytes");
        (found.map(|(_, value)| value.clone()), letter.value.as_ref().map(Bytes::len))
    };
    let mut cuts: Vec<_> = working.emitted(DEAD_LETTERS.name()).iter().map(cut).collect();
    cuts.sort();
    assert_eq!(cuts, [(None, Some(1)), (Some(Bytes::from_static(b"75712")), Some(524_288))]);
    working.stop(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_version_stops_its_partition_and_no_other() {
    let fixture = Fixture::new().await;
    let working = work(&config(&fixture.base_url));
    let mut newer = record(0, 5, &look_up(ORDER, None));
    newer.headers.push(("schema-version".into(), Bytes::from_static(b"99")));
    working.hand_in(vec![record(0, 4, &look_up("order-000002", None)), newer, record(0, 6, &look_up(ORDER, None))]);
    working.hand_in(vec![record(3, 0, &look_up(ORDER, None))]);
    working.until("two are answered", |working| working.answers().len() == 2).await;
    working.until("it is counted", |working| working.metrics.stopped.get() == 1).await;
    assert!(matches!(working.health.parts()["connectors.toss"], Condition::Degraded(_)));
    assert_eq!(working.stop(0).await, Some(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn repeats_that_pile_up_are_one_call_and_all_are_finished() {
    let fixture = Fixture::new().await;
    let payment = fixture.begin(ORDER, 1_000, json!({})).await;
    fixture.faults(json!({"delay_ms": 150})).await;
    let working = work(&config(&fixture.base_url));
    working
        .hand_in((0..20).map(|n| record(0, n, &confirm(ORDER, &payment, 1_000, u32::try_from(n).unwrap()))).collect());
    working.until("the first and the rest are answered", |working| working.answers().len() == 1).await;
    working
        .until("nothing waits", |working| working.metrics.in_flight.get() == 0 && working.metrics.waiting.get() == 0)
        .await;
    assert!(working.answers().iter().all(|answer| outcome_of(answer) == "charged"));
    assert!(working.answers().len() <= 2);
    assert_eq!(working.stop(0).await, Some(20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_partition_is_not_committed_and_its_commands_are_dropped() {
    let fixture = Fixture::new().await;
    let payment = fixture.begin(ORDER, 1_000, json!({})).await;
    fixture.faults(json!({"delay_ms": 200})).await;
    let working = work(&config(&fixture.base_url));
    working.hand_in(vec![record(0, 0, &confirm(ORDER, &payment, 1_000, 0)), record(0, 1, &look_up(ORDER, None))]);
    working.until("the first is under way", |working| working.metrics.in_flight.get() == 1).await;
    working.events.send(FeedEvent::Revoked(vec![0])).unwrap();
    working.until("it ends", |working| working.answers().len() == 1 && working.metrics.in_flight.get() == 0).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(working.answers().len(), 1, "what had not begun is the next owner's");
    assert_eq!(working.stop(0).await, None);
}

//! An order's stream: every fact once and in order, whatever Postgres and the feed do meanwhile, to those who may see it.

use std::time::{Duration, Instant};

use bytes::Bytes;
use events::codec::encode;
use events::envelope::Envelope;
use events::ids::{Category, HoldId, RequestId, SellerId, Sku};
use events::inventory::UnitTerms;
use events::money::{BasisPoints, Money};
use events::orders::{LineAmounts, OrderEvent, OrderFact, OrderLine, OrderRefusal, OrderState};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use streams::record::Record;
use tokio::time::{timeout, timeout_at};
use warp::reply::Response;

use super::fake_orders::{end, event, step, watched};
use super::fixture::*;
use crate::order_streams::hand_on;

/// Somebody who reads a stream.
struct Reader {
    response: Response,
}

fn path() -> String {
    format!("/v1/orders/{}/events", watched())
}

fn watch(shopper: &str) -> Ask {
    ask("GET", &path()).shopper(shopper)
}

impl Reader {
    async fn open(fixture: &Fixture, ask: Ask) -> Self {
        let response = fixture.respond(ask).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self { response }
    }

    /// What comes until so many events are there, or the stream ends; half a minute at most.
    async fn read(&mut self, events: usize) -> String {
        self.read_within(events, Duration::from_secs(30)).await
    }

    /// What comes within this time, until so many events are there or the stream ends. Heartbeats do not make it longer.
    async fn read_within(&mut self, events: usize, time: Duration) -> String {
        let deadline = tokio::time::Instant::now() + time;
        let mut text = String::new();
        while text.matches("\ndata: ").count() < events {
            match timeout_at(deadline, self.response.body_mut().frame()).await {
                Ok(Some(frame)) => text.push_str(std::str::from_utf8(&frame.unwrap().into_data().unwrap()).unwrap()),
                Ok(None) | Err(_) => break,
            }
        }
        text
    }

    /// The ids of the events that come although none should: within a second.
    async fn unexpected_ids(&mut self) -> Vec<u64> {
        ids(&self.read_within(1, Duration::from_secs(1)).await)
    }

    /// The ids of the events that come.
    async fn ids(&mut self, events: usize) -> Vec<u64> {
        ids(&self.read(events).await)
    }

    /// Whether the stream ends, silently.
    async fn ends(&mut self) -> bool {
        matches!(timeout(Duration::from_secs(30), self.response.body_mut().frame()).await, Ok(None))
    }
}

fn ids(text: &str) -> Vec<u64> {
    text.lines().filter_map(|line| line.strip_prefix("id: ")).map(|id| id.parse().unwrap()).collect()
}

fn data(text: &str) -> Vec<Value> {
    text.lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

fn record(event: &OrderEvent) -> Record {
    let (value, envelope) = encode(event, &Envelope::default()).unwrap();
    let headers = envelope.to_headers();
    let key = Some(Bytes::copy_from_slice(event.order.as_str().as_bytes()));
    Record {
        topic: "orders.events".into(),
        partition: 0,
        offset: 7,
        timestamp: 0,
        key,
        value: Some(value.into()),
        headers,
    }
}

impl Fixture {
    /// The feed hands an event on.
    fn happens(&self, event: &OrderEvent) {
        hand_on(&self.state.order_streams, &record(event));
    }
}

#[tokio::test]
async fn first_comes_what_was_then_what_happens_each_once() {
    let fixture = fixture();
    for version in 1..=3 {
        fixture.shop.write(step(version));
    }
    let mut reader = Reader::open(&fixture, watch("kim")).await;
    let text = reader.read(3).await;
    assert!(text.starts_with("retry: 2000\n\nid: 1\nevent: steps_answered\ndata: {"), "{text}");
    let expected = json!({
        "order": watched(), "version": 1, "at": 1_000, "state": "holding", "awaited": 0, "fact": "steps_answered",
        "amounts": { "gross": 0, "discount": 0, "due": 0, "paid": 0, "refunded": 0 },
    });
    assert_eq!(data(&text)[0], expected);
    // The feed may be behind Postgres, or repeat itself.
    for version in [2, 3, 4, 4, 5] {
        fixture.happens(&step(version));
    }
    fixture.shop.write(step(4));
    assert_eq!([ids(&text), reader.ids(2).await].concat(), [1, 2, 3, 4, 5]);
    assert_eq!(reader.unexpected_ids().await, [0_u64; 0], "nothing comes twice");
}

#[tokio::test]
async fn a_gap_is_filled_from_postgres_however_late_that_is() {
    let fixture = fixture();
    fixture.shop.write(step(1));
    let mut reader = Reader::open(&fixture, watch("kim")).await;
    assert_eq!(reader.ids(1).await, [1]);
    fixture.happens(&step(4));
    tokio::time::sleep(Duration::from_millis(300)).await;
    for version in 2..=4 {
        fixture.shop.write(step(version));
    }
    assert_eq!(reader.ids(3).await, [2, 3, 4]);
}

#[tokio::test]
async fn what_passed_by_just_before_is_found_without_another_event() {
    let fixture = fixture();
    fixture.shop.write(step(1));
    let mut reader = Reader::open(&fixture, watch("kim")).await;
    assert_eq!(reader.ids(1).await, [1]);
    fixture.shop.write(step(2));
    assert_eq!(reader.ids(1).await, [2]);
}

#[tokio::test]
async fn whoever_reads_slowly_misses_nothing() {
    let fixture = fixture();
    fixture.shop.write(step(1));
    let mut reader = Reader::open(&fixture, watch("kim")).await;
    assert_eq!(reader.ids(1).await, [1]);
    for version in 2..=500 {
        fixture.shop.write(step(version));
        fixture.happens(&step(version));
    }
    assert_eq!(reader.ids(499).await, (2..=500).collect::<Vec<u64>>());
}

#[tokio::test]
async fn a_reader_that_comes_again_goes_on_where_it_was() {
    let fixture = fixture();
    for version in 1..=5 {
        fixture.shop.write(step(version));
    }
    for (last, expected) in [("0", 1..=5), ("3", 4..=5), ("5", 6..=6)] {
        let mut reader = Reader::open(&fixture, watch("kim").header("last-event-id", last)).await;
        let news = *expected.end() == 6;
        if news {
            fixture.happens(&step(6));
        }
        assert_eq!(reader.ids(expected.clone().count()).await, expected.collect::<Vec<u64>>(), "after {last}");
    }
    for bad in ["", "x", "-1", "1.5", "1e3", "18446744073709551616", "0x1", "\u{661}"] {
        let answer = fixture.send(watch("kim").header("last-event-id", bad)).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "BAD_REQUEST"), "{bad}");
    }
    let two = watch("kim").header("last-event-id", "1").header("last-event-id", "2");
    assert_eq!(fixture.send(two).await.status, 400);
}

#[tokio::test]
async fn it_ends_where_nothing_follows_and_not_before() {
    let fixture = fixture();
    fixture.shop.write(step(1));
    let mut reader = Reader::open(&fixture, watch("kim")).await;
    assert_eq!(reader.ids(1).await, [1]);
    // At an end, but others have yet to answer.
    fixture.happens(&OrderEvent { awaited: 2, ..end(2) });
    assert_eq!(reader.ids(1).await, [2]);
    assert!(!reader.ends().await);
    fixture.happens(&event(3, OrderState::Expired, OrderFact::StepsAnswered));
    assert_eq!(reader.ids(1).await, [3]);
    assert!(reader.ends().await);
    drop(reader);
    assert_eq!((fixture.state.order_streams.len(), fixture.state.order_streams.subscriptions().taken_in_all()), (0, 0));
    // Whoever has it all is published to stay away; whoever has not is published the rest, also past an end that was none.
    fixture.shop.write(OrderEvent { awaited: 2, ..end(2) });
    fixture.shop.write(end(3));
    let again = async |last: &str| fixture.send(watch("kim").header("last-event-id", last)).await;
    assert_eq!(again("3").await.status, 204);
    let rest = again("1").await;
    assert_eq!((rest.status.as_u16(), ids(std::str::from_utf8(&rest.bytes).unwrap())), (200, vec![2, 3]));
    fixture.shop.write(event(4, OrderState::Refunding, OrderFact::StepsAnswered));
    fixture.shop.write(end(5));
    let all = again("0").await;
    assert_eq!(ids(std::str::from_utf8(&all.bytes).unwrap()), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn silence_is_a_comment_now_and_then() {
    let mut config = config();
    config.order_streams.heartbeat_ms = 100;
    let fixture = fixture_of(config);
    fixture.shop.write(step(1));
    let mut reader = Reader::open(&fixture, watch("kim")).await;
    assert_eq!(reader.ids(1).await, [1]);
    let began = Instant::now();
    for _ in 0..3 {
        let frame = timeout(Duration::from_secs(30), reader.response.body_mut().frame()).await.unwrap();
        assert_eq!(frame.unwrap().unwrap().into_data().unwrap(), ":\n\n");
    }
    assert!(began.elapsed() >= Duration::from_millis(250), "{:?}", began.elapsed());
}

#[tokio::test]
async fn somebody_elses_order_is_not_there() {
    let fixture = fixture();
    fixture.shop.write(step(1));
    let nowhere = RequestId::derive(&[b"nowhere"]).order();
    for (path, caller) in [
        (path(), "lee"),
        (format!("/v1/orders/{}", watched()), "lee"),
        (format!("/v1/orders/{nowhere}"), "kim"),
        (format!("/v1/orders/{nowhere}/events"), "kim"),
    ] {
        let answer = fixture.send(ask("GET", &path).shopper(caller)).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "NOT_FOUND"), "{path}");
    }
    assert_eq!(fixture.state.order_streams.subscriptions().taken_in_all(), 0);
    for asked in [
        ask("GET", &format!("/v1/orders/{}", watched())).shopper("kim"),
        ask("GET", &format!("/v1/orders/{}", watched())).operator(),
    ] {
        let answer = fixture.send(asked).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["state"]), (200, &json!("holding")));
    }
}

#[tokio::test]
async fn an_order_just_placed_is_found_as_soon_as_it_is_there() {
    let fixture = fixture();
    let late = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        fixture.shop.write(step(1));
    };
    let (answer, ()) =
        tokio::join!(fixture.send(ask("GET", &format!("/v1/orders/{}", watched())).shopper("kim")), late);
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_shopper_does_not_see_what_is_not_theirs_to_see() {
    let request = RequestId::derive(&[b"r"]);
    let unit = UnitTerms {
        seller: SellerId::new("seller-1").unwrap(),
        category: Some(Category::new("food").unwrap()),
        list_price: Money::new(10),
        unit_price: Money::new(9),
        supply_price: Some(Money::new(4)),
    };
    let hold: HoldId = request.hold();
    let line = OrderLine { sku: Sku::new("tea").unwrap(), quantity: 1, hold, unit, amounts: LineAmounts::default() };
    let priced = OrderFact::OrderPriced {
        request,
        lines: vec![line],
        coupon: None,
        coupon_hold: None,
        platform_share: BasisPoints::WHOLE,
    };
    let refused = |who: &str| OrderFact::OrderRefused {
        request,
        shopper: Some(shopper(who)),
        reason: OrderRefusal::UnknownOrder.into(),
    };
    let fixture = fixture();
    fixture.shop.write(event(1, OrderState::AwaitingPayment, priced));
    fixture.shop.write(event(2, OrderState::AwaitingPayment, refused("someone")));
    fixture.shop.write(event(3, OrderState::AwaitingPayment, refused("kim")));
    let mut own = Reader::open(&fixture, watch("kim")).await;
    let text = own.read(3).await;
    assert!(!text.contains("supply_price") && !text.contains("someone"), "{text}");
    assert_eq!(data(&text)[2]["fact"]["order_refused"]["shopper"], "kim");
    let mut operators = Reader::open(&fixture, ask("GET", &path()).operator()).await;
    let text = operators.read(3).await;
    assert!(text.contains("\"supply_price\":4") && text.contains("someone"), "{text}");
}

#[tokio::test]
async fn streams_are_limited_in_all_and_for_each_caller() {
    let mut config = config();
    config.order_streams.most_streams = 3;
    config.order_streams.most_streams_per_caller = 2;
    let fixture = fixture_of(config);
    fixture.shop.write(step(1));
    let mut held = vec![Reader::open(&fixture, watch("kim")).await, Reader::open(&fixture, watch("kim")).await];
    let answer = fixture.send(watch("kim")).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (429, "RATE_LIMITED"));
    assert!(answer.header("retry-after").is_some());
    held.push(Reader::open(&fixture, ask("GET", &path()).operator()).await);
    let answer = fixture.send(ask("GET", &path()).operator()).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "OVERLOADED"));
    assert_eq!(fixture.state.order_streams.len(), 1, "one order, however many watch it");
    drop(held);
    assert_eq!((fixture.state.order_streams.len(), fixture.state.order_streams.subscriptions().taken_in_all()), (0, 0));
    Reader::open(&fixture, watch("kim")).await;
}

#[tokio::test]
async fn what_nobody_can_read_or_watch_changes_nothing() {
    let fixture = fixture();
    fixture.shop.write(step(1));
    let mut reader = Reader::open(&fixture, watch("kim")).await;
    assert_eq!(reader.ids(1).await, [1]);
    let good = record(&step(2));
    for bad in [
        Record { value: None, ..good.clone() },
        Record { value: Some(Bytes::from_static(b"\xff{")), ..good.clone() },
        Record { headers: Vec::new(), ..good.clone() },
        Record { key: None, ..good.clone() },
        Record { key: Some(Bytes::from_static(b"\xff")), ..good.clone() },
        record(&OrderEvent { version: 0, state: None, ..step(2) }),
        record(&OrderEvent { order: RequestId::derive(&[b"other"]).order(), ..step(2) }),
    ] {
        hand_on(&fixture.state.order_streams, &bad);
    }
    hand_on(&fixture.state.order_streams, &good);
    assert_eq!(reader.ids(1).await, [2]);
}

#[tokio::test]
async fn without_postgres_no_stream_begins_and_one_that_has_begun_goes_on() {
    let fixture = fixture();
    fixture.shop.write(step(1));
    let mut reader = Reader::open(&fixture, watch("kim")).await;
    assert_eq!(reader.ids(1).await, [1]);
    fixture.shop.set_away(true);
    assert_eq!(fixture.send(watch("kim")).await.code(), "UNAVAILABLE");
    fixture.happens(&step(2));
    assert_eq!(reader.ids(1).await, [2]);
    fixture.happens(&step(4));
    assert_eq!(reader.unexpected_ids().await, [0_u64; 0], "3 is missing, and nobody has it");
    fixture.shop.write(step(3));
    fixture.shop.write(step(4));
    fixture.shop.set_away(false);
    assert_eq!(reader.ids(2).await, [3, 4]);
}

#[tokio::test]
async fn a_closing_service_ends_its_streams() {
    let fixture = fixture();
    fixture.shop.write(step(1));
    let mut reader = Reader::open(&fixture, watch("kim")).await;
    assert_eq!(reader.ids(1).await, [1]);
    fixture.state.order_streams.close();
    assert_eq!(reader.read(1).await, ": ingress is closing\n\n");
    assert!(reader.ends().await);
}

#[tokio::test]
async fn a_stream_whose_time_is_up_is_asked_for_again() {
    let mut config = config();
    config.order_streams.longest_ms = 1_000;
    let fixture = fixture_of(config);
    fixture.shop.write(step(1));
    let mut reader = Reader::open(&fixture, watch("kim")).await;
    assert_eq!(reader.ids(1).await, [1]);
    assert_eq!(reader.read(1).await, ": come again\n\n");
    assert!(reader.ends().await);
}

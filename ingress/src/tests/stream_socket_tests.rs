//! Streams over raw sockets: they outlive every deadline of an ordinary answer, and end when they should.

use std::time::{Duration, Instant};

use events::orders::{OrderFact, OrderState};
use tokio::io::AsyncWriteExt;

use super::fake_orders::{end, event, step, watched};
use super::fixture::*;
use super::socket_tests::{eventually, heard, opened, quick};
use crate::config::Config;

fn lively() -> Config {
    let mut config = quick();
    config.order_streams.heartbeat_ms = 200;
    config
}

fn head() -> Vec<u8> {
    let token = token("kim", &["shopper"]);
    format!("GET /v1/orders/{}/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n", watched())
        .into_bytes()
}

#[tokio::test]
async fn a_stream_outlives_the_deadlines_of_answers_and_ends_its_connection() {
    let port = opened(lively());
    port.fixture.shop.write(step(1));
    let mut stream = port.connect().await;
    stream.write_all(&head()).await.unwrap();
    let mut text = heard(&mut stream, Duration::from_millis(150)).await;
    assert!(text.starts_with("HTTP/1.1 200 OK"), "{text}");
    assert!(text.to_lowercase().contains("connection: close") && text.contains("id: 1\n"), "{text}");
    // Idle connections are cut after 800 ms, unread answers after 600.
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(2_500) {
        text = heard(&mut stream, Duration::from_millis(50)).await;
    }
    port.fixture.shop.write(end(2));
    let rest = heard(&mut stream, Duration::from_secs(2)).await;
    assert!(rest.contains("id: 2\nevent: order_expired\n"), "{text} {rest}");
    assert!(rest.ends_with("0\r\n\r\n"), "the body has its end: {rest:?}");
    assert_eq!(port.fixture.state.order_streams.subscriptions().taken_in_all(), 0);
    eventually("the connection is gone", || port.fixture.state.metrics.http.connections() == 0).await;
}

#[tokio::test]
async fn a_reader_that_goes_away_ends_its_subscription() {
    let port = opened(lively());
    port.fixture.shop.write(step(1));
    let mut stream = port.connect().await;
    stream.write_all(&head()).await.unwrap();
    assert!(heard(&mut stream, Duration::from_millis(100)).await.contains("id: 1\n"));
    assert_eq!(port.fixture.state.order_streams.subscriptions().taken_in_all(), 1);
    drop(stream);
    eventually("its seat is free", || port.fixture.state.order_streams.subscriptions().taken_in_all() == 0).await;
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_cut_off_a_stream() {
    let port = opened(lively());
    for version in 1..=150 {
        let fact = OrderFact::PaymentUnknown { attempt: 1, code: "x".repeat(100_000) };
        port.fixture.shop.write(event(version, OrderState::PaymentUnknown, fact));
    }
    let mut stream = port.connect().await;
    stream.write_all(&head()).await.unwrap();
    eventually("it has its seat", || port.fixture.state.order_streams.subscriptions().taken_in_all() == 1).await;
    eventually("it is cut off", || port.fixture.state.order_streams.subscriptions().taken_in_all() == 0).await;
}

#[tokio::test]
async fn a_drain_ends_streams_at_once() {
    let port = opened(lively());
    port.fixture.shop.write(step(1));
    let mut stream = port.connect().await;
    stream.write_all(&head()).await.unwrap();
    assert!(heard(&mut stream, Duration::from_millis(100)).await.contains("id: 1\n"));
    port.stop.request();
    let rest = heard(&mut stream, Duration::from_secs(2)).await;
    assert!(rest.contains(": ingress is closing"), "{rest}");
    assert_eq!(port.served.await.unwrap(), 0, "no connection was cut off");
}

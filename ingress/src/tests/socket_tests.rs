//! Raw sockets: what is slow, half, oversized, ambiguous or too much at once.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use streams::service::{ShutdownHandle, shutdown};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::fixture::*;
use crate::config::Config;
use crate::serve::open;
use web::server::bind;

/// How long a test waits for what must happen, on a busy machine too.
const AT_MOST: Duration = Duration::from_secs(30);

/// A service on a port.
pub(super) struct Port {
    pub(super) fixture: Fixture,
    address: SocketAddr,
    pub(super) stop: ShutdownHandle,
    pub(super) served: JoinHandle<usize>,
}

pub(super) fn quick() -> Config {
    let mut config = config();
    config.server.header_timeout_ms = 400;
    config.server.body_timeout_ms = 400;
    config.server.idle_timeout_ms = 800;
    config.server.write_timeout_ms = 600;
    config.server.drain_timeout_ms = 1_000;
    config
}

pub(super) fn opened(config: Config) -> Port {
    let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let fixture = fixture_of(config);
    fixture.define("sale", 10);
    let (stop, stopping) = shutdown();
    let served = tokio::spawn(open(listener, Arc::clone(&fixture.state), stopping));
    Port { fixture, address, stop, served }
}

impl Port {
    pub(super) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes on a connection of their own; reads until ingress closes it, or half a second is silent.
    async fn say(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect().await;
        drop(stream.write_all(bytes.as_ref()).await);
        heard(&mut stream, Duration::from_millis(500)).await
    }
}

/// What comes until nothing comes for this long. The beginning may take longer: the machine may be busy.
pub(super) async fn heard(stream: &mut TcpStream, silence: Duration) -> String {
    let (mut all, mut part) = (Vec::new(), [0; 4096]);
    let mut wait = silence.max(AT_MOST);
    while let Ok(Ok(count)) = timeout(wait, stream.read(&mut part)).await {
        wait = silence;
        if count == 0 {
            break;
        }
        all.extend_from_slice(&part[..count]);
    }
    String::from_utf8_lossy(&all).into_owned()
}

/// Waits until something is so.
pub(super) async fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let waited = timeout(AT_MOST, async {
        while !is_so() {
            sleep(Duration::from_millis(5)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("never: {what}"));
}

/// How long until ingress closes the connection.
async fn closed_after(stream: &mut TcpStream, most: Duration) -> Option<Duration> {
    let began = Instant::now();
    let mut rest = Vec::new();
    timeout(most, stream.read_to_end(&mut rest)).await.ok().map(|_| began.elapsed())
}

fn claim_head(key: &str, rest: &str) -> String {
    let token = token("kim", &["shopper"]);
    format!(
        "POST /v1/campaigns/sale/claims HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: {key}\r\nPrefer: respond-async\r\n{rest}"
    )
}

#[tokio::test]
async fn claims_pass_one_after_another_and_pipelined() {
    let port = opened(quick());
    let one = claim_head("0123456789abcdef-1", "\r\n");
    let two = claim_head("0123456789abcdef-2", "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
    let answers = port.say(format!("{one}{two}{one}")).await;
    assert_eq!(answers.matches("HTTP/1.1 202 Accepted").count(), 3, "{answers}");
    assert_eq!(port.fixture.commands().len(), 3);
}

#[tokio::test]
async fn whoever_has_said_all_and_closed_their_half_still_gets_an_answer() {
    let port = opened(quick());
    let mut stream = port.connect().await;
    let waiting = claim_head("0123456789abcdef", "\r\n").replace("respond-async", "wait=1");
    stream.write_all(waiting.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let answer = heard(&mut stream, Duration::from_secs(3)).await;
    assert!(answer.starts_with("HTTP/1.1 202 Accepted"), "{answer}");
}

#[tokio::test]
async fn slow_heads_bodies_and_idlers_are_cut_at_their_deadlines() {
    let port = opened(quick());
    let body = claim_head("0123456789abcdef", "Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{");
    // What is said at first, and milliseconds until ingress has closed, at least.
    let table: [(&str, &str, u64); 4] = [
        ("nothing", "", 300),
        ("half a head", "POST /v1/campaigns/sale/claims HTTP/1.1\r\nHo", 300),
        ("half a body", &body, 300),
        ("a request, then nothing", "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n", 700),
    ];
    for (name, bytes, least) in table {
        let mut stream = port.connect().await;
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let took = closed_after(&mut stream, AT_MOST).await.unwrap_or_else(|| panic!("{name}: held"));
        assert!(took >= Duration::from_millis(least), "{name}: {took:?}");
    }
    // A head that arrives byte by byte does not win time.
    let mut stream = port.connect().await;
    let mut is_cut = false;
    for byte in b"GET /livez HTTP/1.1\r\nHost: ".iter().chain(std::iter::repeat_n(&b'a', 900)) {
        is_cut = stream.write_all(&[*byte]).await.is_err();
        if is_cut {
            break;
        }
        sleep(Duration::from_millis(30)).await;
    }
    assert!(is_cut, "a trickle is cut too");
    assert_eq!(port.fixture.commands().len(), 0);
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_408_and_the_last_of_its_connection() {
    let port = opened(quick());
    let half = claim_head("0123456789abcdef", "Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{");
    let mut stream = port.connect().await;
    stream.write_all(half.as_bytes()).await.unwrap();
    let answer = heard(&mut stream, Duration::from_secs(2)).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("BODY_TIMEOUT") && answer.to_lowercase().contains("connection: close"), "{answer}");
    assert_eq!(port.fixture.commands().len(), 0);
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_cut() {
    let port = opened(quick());
    let mut stream = port.connect().await;
    let asked = "GET /docs HTTP/1.1\r\nHost: a\r\n\r\n".repeat(2_000);
    // Ingress stops reading once its answers are not taken, so the writing may stall: that is the point.
    drop(timeout(Duration::from_millis(500), stream.write_all(asked.as_bytes())).await);
    eventually("it is cut", || port.fixture.state.metrics.http.connections() == 0).await;
}

#[tokio::test]
async fn ambiguous_and_broken_framing_is_refused_and_smuggles_nothing() {
    let port = opened(quick());
    let hidden = claim_head("hidden-0123456789abcdef", "\r\n");
    let chunk = format!("0\r\n\r\n{hidden}");
    let length = chunk.len();
    let table: Vec<(&str, String)> = vec![
        (
            "length, then coding",
            claim_head(
                "0123456789abcdef",
                &format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}"),
            ),
        ),
        (
            "coding, then length",
            claim_head(
                "0123456789abcdef",
                &format!("Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n\r\n{chunk}"),
            ),
        ),
        (
            "two lengths",
            claim_head("0123456789abcdef", &format!("Content-Length: 0\r\nContent-Length: {length}\r\n\r\n{chunk}")),
        ),
        ("a list of lengths", claim_head("0123456789abcdef", &format!("Content-Length: 0, {length}\r\n\r\n{chunk}"))),
        ("a signed length", claim_head("0123456789abcdef", "Content-Length: +0\r\n\r\n")),
        ("a negative length", claim_head("0123456789abcdef", "Content-Length: -1\r\n\r\n")),
        ("a hexadecimal length", claim_head("0123456789abcdef", "Content-Length: 0x0\r\n\r\n")),
        ("a length beyond any", claim_head("0123456789abcdef", "Content-Length: 99999999999999999999999\r\n\r\n")),
        ("a folded header", claim_head("0123456789abcdef", "X-A: a\r\n  Transfer-Encoding: chunked\r\n\r\n")),
        ("a space before the colon", claim_head("0123456789abcdef", "Transfer-Encoding : chunked\r\n\r\n")),
        ("a coding with a tab", claim_head("0123456789abcdef", &format!("Transfer-Encoding:\tchunked\r\n\r\n{chunk}"))),
        ("a NUL", claim_head("0123456789abcdef", "X-A: a\0b\r\n\r\n")),
        ("a bare CR", claim_head("0123456789abcdef", "X-A: a\rb\r\n\r\n")),
        ("no version", "GET /livez\r\n\r\n".into()),
        ("another version", "GET /livez HTTP/9.9\r\nHost: a\r\n\r\n".into()),
        ("HTTP/2 without asking", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into()),
        ("TLS", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}".into()),
        ("garbage", "\0\u{1}\u{2}garbage\r\n\r\n".into()),
        ("a tunnel", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n".into()),
    ];
    for (name, bytes) in table {
        let answer = port.say(&bytes).await;
        let is_refused = answer.is_empty() || answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.0 4");
        assert!(is_refused, "{name}: {answer}");
        assert!(answer.matches("HTTP/1.").count() <= 1, "{name}: {answer}");
        assert_eq!(port.fixture.commands().len(), 0, "{name}");
    }
}

#[tokio::test]
async fn chunks_without_an_end_are_refused_at_once() {
    let port = opened(quick());
    let mut stream = port.connect().await;
    let head = claim_head(
        "0123456789abcdef",
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n     \r\n",
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = heard(&mut stream, Duration::from_secs(1)).await;
    // Not 408: it did not wait for the end.
    assert!(answer.starts_with("HTTP/1.1 411") && answer.contains("LENGTH_REQUIRED"), "{answer}");
}

#[tokio::test]
async fn heads_that_are_too_large_or_too_many_are_refused() {
    let port = opened(quick());
    let large = format!("GET /livez HTTP/1.1\r\nHost: a\r\nX-A: {}\r\n\r\n", "a".repeat(1024 * 1024));
    let many = format!("GET /livez HTTP/1.1\r\nHost: a\r\n{}\r\n", "X-A: a\r\n".repeat(200));
    let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(70_000));
    for (name, bytes) in [("large", large), ("many", many), ("long", long)] {
        let answer = port.say(&bytes).await;
        // A reset may swallow the answer when ingress closes before it has read everything.
        let is_refused = answer.is_empty() || answer.starts_with("HTTP/1.1 431") || answer.starts_with("HTTP/1.1 414");
        assert!(is_refused, "{name}: {answer:.200}");
    }
}

#[tokio::test]
async fn beyond_the_cap_a_connection_is_told_and_room_returns() {
    let mut config = quick();
    config.server.most_connections = 5;
    let port = opened(config);
    let mut held = Vec::new();
    for _ in 0..5 {
        held.push(port.connect().await);
    }
    eventually("five are connected", || port.fixture.state.metrics.http.connections() == 5).await;
    let answer = port.say("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 503") || answer.is_empty(), "{answer}");
    if let Some((head, body)) = answer.split_once("\r\n\r\n") {
        let length: usize =
            head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap().parse().unwrap();
        assert_eq!(length, body.len());
        assert_eq!(serde_json::from_str::<serde_json::Value>(body).unwrap()["code"], "OVERLOADED");
    }
    drop(held);
    eventually("room returns", || port.fixture.state.metrics.http.connections() == 0).await;
    assert!(port.say("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn slow_crowds_do_not_slow_good_clients() {
    let port = opened(quick());
    let mut streams = Vec::new();
    for _ in 0..500 {
        let mut stream = port.connect().await;
        stream.write_all(b"POST /v1/campaigns/sale/claims HTTP/1.1\r\nX").await.unwrap();
        streams.push(stream);
    }
    for _ in 0..50 {
        let mut stream = port.connect().await;
        stream.write_all(b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
        assert!(heard(&mut stream, Duration::from_secs(2)).await.starts_with("HTTP/1.1 200"));
    }
    let all_are_cut = async {
        while port.fixture.state.metrics.http.connections() > 0 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(AT_MOST, all_are_cut).await.expect("all are cut");
}

#[tokio::test]
async fn a_drain_lets_requests_finish_and_cuts_what_does_not() {
    let port = opened(quick());
    port.fixture.emitter.set(streams::simulated::Emission::Held);
    let mut working = port.connect().await;
    working.write_all(claim_head("0123456789abcdef", "\r\n").as_bytes()).await.unwrap();
    let mut idle = port.connect().await;
    idle.write_all(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    assert!(heard(&mut idle, Duration::from_millis(100)).await.starts_with("HTTP/1.1 200"));
    let mut half = port.connect().await;
    half.write_all(b"GET /livez HTTP/1.1\r\nHo").await.unwrap();
    sleep(Duration::from_millis(50)).await;
    port.stop.request();
    let mut is_open = true;
    for _ in 0..1_000 {
        sleep(Duration::from_millis(20)).await;
        is_open = TcpStream::connect(port.address).await.is_ok();
        if !is_open {
            break;
        }
    }
    assert!(!is_open, "nobody new comes in");
    assert_eq!(port.fixture.emitter.release(), 1);
    let answer = heard(&mut working, Duration::from_millis(300)).await;
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    let left = timeout(AT_MOST, port.served).await.expect("it ends").unwrap();
    assert_eq!(left, 0);
}

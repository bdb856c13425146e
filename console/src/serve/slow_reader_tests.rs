//! Five hundred readers who open a stream over a socket and take nothing: memory stays bounded, whoever reads goes on, and who comes when
//! all places are taken is told so.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use prometheus::TextEncoder;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::sleep;
use web::server::{ServerConfig, bind, run};

use super::config::Config;
use super::serve_tests::{Console, seen, token_of};
use super::service::Service;
use super::stream::Channel;

const READERS: usize = 500;
const PLACES: usize = 200;
/// Events that are sent on each channel, and how large one is: as much as two hundred partitions are.
const EVENTS: i64 = 300;
const EVENT_BYTES: usize = 64 * 1024;
/// What all of this may cost, with what the other tests of this process take meanwhile. Two events for each reader would be 25 MiB, every
/// event for each of them 7 GiB.
const MOST_MIB: u64 = 64;
/// Windows of readers, bytes.
const SMALL: u32 = 4 * 1024;
const LARGE: u32 = 256 * 1024;
/// How long a test waits for what must happen.
const AT_MOST: Duration = Duration::from_mins(3);

/// Opens a stream and reads the head of the answer and what comes with it. Of a small window little is on its way when nothing is taken.
async fn opened(address: SocketAddr, channel: &str, caller: &str, window: u32) -> (TcpStream, String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(window).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    let token = token_of(caller, &["analyst"]);
    let head = format!("GET /v1/{channel}/stream HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut text, mut part) = (Vec::new(), [0; 1024]);
    while !text.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = stream.read(&mut part).await.unwrap();
        assert!(count > 0, "closed after {}", String::from_utf8_lossy(&text));
        text.extend_from_slice(&part[..count]);
    }
    (stream, String::from_utf8(text).unwrap())
}

/// The body of an answer that says how long it is, and of which this has been read.
async fn rest(mut stream: TcpStream, read: &str) -> String {
    let (head, body) = read.split_once("\r\n\r\n").unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok()).unwrap();
    let mut left = vec![0; length - body.len()];
    stream.read_exact(&mut left).await.unwrap();
    format!("{body}{}", String::from_utf8(left).unwrap())
}

/// Reads a stream for ever and tells the id of the newest event that has come whole.
fn read_on(mut stream: TcpStream) -> watch::Receiver<i64> {
    let (sender, newest) = watch::channel(0);
    tokio::spawn(async move {
        let (mut text, mut part) = (String::new(), vec![0; 64 * 1024]);
        while let Ok(count @ 1..) = stream.read(&mut part).await {
            text.push_str(&String::from_utf8_lossy(&part[..count]));
            while let Some(end) = text.find("\n\n") {
                let event: String = text.drain(..end + 2).collect();
                let id = event.lines().find_map(|line| line.split_once("id: ")?.1.parse().ok());
                if let Some(id) = id {
                    sender.send_replace(id);
                }
            }
        }
    });
    newest
}

async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < AT_MOST, "never: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_readers_who_take_nothing_cost_little_and_hold_up_nobody() {
    let server = ServerConfig { write_timeout_ms: 2_000, ..ServerConfig::default() };
    let console = Console::with(seen(), Config { most_streams: PLACES, ..Config::default() });
    let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let service = Arc::new(Service::new(Arc::clone(&console.state)));
    let state = Arc::clone(&console.state);
    // Who has taken nothing for two heartbeats and the time of an answer is let go: after ten seconds.
    let heartbeat = Duration::from_secs(4);
    tokio::spawn(
        async move { run(listener, service, &state.metrics, &server, heartbeat, std::future::pending()).await },
    );

    let (lag, _) = opened(address, "lag", "quick", LARGE).await;
    let (sale, _) = opened(address, "sale", "quick", LARGE).await;
    let mut quick = [read_on(lag), read_on(sale)];
    let (mut slow, mut refused) = (Vec::new(), 0);
    for number in 0..READERS {
        let channel = ["lag", "sale"][number % 2];
        let (stream, answer) = opened(address, channel, &format!("slow-{}", number / 8), SMALL).await;
        if answer.starts_with("HTTP/1.1 200 OK\r\n") {
            slow.push(stream);
            continue;
        }
        refused += 1;
        assert!(answer.starts_with("HTTP/1.1 429 Too Many Requests\r\n"), "{answer}");
        assert!(
            answer.contains("content-type: application/problem+json") && answer.contains("retry-after: "),
            "{answer}"
        );
        let body: Value = serde_json::from_str(&rest(stream, &answer).await).unwrap();
        assert_eq!((&body["code"], &body["status"]), (&"TOO_MANY_STREAMS".into(), &429.into()));
    }
    assert_eq!((slow.len(), refused), (PLACES - 2, READERS + 2 - PLACES));
    assert_eq!(console.state.streams.len(), PLACES);

    let before = resident_mib();
    let padding = "x".repeat(EVENT_BYTES);
    let send = |number: i64| {
        let event = json!({ "number": number, "padding": padding });
        console.state.streams.send(Channel::Lag, &event, number);
        console.state.streams.send(Channel::Sale, &event, number);
    };
    let mut most = 0;
    for number in 1..=EVENTS {
        send(number);
        for newest in &mut quick {
            let seen = tokio::time::timeout(AT_MOST, newest.wait_for(|id| *id == number)).await;
            assert!(seen.is_ok_and(|seen| seen.is_ok()), "event {number} has not come to whoever reads");
        }
        most = most.max(resident_mib());
    }
    assert!(most <= before + MOST_MIB, "{before} MiB before, {most} MiB with {} readers who take nothing", slow.len());

    let mut number = EVENTS;
    eventually("who takes nothing is let go", async || {
        number += 1;
        send(number);
        console.state.streams.len() == 2
    })
    .await;
    let text = TextEncoder::new().encode_to_string(&console.registry.gather()).unwrap();
    let cut = format!("timesale_console_connections_ended_total{{cause=\"slow_reader\"}} {}", slow.len());
    assert!(text.contains(&cut), "{text}");
    assert!(text.contains("timesale_console_streams 2\n"), "{text}");
    let (_stream, answer) = opened(address, "lag", "late", LARGE).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "its place is free: {answer}");
}

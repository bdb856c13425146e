//! A late repeat over HTTP: the same `Idempotency-Key` after 66 other changes of the product, and after a restart of the processor,
//! gets its first answer and moves nothing.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use crate::fixture::Fixture;

/// Roles that are killed when the test is over.
struct Roles(Vec<Child>);

impl Drop for Roles {
    fn drop(&mut self) {
        for role in &mut self.0 {
            drop(role.kill());
            drop(role.wait());
        }
    }
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address")
}

impl Roles {
    /// Starts processors and ingress and waits until they are ready.
    fn start(fixture: &Fixture, ingress: SocketAddr) -> Self {
        let mut roles = Self(Vec::new());
        for (name, listen) in [("processors", free_address()), ("ingress", ingress)] {
            let admin = free_address();
            let mut command = fixture.timesale(&["serve", name]);
            command.env("TIMESALE_LISTEN", listen.to_string()).env("TIMESALE_ADMIN_LISTEN", admin.to_string());
            roles.0.push(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a role"));
            let is_ready = |_| {
                sleep(Duration::from_millis(100));
                ask(admin, "GET", "/readyz", &[], "").is_some_and(|(status, _)| status == 200)
            };
            assert!((0..600).any(is_ready), "{name} is not ready after a minute");
        }
        roles
    }
}

/// One request on a connection of its own: status and body, unless nobody answers.
fn ask(to: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(to).ok()?;
    let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-length: {length}\r\n{lines}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

/// The shop as an operator reaches it.
struct Operator {
    ingress: SocketAddr,
    token: String,
    sku: String,
}

impl Operator {
    fn send(&self, method: &str, what: &str, key: &str, body: &Value) -> (u16, Value) {
        let path = format!("/v1/products/{}{what}", self.sku);
        let headers = [
            ("authorization", self.token.as_str()),
            ("content-type", "application/json"),
            ("idempotency-key", key),
            ("prefer", "wait=10"),
        ];
        let (status, body) = ask(self.ingress, method, &path, &headers, &body.to_string()).expect("an answer");
        (status, serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}")))
    }

    /// A change of the stock; the units that can be had after it.
    fn change(&self, key: &str, change: i64) -> u64 {
        let (status, answer) = self.send("POST", "/stock", key, &json!({ "change": change }));
        assert_eq!(status, 200, "{answer}");
        answer["stock"]["available"].as_u64().unwrap_or_else(|| panic!("{answer}"))
    }
}

#[test]
fn a_late_repeat_moves_no_stock_over_http_not_even_after_a_restart() {
    let Some(fixture) = Fixture::enter() else { return };
    let ingress = free_address();
    let roles = Roles::start(&fixture, ingress);
    let token = fixture.timesale(&["token", "--role", "operator", "operator-1"]).output().expect("a token");
    let token = format!("Bearer {}", String::from_utf8_lossy(&token.stdout).trim());
    let operator = Operator { ingress, token, sku: format!("repeat-{:016x}", fastrand::u64(..)) };
    let terms = json!({ "seller": "teahouse", "name": "Tea", "list_price": 1000 });
    let (status, answer) = operator.send("PUT", "", "define-the-product", &terms);
    assert_eq!(status, 200, "{answer}");

    assert_eq!(operator.change("first-delivery-00", 100), 100);
    assert_eq!(operator.change("second-delivery-0", 10), 110);
    for number in 0..66 {
        operator.change(&format!("other-change-{number:04}"), if number % 2 == 0 { 1 } else { -1 });
    }
    assert_eq!(operator.change("second-delivery-0", 10), 110, "the first answer");
    assert_eq!(operator.change("one-more-unit-000", 1), 111, "the repeat has moved nothing");

    // Both are killed, so that neither can remember anything but what is in the log.
    drop(roles);
    let _roles = Roles::start(&fixture, ingress);
    assert_eq!(operator.change("second-delivery-0", 10), 110, "the first answer, after a restart");
    assert_eq!(operator.change("last-change-00000", 1), 112, "the repeat has moved nothing");
}

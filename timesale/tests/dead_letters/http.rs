//! The same over HTTP, at a console that runs: an order has a key, and a repeat of it changes nothing.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Child;

use events::topics::{COUPONS_EVENTS, COUPONS_INBOX};
use serde_json::Value;

use super::installation::*;
use super::refusals::letter;

/// A console that ends with its test.
struct Console {
    child: Child,
    address: String,
    token: String,
}

impl Console {
    fn start(installation: &Installation) -> Self {
        let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let (address, admin) = (free(), free());
        let token = installation.timesale(&["token", "operator-1", "--role", "operator"]).output().unwrap();
        let token = String::from_utf8(token.stdout).unwrap().trim().to_owned();
        let mut serve = installation.timesale(&["serve", "console"]);
        serve.env("TIMESALE_CONSOLE_LISTEN", &address).env("TIMESALE_ADMIN_LISTEN", admin);
        let console = Self { child: serve.stderr(std::process::Stdio::null()).spawn().unwrap(), address, token };
        until("the console listens", || TcpStream::connect(&console.address).ok().map(drop));
        console
    }

    /// The status and the body of an answer.
    fn ask(&self, method: &str, path: &str, key: Option<&str>) -> (u16, Value) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let key = key.map_or_else(String::new, |key| format!("idempotency-key: {key}\r\n"));
        let token = &self.token;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n{key}connection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status, serde_json::from_str(body).unwrap_or_default())
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn an_order_over_http_is_carried_out_once() {
    let Some(installation) = Installation::start("dead-letters-http") else { return };
    installation.write(&[
        letter(COUPONS_INBOX.name(), 0, 5, b"{\"claim\":{\"shopper\":\"kim-secret\"}}", &[]),
        letter(COUPONS_EVENTS.name(), 0, 5, b"{}", &[]),
    ]);
    installation.await_letters(2);
    let console = Console::start(&installation);
    let (status, list) = console.ask("GET", "/v1/dead-letters?handled=false", None);
    assert_eq!((status, list["counted"].as_u64()), (200, Some(2)), "{list}");
    let (status, shown) = console.ask("GET", "/v1/dead-letters/0/0", None);
    assert!(status == 200 && shown["failure"]["byte"].is_u64() && !shown.to_string().contains("kim-secret"), "{shown}");

    let replay = "/v1/dead-letters/0/0/replay";
    assert_eq!(console.ask("POST", replay, None).1["code"], "IDEMPOTENCY_KEY_MISSING");
    for _ in 0..2 {
        let (status, done) = console.ask("POST", replay, Some("key-1"));
        assert_eq!((status, &done["outcome"]), (200, &"replayed".into()), "{done}");
    }
    let (status, done) = console.ask("POST", replay, Some("key-2"));
    assert_eq!((status, &done["code"]), (409, &"LETTER_HANDLED".into()), "{done}");
    let (status, done) = console.ask("POST", "/v1/dead-letters/0/0/drop?because=x", Some("key-1"));
    assert_eq!((status, &done["code"]), (409, &"LETTER_HANDLED".into()), "a key is for one order: {done}");
    assert_eq!(installation.replays(COUPONS_INBOX.name()).into_values().collect::<Vec<_>>(), [1]);

    let (status, done) = console.ask("POST", "/v1/dead-letters/0/1/replay", Some("key-1"));
    assert_eq!((status, &done["code"]), (422, &"LETTER_REFUSED".into()), "{done}");
    let dropped = console.ask("POST", "/v1/dead-letters/0/1/drop?because=the+sink+is+repaired", Some("key-1"));
    assert_eq!((dropped.0, &dropped.1["outcome"]), (200, &"dropped".into()), "{}", dropped.1);
    assert_eq!(console.ask("POST", "/v1/dead-letters/0/7/replay", Some("key-1")).0, 404);
    let handled = installation.list(&["--handled", "--topic", COUPONS_EVENTS.name()]);
    let note = &handled["letters"][0]["handled"];
    assert_eq!((&note["who"], &note["because"]), (&"operator-1".into(), &"the sink is repaired".into()));
    assert_eq!(installation.counts(), (2, 2));
}

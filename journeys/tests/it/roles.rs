//! Roles of the shipped binary, started for a test and asked over HTTP.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::fixture::Fixture;

/// How long a test waits for a decision.
const DECIDED_WITHIN: Duration = Duration::from_mins(2);

/// Roles that are killed when the test is over.
#[derive(Default)]
pub(crate) struct Roles(Vec<Child>);

impl Drop for Roles {
    fn drop(&mut self) {
        for role in &mut self.0 {
            drop(role.kill());
            drop(role.wait());
        }
    }
}

impl Roles {
    /// Starts a role with these variables in its environment, and waits until it is ready.
    pub(crate) fn start(
        &mut self,
        fixture: &Fixture,
        name: &str,
        listen: SocketAddr,
        admin: SocketAddr,
        variables: &[(&str, &str)],
    ) {
        let mut command = fixture.timesale(&["serve", name]);
        command.env("TIMESALE_LISTEN", listen.to_string()).env("TIMESALE_ADMIN_LISTEN", admin.to_string());
        command.env("TIMESALE_CONSOLE_LISTEN", "127.0.0.1:0");
        command.envs(variables.iter().copied());
        self.0.push(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a role"));
        let is_ready = |_| {
            sleep(Duration::from_millis(100));
            ask(admin, "GET", "/readyz", &[], "").is_some_and(|(status, _)| status == 200)
        };
        assert!((0..600).any(is_ready), "{name} is not ready after a minute");
    }
}

/// An address that nobody uses.
pub(crate) fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address")
}

/// One request on a connection of its own: status and body, unless nobody answers.
pub(crate) fn ask(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Option<(u16, String)> {
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

/// Asks, with an idempotency key, until the request is decided: after a kill -9 a transaction may stay open for 10 s, and nobody decides
/// meanwhile. A repeat under the same key is the same request.
pub(crate) fn until_decided(ask: impl Fn() -> Option<(u16, String)>) -> Option<(u16, String)> {
    let deadline = Instant::now() + DECIDED_WITHIN;
    loop {
        let answer = ask()?;
        if answer.0 != 202 || Instant::now() >= deadline {
            return Some(answer);
        }
    }
}

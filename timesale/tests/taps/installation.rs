//! A console that runs at an installation of one's own, and what it is asked and has written down.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use events::audit::AuditRecord;
use events::topics::CONSOLE_AUDIT;
use streams::clock::now_ms;
use streams::kafka::TopicReader;
use streams::kafka::testing::PlainProducer;

use super::client::{Client, Response};
pub(crate) use super::shared::{AT_MOST, Installation, until};

/// A topic of four partitions without personal fields.
pub(crate) const PLAIN: &str = "inventory.events";

/// A console that ends with its test.
pub(crate) struct Console {
    pub(crate) child: Child,
    pub(crate) address: String,
    admin: String,
    _settings: tempfile::TempDir,
}

impl Installation {
    /// A console with these settings of its taps.
    pub(crate) fn console(&self, settings: &str) -> Console {
        let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let (address, admin) = (free(), free());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("timesale.toml");
        std::fs::write(&file, format!("[console.taps]\n{settings}\n")).unwrap();
        let mut serve = self.timesale(&["--config", file.to_str().unwrap(), "serve", "console"]);
        serve.env("TIMESALE_CONSOLE_LISTEN", &address).env("TIMESALE_ADMIN_LISTEN", &admin);
        let child = serve.stderr(Stdio::inherit()).spawn().unwrap();
        let console = Console { child, address, admin, _settings: folder };
        until("the console listens", || TcpStream::connect(&console.address).ok().map(drop));
        console
    }

    /// Who calls with a token of these roles.
    pub(crate) fn client(&self, console: &Console, name: &str, roles: &[&str]) -> Client {
        let roles = roles.iter().flat_map(|role| ["--role", role]);
        let arguments: Vec<&str> = ["token", name].into_iter().chain(roles).collect();
        let token = self.timesale(&arguments).output().unwrap();
        let token = String::from_utf8(token.stdout).unwrap().trim().to_owned();
        Client { address: console.address.clone(), token }
    }

    /// Writes so many records to each of four partitions of the topic, from this number on.
    pub(crate) fn write(&self, numbers: std::ops::Range<usize>, padding: usize) {
        let (producer, padding) = (PlainProducer::new(&self.cluster), "x".repeat(padding));
        for number in numbers {
            for partition in 0..4 {
                let value = format!("{{\"n\":{number},\"padding\":\"{padding}\"}}");
                producer.send(PLAIN, partition, &format!("k{number}"), &value, now_ms());
            }
        }
        producer.flush();
    }

    /// Every record of the audit topic.
    pub(crate) fn audit(&self) -> Vec<AuditRecord> {
        let records = TopicReader::open(&self.cluster, CONSOLE_AUDIT.name()).unwrap();
        records.map(|record| serde_json::from_slice(&record.unwrap().value.unwrap()).unwrap()).collect()
    }
}

impl Console {
    /// The value of a series.
    pub(crate) fn metric(&self, series: &str) -> Option<f64> {
        let client = Client { address: self.admin.clone(), token: String::new() };
        let text = client.get("/metrics", &[]).text();
        text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
    }

    /// Resident memory, MiB.
    pub(crate) fn resident_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }

    /// Asks it to stop, as a supervisor does.
    pub(crate) fn terminate(&self) {
        let sent = Command::new("kill").args(["-s", "TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Asks again while the caller's former taps are ending.
pub(crate) fn opened(client: &Client, path: &str, headers: &[(&str, &str)]) -> Response {
    until("a place is free", || {
        let response = client.open(path, headers);
        (response.status != 429).then_some(response)
    })
}

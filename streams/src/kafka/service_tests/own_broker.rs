//! A broker that a test may kill: no other test uses it.
//!
//! Started by `scripts/services/kafka` in a folder of its own below `TIMESALE_RUN`, one at a time. What an interrupted test has
//! left behind is found there and removed before the next one starts.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::*;
use crate::testing::skip;

/// One broker at a time: they share a folder, and a machine.
static TURN: Mutex<()> = Mutex::new(());

/// A broker for one test. Dropping it removes it with its data.
pub(super) struct OwnBroker {
    run: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

impl OwnBroker {
    /// Starts one, where tests have services at all.
    pub(super) fn start() -> Option<Self> {
        cluster()?;
        let Some(run) = std::env::var_os("TIMESALE_RUN") else {
            skip("folder for a broker that may be killed", "TIMESALE_RUN");
            return None;
        };
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let broker = Self { run: PathBuf::from(run).join("outages"), _turn: turn };
        broker.service("wipe");
        broker.service("start");
        Some(broker)
    }

    /// Where it listens; the same after every restart.
    pub(super) fn cluster(&self) -> ClusterConfig {
        let known = std::fs::read_to_string(self.run.join("env")).unwrap();
        let bootstrap = known.lines().find_map(|line| line.strip_prefix("KAFKA_BOOTSTRAP=")).unwrap();
        ClusterConfig { bootstrap: bootstrap.trim_matches('\'').to_owned(), client: BTreeMap::new() }
    }

    /// `kill -9`.
    pub(super) fn kill(&self) {
        self.service("kill");
    }

    /// Starts it again, with what it had on disk; returns once it answers.
    pub(super) fn restart(&self) {
        self.service("start");
    }

    fn service(&self, verb: &str) {
        let scripts = std::env::var_os("TIMESALE_SERVICES")
            .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/services").into(), PathBuf::from);
        let output = Command::new(scripts.join("kafka"))
            .arg(verb)
            .env("TIMESALE_RUN", &self.run)
            .env_remove("KAFKA_BOOTSTRAP")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "kafka {verb}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for OwnBroker {
    fn drop(&mut self) {
        // A second panic would hide the first.
        if !std::thread::panicking() {
            self.service("wipe");
            return;
        }
        drop(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.service("wipe"))));
    }
}

//! A broker that a test may kill: no other test uses it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::super::cluster::ClusterConfig;
use crate::testing::{service, skip};

/// One broker at a time: they share a machine.
static TURN: Mutex<()> = Mutex::new(());

/// A broker for one test. Dropping it removes it with its data.
///
/// A script starts and stops it: it is called with `start`, `kill` or `wipe`, keeps everything below the folder that its environment names
/// (`variable`), and writes the file `env` there with a line `KAFKA_BOOTSTRAP='host:port'`, and `kafka/pid` with the process.
#[derive(Debug)]
pub struct OwnBroker {
    script: PathBuf,
    variable: String,
    run: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

impl OwnBroker {
    /// Starts one in this folder below the one that `<PREFIX>_RUN` names, where tests have a broker at all (`<PREFIX>_TEST_KAFKA_BOOTSTRAP`);
    /// else skips the current test. The script is the file `kafka` in the folder that `<PREFIX>_SERVICES` names, or in `scripts`.
    ///
    /// # Panics
    /// As [`OwnBroker::start`], and as [`skip`] where services are required.
    #[must_use]
    pub fn for_test(prefix: &str, scripts: &str, folder: &str) -> Option<Self> {
        let variable = |name: &str| format!("{prefix}_{name}");
        service("Kafka", &variable("TEST_KAFKA_BOOTSTRAP"))?;
        let Some(run) = std::env::var_os(variable("RUN")) else {
            skip("folder for a broker that may be killed", &variable("RUN"));
            return None;
        };
        let scripts = std::env::var_os(variable("SERVICES")).map_or_else(|| scripts.into(), PathBuf::from);
        Some(Self::start(&scripts.join("kafka"), &variable("RUN"), &PathBuf::from(run).join(folder)))
    }

    /// Starts one. What an interrupted test has left behind in the folder is removed first.
    ///
    /// # Panics
    /// When the script fails.
    #[must_use]
    pub fn start(script: &Path, variable: &str, run: &Path) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let broker =
            Self { script: script.to_path_buf(), variable: variable.to_owned(), run: run.to_path_buf(), _turn: turn };
        broker.service("wipe");
        broker.service("start");
        broker
    }

    /// Where it listens; the same after every restart.
    ///
    /// # Panics
    /// When the script has not written it down.
    #[must_use]
    pub fn cluster(&self) -> ClusterConfig {
        let known = std::fs::read_to_string(self.run.join("env")).unwrap_or_default();
        let bootstrap = known.lines().find_map(|line| line.strip_prefix("KAFKA_BOOTSTRAP="));
        let Some(bootstrap) = bootstrap else { panic!("{} names no broker", self.run.display()) };
        ClusterConfig { bootstrap: bootstrap.trim_matches('\'').to_owned(), client: BTreeMap::new() }
    }

    /// `kill -9`.
    pub fn kill(&self) {
        self.service("kill");
    }

    /// Starts it again, with what it had on disk; returns once it answers.
    pub fn restart(&self) {
        self.service("start");
    }

    /// Sends its process a signal, such as `STOP` and `CONT`.
    ///
    /// # Panics
    /// When there is no such process.
    pub fn signal(&self, signal: &str) {
        let pid = std::fs::read_to_string(self.run.join("kafka/pid")).unwrap_or_default();
        let sent = Command::new("kill").args(["-s", signal, pid.trim()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "kill -s {signal} {pid}");
    }

    fn service(&self, verb: &str) {
        let output = Command::new(&self.script)
            .arg(verb)
            .env(&self.variable, &self.run)
            .env_remove("KAFKA_BOOTSTRAP")
            .stdin(Stdio::null())
            .output();
        match output {
            Ok(output) if output.status.success() => {}
            Ok(output) => panic!("{} {verb}: {}", self.script.display(), String::from_utf8_lossy(&output.stderr)),
            Err(error) => panic!("{} {verb}: {error}", self.script.display()),
        }
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

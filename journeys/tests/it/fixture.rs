//! The real fixture for a journey: Kafka, Postgres and Redis as `scripts/test` started them, and the shipped binary beside them.
//! Journeys in the fixture take turns, since they share it. Without a fixture they say so and pass: they are not what
//! `scripts/check` is for.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use streams::testing::service;

static TURN: Mutex<()> = Mutex::new(());

/// The services and the binary.
pub(crate) struct Fixture {
    /// Kafka's bootstrap address.
    pub(crate) kafka: String,
    /// The database's URL.
    pub(crate) postgres: String,
    /// Redis' URL.
    pub(crate) redis: String,
    binary: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

impl Fixture {
    /// Waits for its turn with the services, if there are any. `TIMESALE_TEST_*` say where they are.
    pub(crate) fn enter() -> Option<Self> {
        let kafka = service("Kafka", "TIMESALE_TEST_KAFKA_BOOTSTRAP")?;
        let postgres = service("PostgreSQL", "TIMESALE_TEST_DATABASE_URL")?;
        let redis = service("Redis", "TIMESALE_TEST_REDIS_URL")?;
        let binary = binary();
        assert!(binary.exists(), "{} is not built; scripts/test builds it first", binary.display());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let fixture = Self { kafka, postgres, redis, binary, _turn: turn };
        let applied = fixture.timesale(&["topics", "apply", "--yes", "--wait", "60"]).output().expect("topics apply");
        assert!(applied.status.success(), "topics apply: {}", String::from_utf8_lossy(&applied.stderr));
        Some(fixture)
    }

    /// The shipped binary with this fixture in its environment.
    pub(crate) fn timesale(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        self.environment(&mut command);
        command.args(arguments).current_dir(root());
        command
    }

    /// A shell in this folder that finds the shipped binary as `timesale`, and first of all what this other folder has.
    pub(crate) fn shell(&self, folder: &Path, first: Option<&Path>) -> Command {
        let mut command = Command::new("bash");
        self.environment(&mut command);
        let found = std::env::var_os("PATH").unwrap_or_default();
        let path = first.into_iter().chain(self.binary.parent()).map(Path::to_path_buf);
        let path = std::env::join_paths(path.chain(std::env::split_paths(&found))).expect("a path");
        command.env("PATH", path).env("TIMESALE_CONFIG", root().join("timesale.toml")).current_dir(folder);
        command
    }

    fn environment(&self, command: &mut Command) {
        command
            .env("KAFKA_BOOTSTRAP", &self.kafka)
            .env("DATABASE_URL", &self.postgres)
            .env("REDIS_URL", &self.redis)
            .env("TIMESALE_DEV", "true")
            .stdin(Stdio::null());
    }

    /// What an operator sends as `authorization`.
    pub(crate) fn operator_token(&self) -> String {
        let token = self.timesale(&["token", "--role", "operator", "operator-1"]).output().expect("a token");
        format!("Bearer {}", String::from_utf8_lossy(&token.stdout).trim())
    }

    /// Waits until these groups have read everything there is, by the command that operators wait with.
    pub(crate) fn all_read(&self, groups: &[&str]) {
        let waited = self.timesale(&[&["lag", "--wait", "120"], groups].concat()).output().expect("timesale lag");
        assert!(waited.status.success(), "{groups:?}: {}", String::from_utf8_lossy(&waited.stderr));
    }

    /// Holds a sale and returns what its last line says. The sale must end with every proof true.
    pub(crate) fn sale(&self, arguments: &[&str]) -> Value {
        judge(&self.begin_sale(arguments).wait_with_output().expect("the sale's output"))
    }

    /// Begins a sale, so that something can happen during it; [`judge`] its output.
    pub(crate) fn begin_sale(&self, arguments: &[&str]) -> Child {
        self.timesale(&[&["sale"], arguments].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the sale begins")
    }
}

/// What a sale's last line says. It must have ended well, with every proof true.
pub(crate) fn judge(output: &Output) -> Value {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let tail: Vec<&str> = stderr.lines().rev().take(60).collect();
    let tail = tail.into_iter().rev().collect::<Vec<_>>().join("\n");
    let last = stdout.lines().last().unwrap_or_default();
    let result: Value =
        serde_json::from_str(last).unwrap_or_else(|error| panic!("the last line is no JSON ({error}): {last}\n{tail}"));
    let proof = result["proof"].as_object().unwrap_or_else(|| panic!("no proof in {last}\n{tail}"));
    let untrue: Vec<&String> =
        proof.iter().filter(|(_, holds)| **holds != Value::Bool(true)).map(|(name, _)| name).collect();
    assert!(!proof.is_empty() && untrue.is_empty(), "not proven: {untrue:?}\n{last}\n{tail}");
    assert!(output.status.success(), "the sale ended with {}\n{last}\n{tail}", output.status);
    result
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

/// The binary beside the tests: `<target>/release/timesale`.
fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("this test's path");
    test.ancestors().nth(2).expect("the profile's folder").join("timesale")
}

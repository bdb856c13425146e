//! What tests of the program share: an installation of one's own, which is a broker with every topic, and the program.

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use streams::kafka::ClusterConfig;
use streams::kafka::testing::OwnBroker;

/// How long a test waits for what must happen.
pub(crate) const AT_MOST: Duration = Duration::from_mins(3);
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// A broker and the program.
pub(crate) struct Installation {
    pub(crate) cluster: ClusterConfig,
    _broker: OwnBroker,
}

impl Installation {
    /// Starts one in this folder, where tests have services at all.
    pub(crate) fn start(folder: &str) -> Option<Self> {
        let broker = OwnBroker::for_test("TIMESALE", &format!("{ROOT}/scripts/services"), folder)?;
        let installation = Self { cluster: broker.cluster(), _broker: broker };
        let applied = installation.timesale(&["topics", "apply", "--yes", "--wait", "60"]).output().unwrap();
        assert!(applied.status.success(), "topics apply: {}", told(&applied));
        Some(installation)
    }

    /// The program, with this installation in its environment.
    pub(crate) fn timesale(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_timesale"));
        command
            .args(arguments)
            .current_dir(ROOT)
            .env("KAFKA_BOOTSTRAP", &self.cluster.bootstrap)
            .env("TIMESALE_DEV", "true")
            .env("TIMESALE_LOG", "warn")
            .env("USER", "kim")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Ok(database) = std::env::var("TIMESALE_TEST_DATABASE_URL") {
            command.env("DATABASE_URL", database);
        }
        command
    }
}

/// Waits until there is an answer.
pub(crate) fn until<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + AT_MOST;
    loop {
        if let Some(answer) = attempt() {
            return answer;
        }
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Everything that a program has said.
pub(crate) fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

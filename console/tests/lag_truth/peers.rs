//! Other tools for lag, asked about the same situations: klag-exporter in both its modes and kafkatop. Only `scripts/bench/lag-truth --peers`
//! starts them. What they show is written down and decides nothing: a case holds or fails by ours alone.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use streams::kafka::ClusterConfig;

/// How long a tool may take to show what is so: six looks of klag-exporter, whose rate mode needs several to say seconds.
const WITHIN: Duration = Duration::from_secs(30);

/// What a tool has to show of the situation.
#[derive(Clone, Debug)]
pub(crate) enum Truth {
    /// So many records and seconds. The seconds may be those of a look before.
    Lag(i64, RangeInclusive<f64>),
    /// A number of records that is marked as an upper bound, and so many seconds.
    UpperBound(RangeInclusive<f64>),
    /// No lag at all, or none above 0.
    Nothing,
}

/// What a tool shows for the group's partition.
#[derive(Debug, Default)]
struct Shown {
    records: Option<i64>,
    seconds: Option<f64>,
    is_upper_bound: bool,
}

impl Shown {
    /// `with_seconds`: whether the tool shows any at all.
    fn holds(&self, truth: &Truth, with_seconds: bool) -> bool {
        let within = |range: &RangeInclusive<f64>| {
            !with_seconds
                || self.seconds.is_some_and(|seconds| (range.start() - 5.0..=range.end() + 5.0).contains(&seconds))
        };
        match truth {
            Truth::Lag(records, seconds) => self.records == Some(*records) && within(seconds),
            Truth::UpperBound(seconds) => self.is_upper_bound && within(seconds),
            Truth::Nothing => self.records.unwrap_or(0) == 0,
        }
    }

    fn words(&self) -> String {
        let or_nothing = |value: Option<String>| value.unwrap_or_else(|| "nothing".to_owned());
        format!(
            "{}, {}",
            or_nothing(self.records.map(|records| records.to_string())),
            or_nothing(self.seconds.map(|seconds| format!("{seconds:.1} s")))
        )
    }
}

/// The tools, each looking at one situation.
pub(crate) struct Peers {
    exporters: Vec<Exporter>,
    kafkatop: PathBuf,
    bootstrap: String,
    group: String,
    topic: String,
    log: PathBuf,
}

impl Peers {
    /// Starts them, if the environment names them: a folder with both programs, to which the log is written too.
    pub(crate) fn start(cluster: &ClusterConfig, group: &str, topic: &str) -> Option<Self> {
        let folder = PathBuf::from(std::env::var_os("TIMESALE_LAG_PEERS")?);
        let start = |mode| Exporter::start(&folder, mode, &cluster.bootstrap, group);
        Some(Self {
            exporters: vec![start("rate"), start("message")],
            kafkatop: folder.join("bin/kafkatop"),
            bootstrap: cluster.bootstrap.clone(),
            group: group.to_owned(),
            topic: topic.to_owned(),
            log: folder.join("peers.jsonl"),
        })
    }

    /// Waits until each shows the truth of the case or has had its time, and writes down which did.
    pub(crate) fn judge(&self, case: u8, truth: &Truth) {
        let deadline = Instant::now() + WITHIN;
        let mut waiting: Vec<_> = ["klag_default", "klag_message", "kafkatop"].into_iter().zip(0..).collect();
        // A program that shows something once has nothing old to show when the broker is gone.
        if case == 14 {
            waiting.pop();
        }
        while !waiting.is_empty() {
            let is_over = Instant::now() >= deadline;
            waiting.retain(|(peer, place)| {
                let shown = self
                    .exporters
                    .get(*place)
                    .map_or_else(|| self.ask_kafkatop(), |exporter| exporter.shown(&self.group, &self.topic));
                let holds = shown.holds(truth, *place < self.exporters.len());
                if holds || is_over {
                    self.note(case, peer, holds, &shown);
                }
                !(holds || is_over)
            });
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    fn note(&self, case: u8, peer: &str, holds: bool, shown: &Shown) {
        let line = json!({"case": case, "peer": peer, "holds": holds, "shown": shown.words()});
        let mut log = OpenOptions::new().create(true).append(true).open(&self.log).unwrap();
        // One write, so that lines of tests that run side by side do not mix.
        log.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    fn ask_kafkatop(&self) -> Shown {
        let asked = Command::new(&self.kafkatop)
            .args(["--kafka-broker", &self.bootstrap, "--all", "--summary-json", "--group-filter-pattern", &self.group])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let told: serde_json::Value = serde_json::from_slice(&asked.stdout).unwrap_or_default();
        Shown { records: told[&self.group]["topics"][&self.topic]["lag_max"].as_i64(), ..Shown::default() }
    }
}

/// klag-exporter in one of its modes. It ends with this.
struct Exporter {
    process: Child,
    port: u16,
}

impl Exporter {
    fn start(folder: &Path, mode: &str, bootstrap: &str, group: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = folder.join(format!("{group}-{mode}.toml"));
        let text = format!(
            r#"
            [exporter]
            poll_interval = "5s"
            staleness_threshold = "30s"
            http_port = {port}
            http_host = "127.0.0.1"
            granularity = "partition"
            [exporter.timestamp_sampling]
            enabled = true
            mode = "{mode}"
            cache_ttl = "5s"
            [[clusters]]
            name = "bench"
            bootstrap_servers = "{bootstrap}"
            group_whitelist = ["{group}"]
            "#
        );
        std::fs::write(&config, text).unwrap();
        let process = Command::new(folder.join("bin/klag-exporter"))
            .arg("--config")
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { process, port }
    }

    fn shown(&self, group: &str, topic: &str) -> Shown {
        let text = self.scrape().unwrap_or_default();
        let mine = [format!(r#"group="{group}""#), format!(r#"topic="{topic}""#), r#"partition="0""#.to_owned()];
        let line = |family: &str| {
            text.lines().find(|line| line.starts_with(family) && mine.iter().all(|label| line.contains(label.as_str())))
        };
        let number = |line: Option<&str>| line.and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        let seconds = line("kafka_consumergroup_group_lag_seconds{");
        #[expect(clippy::cast_possible_truncation, reason = "a number of records")]
        let records = number(line("kafka_consumergroup_group_lag{")).map(|records| records as i64);
        Shown {
            records,
            seconds: number(seconds),
            is_upper_bound: seconds.is_some_and(|line| line.contains(r#"compaction_detected="true""#)),
        }
    }

    fn scrape(&self) -> Option<String> {
        let mut connection = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        connection.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        connection.write_all(b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
        let mut text = String::new();
        connection.read_to_string(&mut text).ok()?;
        Some(text)
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        // One that has ended by itself is as good as one that is killed.
        self.process.kill().and_then(|()| self.process.wait()).ok();
    }
}

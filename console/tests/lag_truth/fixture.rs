//! One situation: a topic and a group that nobody else has, and a collector that looks at that group.

use std::sync::Arc;
use std::time::{Duration, Instant};

use console::lag::{Collector, Config, LagMetrics, Latest, Snapshot, View};
use prometheus::{Registry, TextEncoder};
use streams::clock::now_ms;
pub(crate) use streams::kafka::testing::cluster;
use streams::kafka::testing::{PlainConsumer, PlainProducer, Protocol};
use streams::kafka::{Admin, ClusterConfig, TopicToCreate};

use super::peers::Peers;
pub(crate) use super::peers::Truth;

/// How long a test waits for what must happen.
pub(crate) const AT_MOST: Duration = Duration::from_mins(2);

pub(crate) struct Situation {
    pub(crate) cluster: ClusterConfig,
    pub(crate) topic: String,
    pub(crate) group: String,
    collector: Collector,
    peers: Option<Peers>,
}

impl Situation {
    /// One of one partition, if there is a broker.
    pub(crate) fn new() -> Option<Self> {
        Self::with(1, &[])
    }

    pub(crate) fn with(partitions: i32, settings: &[(&str, &str)]) -> Option<Self> {
        Some(Self::on(cluster()?, partitions, settings))
    }

    pub(crate) fn on(cluster: ClusterConfig, partitions: i32, settings: &[(&str, &str)]) -> Self {
        let name = format!("lag-{:012x}", fastrand::u64(..) & 0xffff_ffff_ffff);
        let (topic, group) = (format!("{name}-topic"), format!("{name}-group"));
        create(&cluster, &topic, partitions, settings);
        let config = Config { groups: vec![group.clone()], ..Config::default() };
        let collector = Collector::new(&cluster, &config, &[]).unwrap();
        let peers = Peers::start(&cluster, &group, &topic);
        Self { cluster, topic, group, collector, peers }
    }

    /// The same situation, looked at by other words: groups that match a pattern, of which one is asked for.
    pub(crate) fn looking_at(self, pattern: &str, group: &str) -> Self {
        let config = Config { groups: vec![pattern.to_owned()], ..Config::default() };
        let collector = Collector::new(&self.cluster, &config, &[]).unwrap();
        Self { collector, group: group.to_owned(), ..self }
    }

    /// Writes so many records to partition 0, each so old. Returns the time that they carry.
    pub(crate) fn write(&self, records: usize, seconds_ago: i64) -> i64 {
        let producer = PlainProducer::new(&self.cluster);
        let timestamp = send(&producer, &self.topic, records, seconds_ago);
        producer.flush();
        timestamp
    }

    /// Commits a position for the group, which nobody has joined.
    pub(crate) fn commit(&self, position: i64) {
        self.consumer(Protocol::Classic).commit(&self.topic, 0, position);
    }

    pub(crate) fn consumer(&self, protocol: Protocol) -> PlainConsumer {
        PlainConsumer::new(&self.cluster, &self.group, protocol)
    }

    /// Looks once, and scrapes what it saw.
    pub(crate) fn look(&mut self) -> Scrape {
        let view = self.collector.look().clone();
        Scrape::of(view, &self.group, &self.topic)
    }

    /// Looks until something is so, and scrapes that.
    pub(crate) fn until(&mut self, what: &str, is_so: impl Fn(&Scrape) -> bool) -> Scrape {
        let deadline = Instant::now() + AT_MOST;
        loop {
            let scrape = self.look();
            if is_so(&scrape) {
                return scrape;
            }
            assert!(Instant::now() < deadline, "never: {what}\n{}\n{:?}", scrape.text, scrape.view.error);
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Writes down whether other tools show what is so, where they are asked at all.
    pub(crate) fn judge_peers(&self, case: u8, truth: &Truth) {
        if let Some(peers) = &self.peers {
            peers.judge(case, truth);
        }
    }

    /// Looks until the partition's lag is known, and scrapes that.
    pub(crate) fn known(&mut self) -> Scrape {
        self.until("the seconds are known", |scrape| scrape.seconds().is_some())
    }
}

/// A topic whose records have the writer's time.
pub(crate) fn create(cluster: &ClusterConfig, topic: &str, partitions: i32, settings: &[(&str, &str)]) {
    let config = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let admin = Admin::new(cluster).unwrap();
    admin.create(&TopicToCreate { name: topic.to_owned(), partitions, replication: 1, config }).unwrap();
    let deadline = Instant::now() + AT_MOST;
    while !admin.describe(&[topic]).is_ok_and(|found| found.contains_key(topic)) {
        assert!(Instant::now() < deadline, "{topic} is not there");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Hands over so many records for partition 0, each so old. Returns the time that they carry.
pub(crate) fn send(producer: &PlainProducer, topic: &str, records: usize, seconds_ago: i64) -> i64 {
    let timestamp = now_ms() - seconds_ago * 1_000;
    (0..records).for_each(|number| producer.send(topic, 0, &number.to_string(), "value", timestamp));
    timestamp
}

/// What Prometheus would have read.
pub(crate) struct Scrape {
    pub(crate) text: String,
    pub(crate) view: View,
    group: String,
    topic: String,
}

impl Scrape {
    pub(crate) fn of(view: View, group: &str, topic: &str) -> Self {
        let registry = Registry::new();
        LagMetrics::register(&registry, &Config::default(), Latest::fixed(view.clone())).unwrap();
        let text = TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
        Self { text, view, group: group.to_owned(), topic: topic.to_owned() }
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(self.view.snapshot.as_ref().expect("there is a snapshot"))
    }

    /// The value of a series of partition 0.
    pub(crate) fn of_partition(&self, family: &str) -> Option<f64> {
        let (group, topic) = (&self.group, &self.topic);
        let cluster = if family.starts_with("kafka_") { r#"cluster_name="timesale","# } else { "" };
        self.value(&format!(r#"{family}{{{cluster}group="{group}",partition="0",topic="{topic}"}}"#))
    }

    /// The value of a series of the group in the topic.
    pub(crate) fn of_topic(&self, family: &str) -> Option<f64> {
        self.value(&format!(r#"{family}{{group="{}",topic="{}"}}"#, self.group, self.topic))
    }

    /// The value of a series of the topic's partition 0, whoever reads it.
    pub(crate) fn of_log(&self, family: &str) -> Option<f64> {
        self.value(&format!(r#"{family}{{partition="0",topic="{}"}}"#, self.topic))
    }

    pub(crate) fn value(&self, series: &str) -> Option<f64> {
        let line =
            self.text.lines().find(|line| line.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')))?;
        line.rsplit(' ').next()?.parse().ok()
    }

    pub(crate) fn records(&self) -> Option<f64> {
        self.of_partition("kafka_consumergroup_group_lag")
    }

    pub(crate) fn seconds(&self) -> Option<f64> {
        self.of_partition("kafka_consumergroup_group_lag_seconds")
    }

    /// The one status that is 1.
    pub(crate) fn status(&self) -> &'static str {
        let is_it = |status: &console::lag::Status| {
            let (group, topic, word) = (&self.group, &self.topic, status.word());
            self.value(&format!(r#"timesale_lag_group_status{{group="{group}",status="{word}",topic="{topic}"}}"#))
                == Some(1.0)
        };
        console::lag::Status::ALL.into_iter().find(is_it).map_or("none", console::lag::Status::word)
    }

    /// Whether the topic is shown for this group at all.
    pub(crate) fn shows_topic(&self) -> bool {
        self.snapshot()
            .groups
            .iter()
            .any(|group| *group.group == *self.group && group.topics.iter().any(|topic| topic.topic == self.topic))
    }

    /// Checks records and seconds; the latter may have grown by what the test took since.
    pub(crate) fn expect(&self, records: f64, seconds: std::ops::RangeInclusive<f64>) {
        assert_eq!(self.records(), Some(records), "{}", self.text);
        assert!(self.seconds().is_some_and(|found| seconds.contains(&found)), "{seconds:?}: {}", self.text);
    }
}

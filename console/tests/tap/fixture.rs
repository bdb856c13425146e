//! A topic that nobody else has, and taps of it whose output is kept in memory.

use std::io::Write;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use console::tap::words::{Format, Words};
use console::tap::{Ended, MaskKey, RunError, Tap, Target};
use events::calendar::ZoneName;
use events::manifest::Manifest;
use streams::clock::now_ms;
use streams::kafka::testing::PlainProducer;
pub(crate) use streams::kafka::testing::cluster;
use streams::kafka::{Admin, ClusterConfig, TopicToCreate};

/// How long a test waits for what must happen.
const AT_MOST: Duration = Duration::from_mins(1);

/// A topic of these partitions; its declaration says which fields are personal.
pub(crate) struct Situation {
    pub(crate) cluster: ClusterConfig,
    pub(crate) topic: String,
    pub(crate) manifest: Manifest,
    /// The time of the first records, milliseconds since 1970: young enough that no retention deletes them.
    pub(crate) base: i64,
}

impl Situation {
    pub(crate) fn new(partitions: i32) -> Option<Self> {
        Self::with(partitions, &[], "[]")
    }

    pub(crate) fn with(partitions: i32, settings: &[(&str, &str)], pii: &str) -> Option<Self> {
        let cluster = cluster()?;
        let topic = format!("tap-{:012x}", fastrand::u64(..) & 0xffff_ffff_ffff);
        let config = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let admin = Admin::new(&cluster).unwrap();
        admin.create(&TopicToCreate { name: topic.clone(), partitions, replication: 1, config }).unwrap();
        let deadline = Instant::now() + AT_MOST;
        while !admin.describe(&[&topic]).is_ok_and(|found| found.contains_key(&topic)) {
            assert!(Instant::now() < deadline, "{topic} is not there");
            std::thread::sleep(Duration::from_millis(50));
        }
        let text = format!(
            "topics:\n  {topic}:\n    description: A test's.\n    owner: console\n    key: any\n    partitions: {partitions}\n    \
             replication: 1\n    value: Reply\n    pii: {pii}\n    producers: []\n    consumers: []\n    config: {{ cleanup.policy: delete }}\n"
        );
        Some(Self { cluster, topic, manifest: Manifest::parse(&text).unwrap(), base: now_ms() - 60_000 })
    }

    pub(crate) fn producer(&self) -> PlainProducer {
        PlainProducer::new(&self.cluster)
    }

    pub(crate) fn transactional(&self) -> PlainProducer {
        PlainProducer::transactional(&self.cluster, &format!("{}-{:x}", self.topic, fastrand::u32(..)))
    }

    /// Writes so many records to each partition, with their number as value and key.
    pub(crate) fn write(&self, partitions: i32, records: usize) {
        let producer = self.producer();
        for number in 0..records {
            for partition in 0..partitions {
                producer.send(
                    &self.topic,
                    partition,
                    &format!("k{number}"),
                    &number.to_string(),
                    self.base + number as i64,
                );
            }
        }
        producer.flush();
    }

    /// Everything of the topic, as values.
    pub(crate) fn words(&self) -> Words {
        Words { topics: vec![self.topic.clone()], format: Format::Values, ..Words::default() }
    }

    pub(crate) fn tap(&self, change: impl FnOnce(&mut Words)) -> (Ended, Vec<u8>) {
        self.try_tap(change).unwrap()
    }

    pub(crate) fn try_tap(&self, change: impl FnOnce(&mut Words)) -> Result<(Ended, Vec<u8>), RunError> {
        let out = Kept::default();
        let ended = self.run(change, Target::Stream(Box::new(out.clone())), &AtomicBool::new(false), &|| Ok(()))?;
        let bytes = out.0.lock().unwrap().clone();
        Ok((ended, bytes))
    }

    pub(crate) fn run(
        &self,
        change: impl FnOnce(&mut Words),
        target: Target,
        stop: &AtomicBool,
        audit: &dyn Fn() -> Result<(), String>,
    ) -> Result<Ended, RunError> {
        let mut words = self.words();
        change(&mut words);
        self.tap_of(words, target, stop, audit).run()
    }

    /// As it is run, at this rate.
    pub(crate) fn run_paced(
        &self,
        change: impl FnOnce(&mut Words),
        target: Target,
        rate: u64,
    ) -> Result<Ended, RunError> {
        let mut words = self.words();
        change(&mut words);
        let stop = AtomicBool::new(false);
        Tap { rate: Some(rate), ..self.tap_of(words, target, &stop, &|| Ok(())) }.run()
    }

    fn tap_of<'a>(
        &'a self,
        words: Words,
        target: Target,
        stop: &'a AtomicBool,
        audit: &'a dyn Fn() -> Result<(), String>,
    ) -> Tap<'a> {
        Tap {
            cluster: &self.cluster,
            manifest: &self.manifest,
            words,
            user: "test".to_owned(),
            mask_key: Some(MaskKey::of_secret("a test's secret")),
            zone: ZoneName::default().zone().unwrap(),
            has_colour: false,
            rate: None,
            share: None,
            frames: None,
            spans: None,
            target,
            audit,
            stop,
        }
    }
}

/// Output that is kept.
#[derive(Clone, Default)]
pub(crate) struct Kept(pub(crate) Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Lines as text.
pub(crate) fn lines(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect()
}

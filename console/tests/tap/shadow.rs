//! Copies into a shadow topic: what they keep and what they hide; each record once, whatever is killed and whoever else copies.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use console::tap::words::{Sample, Words};
use console::tap::{Ended, RunError, Target};
use events::manifest::ShadowSpec;
use streams::kafka::testing::PlainAdmin;
use streams::kafka::{Admin, Ends, TopicReader, TopicToCreate};
use streams::record::Record;

use super::fixture::Situation;

/// Tells the child what it copies, and where its state is.
const CHILD: &str = "TIMESALE_TAP_COPY";

fn shadow_of(topic: &str) -> String {
    format!("shadow.{topic}")
}

/// A topic and its shadow topic, with these partitions.
fn pair(partitions: i32, of_shadow: i32, pii: &str) -> Option<Situation> {
    let mut situation = Situation::with(partitions, &[], pii)?;
    let name = shadow_of(&situation.topic);
    let admin = Admin::new(&situation.cluster).unwrap();
    let config = BTreeMap::from([("message.timestamp.type".to_owned(), "CreateTime".to_owned())]);
    admin.create(&TopicToCreate { name: name.clone(), partitions: of_shadow, replication: 1, config }).unwrap();
    let deadline = Instant::now() + Duration::from_mins(1);
    while !admin.describe(&[&name]).is_ok_and(|found| found.contains_key(&name)) {
        assert!(Instant::now() < deadline, "{name} is not there");
        std::thread::sleep(Duration::from_millis(50));
    }
    declare(&mut situation);
    Some(situation)
}

fn declare(situation: &mut Situation) {
    let spec = ShadowSpec { description: "A test's.".to_owned(), of: situation.topic.clone(), config: BTreeMap::new() };
    situation.manifest.shadow = BTreeMap::from([(shadow_of(&situation.topic), spec)]);
}

fn target(situation: &Situation, state: Option<&Path>) -> Target {
    let resume = state.map(|state| (PathBuf::from(state), "all".to_owned()));
    Target::Topic { name: shadow_of(&situation.topic), resume }
}

fn copy(situation: &Situation, change: impl FnOnce(&mut Words), state: Option<&Path>) -> Result<Ended, RunError> {
    situation.run(change, target(situation, state), &AtomicBool::new(false), &|| Ok(()))
}

fn copies(situation: &Situation) -> Vec<Record> {
    TopicReader::open(&situation.cluster, &shadow_of(&situation.topic)).unwrap().collect::<Result<_, _>>().unwrap()
}

/// Where the shadow topic ends for readers of committed records, its partitions added up.
fn end(asked: &Ends, situation: &Situation) -> i64 {
    let name: Arc<str> = shadow_of(&situation.topic).into();
    let partitions: Vec<_> = (0..3).map(|partition| (Arc::clone(&name), partition)).collect();
    asked.of(&partitions, Duration::from_secs(30)).unwrap().values().map(|ends| ends.stable).sum()
}

fn source(record: &Record) -> String {
    String::from_utf8(record.header("source").unwrap().to_vec()).unwrap()
}

#[test]
fn a_copy_keeps_everything_but_what_is_personal() {
    let Some(situation) = pair(3, 3, "[/name]") else { return };
    let producer = situation.transactional();
    for round in 0..6 {
        producer.begin();
        for partition in 0..3 {
            let headers: [(&str, Option<&[u8]>); 3] =
                [("event-type", Some(b"a")), ("n", Some(b"1")), ("n", Some(b"\xff"))];
            let value: &[u8] = br#"{"name":"kim","n":1}"#;
            let at = situation.base + i64::from(round);
            producer.write(&situation.topic, partition, (Some(b"k"), Some(value)), &headers, at);
            producer.write(&situation.topic, partition, (None, None), &[], at);
        }
        if round % 3 == 1 { producer.abort() } else { producer.commit() }
    }
    let ended = copy(&situation, |_| {}, None).unwrap();
    assert!(ended.coverage.complete, "{}", ended.coverage);
    assert_eq!(ended.coverage.counts.matched, 4 * 3 * 2);
    let originals: Vec<Record> =
        TopicReader::open(&situation.cluster, &situation.topic).unwrap().collect::<Result<_, _>>().unwrap();
    let copies = copies(&situation);
    assert_eq!(copies.len(), originals.len());
    for (copy, original) in copies.iter().zip(&originals) {
        assert_eq!(
            (copy.partition, copy.timestamp, &copy.key),
            (original.partition, original.timestamp, &original.key)
        );
        assert_eq!(source(copy), format!("{}/{}/{}", situation.topic, original.partition, original.offset));
        assert_eq!(copy.headers[..original.headers.len()], original.headers[..]);
        match &original.value {
            None => assert_eq!(copy.value, None, "a tombstone stays one"),
            Some(_) => {
                let value: serde_json::Value = serde_json::from_slice(copy.value.as_ref().unwrap()).unwrap();
                let name = value["name"].as_str().unwrap();
                assert!(name.len() == 12 && name != "kim" && value["n"] == 1, "{value}");
            }
        }
    }
}

#[test]
fn a_copy_that_is_killed_goes_on_with_every_record_once() {
    // The child: this test in a process that may be killed.
    if let Ok(what) = std::env::var(CHILD) {
        let (topic, state) = what.split_once(' ').unwrap();
        let mut situation = Situation::new(1).unwrap();
        let spec = situation.manifest.topics.remove(&situation.topic).unwrap();
        situation.manifest.topics.insert(topic.to_owned(), spec);
        situation.topic = topic.to_owned();
        declare(&mut situation);
        situation.run_paced(sampled, target(&situation, Some(Path::new(state))), 4 << 20).unwrap();
        return;
    }
    let Some(situation) = pair(3, 3, "[]") else { return };
    let (value, producer) = ("v".repeat(1_000), situation.producer());
    for number in 0..24_000 {
        let (key, value) = (format!("k{}", number / 3), format!("\"{number} {value}\""));
        producer.write(
            &situation.topic,
            number % 3,
            (Some(key.as_bytes()), Some(value.as_bytes())),
            &[],
            situation.base,
        );
    }
    producer.flush();
    let folder = tempfile::tempdir().unwrap();
    let (state, told) = (folder.path().join("state"), folder.path().join("told"));
    let asked = Ends::new(&situation.cluster).unwrap();
    let (mut kills, mut of_others) = (0, 0);
    for round in 0..60 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "shadow::a_copy_that_is_killed_goes_on_with_every_record_once", "--nocapture"])
            .env(CHILD, format!("{} {}", situation.topic, state.display()))
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&told).unwrap())
            .spawn()
            .unwrap();
        // Killed only once it has copied something, however long it takes to begin.
        let before = end(&asked, &situation);
        until("the child copies or ends", || child.try_wait().unwrap().is_some() || end(&asked, &situation) > before);
        std::thread::sleep(Duration::from_millis(fastrand::u64(0..500)));
        let status = child.try_wait().unwrap();
        let failed = status.is_some_and(|status| !status.success());
        assert!(!failed, "{}", std::fs::read_to_string(&told).unwrap());
        if status.is_none() {
            child.kill().unwrap();
            kills += 1;
        }
        child.wait().unwrap();
        // A child may be killed between the end of its copy and its own: its state is gone then.
        if !state.exists() {
            break;
        }
        assert_eq!(status, None, "a copy that is not whole ends with success");
        if round == 1 {
            // Somebody else's question is another copy: it neither is continued nor counts.
            let ended = copy(&situation, |words| words.keys = vec!["k6".to_owned()], None).unwrap();
            of_others = ended.coverage.counts.matched;
        }
        assert!(round < 59, "it never ends");
    }
    assert!(kills >= 2, "killed {kills} times");
    let (_, lines) = situation.tap(|words| {
        sampled(words);
        words.format = console::tap::words::Format::Ndjson;
        words.columns = Some("partition,offset".to_owned());
    });
    let place = |line: &str| -> String {
        let place: serde_json::Value = serde_json::from_str(line).unwrap();
        format!("{}/{}/{}", situation.topic, place["partition"], place["offset"])
    };
    let wanted: BTreeSet<String> = super::fixture::lines(&lines).iter().map(|line| place(line)).collect();
    assert!(wanted.len() > 5_000 && wanted.len() < 20_000, "{}", wanted.len());
    let (others, ours): (Vec<Record>, Vec<Record>) =
        copies(&situation).into_iter().partition(|copy| copy.header("source-tap") == Some(b"once"));
    assert_eq!(others.len() as u64, of_others);
    let found: BTreeSet<String> = ours.iter().map(source).collect();
    assert_eq!(ours.len(), found.len(), "every record once");
    assert_eq!(found, wanted);
    // In order, too.
    for partition in 0..3 {
        let offsets: Vec<i64> = ours
            .iter()
            .filter(|copy| copy.partition == partition)
            .map(|copy| source(copy).rsplit('/').next().unwrap().parse().unwrap())
            .collect();
        assert!(offsets.is_sorted(), "partition {partition}");
    }
}

/// Half of the keys.
fn sampled(words: &mut Words) {
    words.sample = Some(Sample { of: 2, seed: 3 });
}

#[test]
fn whoever_copies_last_is_the_only_one_who_does() {
    let Some(situation) = pair(1, 1, "[]") else { return };
    situation.write(1, 10);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let following =
            scope.spawn(|| situation.run(|words| words.follow = true, target(&situation, None), &stop, &|| Ok(())));
        until("the first tap has copied", || copies(&situation).len() == 10);
        assert!(copy(&situation, |_| {}, None).unwrap().coverage.complete);
        situation.write(1, 1);
        until("the first tap has met the second", || following.is_finished());
        stop.store(true, Ordering::Relaxed);
        let error = following.join().unwrap().unwrap_err().to_string();
        assert!(error.contains("another tap has begun to write there"), "{error}");
    });
    assert_eq!(copies(&situation).len(), 20);
}

#[test]
fn a_shadow_topic_that_is_not_as_it_should_be_is_refused() {
    let Some(situation) = pair(2, 3, "[]") else { return };
    situation.write(2, 5);
    let error = copy(&situation, |_| {}, None).unwrap_err().to_string();
    assert!(error.contains("has 3 partitions") && error.contains("has 2"), "{error}");
    PlainAdmin::new(&situation.cluster).delete_topic(&shadow_of(&situation.topic));
    let error = copy(&situation, |_| {}, None).unwrap_err().to_string();
    assert!(error.contains("no topic or partition shadow."), "{error}");
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !is_so() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

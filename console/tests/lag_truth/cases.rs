//! The fourteen cases in which tools for lag are wrong (the fourteenth, a broker that is gone, is in `outages`).

use std::time::{Duration, Instant};

use streams::clock::now_ms;
use streams::kafka::TopicReader;
use streams::kafka::testing::{PlainAdmin, PlainProducer, Protocol};

use super::fixture::*;

/// However long a test was held up, its records are no older than this, seconds.
const SLACK: f64 = 90.0;

/// The seconds since a moment, at least: a clock of whole milliseconds is up to one behind.
#[expect(clippy::cast_precision_loss, reason = "seconds of a test")]
fn seconds_since(moment_ms: i64) -> f64 {
    (now_ms() - moment_ms) as f64 / 1_000.0
}

/// What a difference of two clocks of whole milliseconds, the test's and the collector's, may be off by, seconds.
const CLOCK_STEP: f64 = 0.002;

#[test]
fn case_01_a_marker_at_the_end_is_no_lag() {
    let Some(mut situation) = Situation::new() else { return };
    let producer = PlainProducer::transactional(&situation.cluster, &situation.topic);
    producer.begin();
    send(&producer, &situation.topic, 10, 60);
    producer.commit();
    situation.commit(10);
    // The broker writes the marker after it has answered.
    let scrape = situation.until("the marker is there", |scrape| {
        scrape.seconds().is_some() && scrape.snapshot().partitions[0].stable == 11
    });
    scrape.expect(0.0, 0.0..=0.0);
    assert_eq!(scrape.status(), "ok");
    situation.judge_peers(1, &Truth::Lag(0, 0.0..=0.0));
}

#[test]
fn case_02_what_waits_grows_older_after_the_producer_stopped() {
    let Some(mut situation) = Situation::new() else { return };
    let wrote = situation.write(150, 179);
    situation.commit(100);
    situation.known().expect(50.0, 179.0..=179.0 + SLACK);
    // Scraped as Prometheus does, between looks and after them.
    let seconds: u64 = std::env::var("TIMESALE_LAG_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let mut samples = Vec::new();
    for _ in 0..seconds {
        let look = situation.look();
        std::thread::sleep(Duration::from_millis(700));
        let before = seconds_since(wrote);
        let scrape = Scrape::of(look.view, &situation.group, &situation.topic);
        samples.push((before, scrape.seconds().unwrap(), seconds_since(wrote)));
        std::thread::sleep(Duration::from_millis(250));
    }
    for (before, seen, after) in &samples {
        assert!((before - 0.1..=after + 0.1).contains(seen), "{seen} s instead of {before} to {after} s");
    }
    // A scrape that was held up tells when it happened only roughly, so the slope lies between two bounds.
    let (first, last) = (samples[0], samples[samples.len() - 1]);
    let (least, most) = ((last.1 - first.1) / (last.2 - first.0), (last.1 - first.1) / (last.0 - first.2));
    assert!(least <= 1.01 && most >= 0.99, "slope {least} to {most}");
    situation.judge_peers(2, &Truth::Lag(50, seconds_since(wrote)..=seconds_since(wrote) + 20.0));
}

#[test]
fn case_03_a_member_that_has_committed_nothing_has_no_lag() {
    let Some(mut situation) = Situation::new() else { return };
    situation.write(10, 5);
    let consumer = situation.consumer(Protocol::Classic);
    consumer.join(&situation.topic, 1);
    let scrape = situation
        .until("the group is stable", |scrape| scrape.of_topic("timesale_lag_partitions_unassigned") == Some(0.0));
    assert_eq!((scrape.records(), scrape.seconds()), (None, None));
    assert_eq!(scrape.of_topic("timesale_lag_partitions_without_commit"), Some(1.0));
    situation.judge_peers(3, &Truth::Nothing);
}

#[test]
fn case_04_what_was_deleted_unread_is_lost_and_not_waiting() {
    let Some(mut situation) = Situation::new() else { return };
    situation.write(60, 400);
    situation.write(40, 30);
    situation.commit(10);
    PlainAdmin::new(&situation.cluster).delete_records(&situation.topic, 0, 60);
    let scrape = situation.known();
    scrape.expect(40.0, 30.0..=30.0 + SLACK);
    assert_eq!(scrape.of_partition("timesale_lag_lost_records"), Some(50.0));
    situation.judge_peers(4, &Truth::Lag(40, 30.0..=30.0 + SLACK));
}

#[test]
fn case_05_a_position_beyond_the_end_is_no_lag() {
    let Some(mut situation) = Situation::new() else { return };
    situation.write(100, 30);
    situation.commit(500);
    let scrape = situation.known();
    scrape.expect(0.0, 0.0..=0.0);
    assert_eq!(scrape.status(), "rewound");
    situation.judge_peers(5, &Truth::Lag(0, 0.0..=0.0));
}

#[test]
fn case_06_a_topic_that_the_group_has_left_is_not_shown() {
    let Some(mut situation) = Situation::new() else { return };
    let now_read = format!("{}-new", situation.topic);
    create(&situation.cluster, &now_read, 1, &[]);
    situation.commit(0);
    situation.write(50, 90);
    situation.known().expect(50.0, 90.0..=90.0 + SLACK);
    let consumer = situation.consumer(Protocol::Classic);
    consumer.join(&now_read, 1);
    let scrape = situation.until("the old topic goes", |scrape| !scrape.shows_topic());
    assert_eq!(scrape.records(), None);
    situation.judge_peers(6, &Truth::Nothing);
}

#[test]
fn case_07_records_of_an_open_transaction_are_pending_and_no_lag() {
    let Some(mut situation) = Situation::new() else { return };
    situation.write(60, 30);
    situation.commit(60);
    let producer = PlainProducer::transactional(&situation.cluster, &situation.topic);
    producer.begin();
    send(&producer, &situation.topic, 40, 0);
    producer.flush();
    let opened = Instant::now();
    let scrape =
        situation.until("they are pending", |scrape| scrape.of_log("timesale_lag_pending_records") == Some(40.0));
    scrape.expect(0.0, 0.0..=0.0);
    std::thread::sleep(Duration::from_secs(2));
    let age = situation.look().of_log("timesale_lag_pending_age_seconds").unwrap();
    assert!((1.9..=opened.elapsed().as_secs_f64()).contains(&age), "{age}");
    situation.judge_peers(7, &Truth::Lag(0, 0.0..=0.0));
    producer.commit();
    situation.until("they are committed", |scrape| scrape.records() == Some(41.0));
    assert_eq!(situation.look().of_log("timesale_lag_pending_age_seconds"), Some(0.0));
}

#[test]
fn case_08_aborted_records_are_no_lag() {
    let Some(mut situation) = Situation::new() else { return };
    situation.write(60, 30);
    situation.commit(60);
    let producer = PlainProducer::transactional(&situation.cluster, &situation.topic);
    producer.begin();
    send(&producer, &situation.topic, 40, 0);
    producer.abort();
    let scrape = situation.until("the marker is there", |scrape| {
        scrape.snapshot().partitions.iter().any(|partition| partition.stable == 101) && scrape.seconds().is_some()
    });
    scrape.expect(0.0, 0.0..=0.0);
    situation.judge_peers(8, &Truth::Lag(0, 0.0..=0.0));
}

#[test]
fn case_09_compaction_makes_the_records_an_upper_bound_and_the_seconds_stay_exact() {
    let settings = [
        ("cleanup.policy", "compact"),
        ("min.cleanable.dirty.ratio", "0.001"),
        ("segment.ms", "100"),
        ("min.compaction.lag.ms", "0"),
        ("delete.retention.ms", "0"),
    ];
    let Some(mut situation) = Situation::with(1, &settings) else { return };
    situation.commit(0);
    let producer = PlainProducer::new(&situation.cluster);
    (0..1_000).for_each(|_| producer.send(&situation.topic, 0, "same", "value", now_ms() - 900_000));
    producer.flush();
    std::thread::sleep(Duration::from_millis(300));
    // What is never compacted: the newest segment.
    (0..11).for_each(|number| producer.send(&situation.topic, 0, &number.to_string(), "value", now_ms() - 45_000));
    producer.send(&situation.topic, 0, "same", "value", now_ms() - 45_000);
    producer.flush();
    let read =
        || TopicReader::open(&situation.cluster, &situation.topic).unwrap().collect::<Result<Vec<_>, _>>().unwrap();
    let deadline = Instant::now() + AT_MOST;
    while read().len() > 20 {
        assert!(Instant::now() < deadline, "the log is not compacted");
        std::thread::sleep(Duration::from_millis(500));
    }
    let survivors = read();
    let youngest = seconds_since(survivors[0].timestamp);
    let scrape = situation.known();
    scrape.expect(1_012.0, youngest..=seconds_since(survivors[0].timestamp) + CLOCK_STEP);
    assert_eq!(scrape.of_partition("timesale_lag_inflated"), Some(1.0));
    situation.judge_peers(9, &Truth::UpperBound(youngest..=youngest + 30.0));
}

#[test]
fn case_10_a_burst_after_silence_is_as_old_as_the_burst() {
    let Some(mut situation) = Situation::new() else { return };
    situation.write(10, 3_600);
    situation.commit(10);
    situation.known().expect(0.0, 0.0..=0.0);
    let began = Instant::now();
    situation.write(1_000, 0);
    let scrape = situation.until("the burst is seen", |scrape| scrape.records() == Some(1_000.0));
    scrape.expect(1_000.0, 0.0..=began.elapsed().as_secs_f64() + CLOCK_STEP);
    situation.judge_peers(10, &Truth::Lag(1_000, 0.0..=30.0));
}

#[test]
fn case_11_a_transaction_that_moves_the_position_delays_nothing() {
    let Some(mut situation) = Situation::new() else { return };
    situation.write(10, 20);
    situation.commit(4);
    situation.known().expect(6.0, 20.0..=20.0 + SLACK);
    let (producer, consumer) =
        (PlainProducer::transactional(&situation.cluster, &situation.topic), situation.consumer(Protocol::Classic));
    producer.begin();
    producer.send_position(&consumer, &situation.topic, 0, 9);
    for _ in 0..3 {
        let scrape = situation.look();
        assert!(scrape.view.is_up, "{:?}", scrape.view.error);
        scrape.expect(6.0, 20.0..=20.0 + SLACK);
        assert_eq!(scrape.view.errors, [0; 5], "no question waits until it times out");
    }
    situation.judge_peers(11, &Truth::Lag(6, 20.0..=20.0 + SLACK));
    producer.commit();
    situation.until("the position has moved", |scrape| scrape.records() == Some(1.0));
}

#[test]
fn case_12_a_group_of_the_new_protocol_is_shown() {
    let Some(mut situation) = Situation::new() else { return };
    situation.write(10, 15);
    let consumer = situation.consumer(Protocol::New);
    consumer.join(&situation.topic, 1);
    consumer.commit(&situation.topic, 0, 5);
    let scrape = situation.known();
    scrape.expect(5.0, 15.0..=15.0 + SLACK);
    let group = &scrape.snapshot().groups[0];
    assert!(
        matches!(group.state.word(), "unknown" | "stable"),
        "never dead while it has positions: {}",
        group.state.word()
    );
    situation.judge_peers(12, &Truth::Lag(5, 15.0..=15.0 + SLACK));
}

#[test]
fn case_13_steady_reading_five_seconds_behind() {
    let Some(mut situation) = Situation::new() else { return };
    let consumer = situation.consumer(Protocol::Classic);
    consumer.commit(&situation.topic, 0, 0);
    let producer = PlainProducer::new(&situation.cluster);
    // Twenty a second are written, each with the time at which it is due, and as many are read: those of five seconds ago.
    let (began, first) = (Instant::now(), now_ms() - 5_000);
    let due_at = |record: i64| first + record * 50;
    let mut written = 0;
    while began.elapsed() < Duration::from_secs(12) {
        while due_at(written) <= now_ms() {
            producer.send(&situation.topic, 0, "key", "value", due_at(written));
            written += 1;
        }
        producer.flush();
        consumer.commit(&situation.topic, 0, written - 100);
        situation.look();
        std::thread::sleep(Duration::from_millis(100));
    }
    let next = due_at(written - 100);
    let youngest = seconds_since(next);
    let scrape = situation.look();
    scrape.expect(100.0, youngest..=seconds_since(next) + CLOCK_STEP);
    let trend = scrape.of_topic("timesale_lag_trend_ratio").unwrap();
    assert!(trend.abs() < 0.3, "steady: {trend}");
    situation.judge_peers(13, &Truth::Lag(100, 5.0..=10.0));
}

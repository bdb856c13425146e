//! Parts of topics: by times, by the newest, by keys; and taps that end before their range does, or follow.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use console::tap::Reason;
use console::tap::words::{Amount, Format, Place, Range};
use streams::kafka::Groups;
use streams::kafka::testing::PlainAdmin;
use streams::partitioner::partition_for_key;

use super::fixture::{Kept, Situation, lines};

#[test]
fn times_are_half_open() {
    let Some(situation) = Situation::new(2) else { return };
    situation.write(2, 10);
    let (_, out) = situation
        .tap(|words| words.range = Range::Between(Place::Time(situation.base + 3), Place::Time(situation.base + 6)));
    let mut values = lines(&out);
    values.sort();
    assert_eq!(values, ["3", "3", "4", "4", "5", "5"]);
}

#[test]
fn the_newest_records_are_counted_not_offsets() {
    let Some(situation) = Situation::new(3) else { return };
    let producer = situation.transactional();
    for number in 0..30 {
        producer.begin();
        producer.send(&situation.topic, number % 3, "k", &number.to_string(), situation.base + i64::from(number));
        producer.commit();
    }
    let (ended, out) = situation.tap(|words| {
        words.range = Range::Last(7);
        words.by_time = true;
    });
    assert_eq!(lines(&out), ["23", "24", "25", "26", "27", "28", "29"]);
    assert!(ended.coverage.complete, "{}", ended.coverage);
}

#[test]
fn a_key_is_looked_for_in_its_partition_only() {
    let Some(situation) = Situation::new(4) else { return };
    let producer = situation.producer();
    for number in 0..200 {
        let key = format!("k{}", number % 20);
        producer.send(
            &situation.topic,
            partition_for_key(key.as_bytes(), 4),
            &key,
            &number.to_string(),
            situation.base,
        );
    }
    producer.flush();
    let (ended, out) = situation.tap(|words| words.keys = vec!["k7".to_owned()]);
    assert_eq!(lines(&out).len(), 10);
    assert_eq!(ended.coverage.partitions.len(), 1);
    assert!(ended.coverage.by_key && ended.coverage.complete);
    let (ended, out) = situation.tap(|words| words.keys = vec!["missing".to_owned()]);
    assert!(out.is_empty() && ended.coverage.complete && ended.coverage.counts.matched == 0);
    let (ended, out) = situation.tap(|words| {
        words.keys = vec!["k7".to_owned()];
        words.everywhere = true;
    });
    assert_eq!((lines(&out).len(), ended.coverage.partitions.len()), (10, 4));
}

#[test]
fn bounds_end_a_tap_and_say_so() {
    let Some(situation) = Situation::new(1) else { return };
    situation.write(1, 100);
    let (ended, out) = situation.tap(|words| words.bounds.limit = Some(7));
    assert_eq!(
        (lines(&out).len(), ended.coverage.reason, ended.coverage.partitions[0].to),
        (7, Some(Reason::Limit), 7)
    );
    for format in [Format::Values, Format::Ndjson] {
        let (ended, out) = situation.tap(|words| {
            words.format = format;
            words.bounds.max_scan = Some(Amount::Records(9));
        });
        assert_eq!((lines(&out).len(), ended.coverage.reason), (9, Some(Reason::MaxScan)), "{}", ended.coverage);
        assert!(!ended.coverage.complete);
    }
    let (ended, _) = situation.tap(|words| {
        words.follow = true;
        words.bounds.time = Some(Duration::from_millis(300));
    });
    assert_eq!(ended.coverage.reason, Some(Reason::For));
    let (ended, out) = situation.tap(|words| words.bounds.limit = Some(100));
    assert!(lines(&out).len() == 100 && ended.coverage.complete, "all of it and no more is all of it");
}

#[test]
fn who_follows_sees_what_is_written_later() {
    let Some(situation) = Situation::new(2) else { return };
    situation.write(2, 3);
    let (out, stop) = (Kept::default(), AtomicBool::new(false));
    let ended = std::thread::scope(|scope| {
        let following = scope.spawn(|| {
            let target = console::tap::Target::Stream(Box::new(out.clone()));
            let change = |words: &mut console::tap::words::Words| {
                words.follow = true;
                words.range = Range::Between(Place::End, Place::End);
            };
            situation.run(change, target, &stop, &|| Ok(()))
        });
        let deadline = Instant::now() + Duration::from_secs(60);
        while out.0.lock().unwrap().is_empty() {
            assert!(Instant::now() < deadline, "nothing is seen");
            situation.write(2, 1);
            std::thread::sleep(Duration::from_millis(200));
        }
        stop.store(true, Ordering::Relaxed);
        following.join().unwrap().unwrap()
    });
    assert_eq!(ended.coverage.reason, Some(Reason::Interrupted));
    assert!(lines(&out.0.lock().unwrap()).iter().all(|value| value == "0"), "what was there before is not shown");
}

#[test]
fn the_newest_record_of_each_key() {
    let Some(situation) = Situation::new(1) else { return };
    let producer = situation.producer();
    for (key, value) in [("a", "1"), ("b", "1"), ("a", "2"), ("c", "1"), ("b", "2")] {
        producer.send(&situation.topic, 0, key, value, situation.base);
    }
    producer.write(&situation.topic, 0, (Some(b"c"), None), &[], situation.base);
    producer.flush();
    let (_, out) = situation.tap(|words| {
        words.latest = true;
        words.format = Format::Csv;
        words.columns = Some("key,value".to_owned());
    });
    assert_eq!(lines(&out), ["key,value", "a,2", "b,2", "c,"]);
}

#[test]
fn what_retention_deletes_meanwhile_is_told() {
    let Some(situation) = Situation::new(1) else { return };
    situation.write(1, 50);
    // The range is fixed by the state of an export; then records before its end are deleted.
    let folder = tempfile::tempdir().unwrap();
    let (path, state) = (folder.path().join("out"), folder.path().join("state"));
    let target = || console::tap::Target::File { path: path.clone(), resume: Some((state.clone(), "all".to_owned())) };
    let stop = AtomicBool::new(true);
    let ended = situation.run(|_| {}, target(), &stop, &|| Ok(())).unwrap();
    assert_eq!(ended.coverage.reason, Some(Reason::Interrupted));
    PlainAdmin::new(&situation.cluster).delete_records(&situation.topic, 0, 40);
    let before = ended.coverage.partitions[0].to;
    let ended = situation.run(|_| {}, target(), &AtomicBool::new(false), &|| Ok(())).unwrap();
    if before < 40 {
        assert_eq!(ended.coverage.reason, Some(Reason::RetentionOvertook), "{}", ended.coverage);
        assert_eq!(ended.coverage.partitions[0].lost, 40 - before);
    } else {
        assert!(ended.coverage.complete, "it had read further than was deleted");
    }
}

#[test]
fn a_tap_leaves_no_group_behind() {
    let Some(situation) = Situation::new(2) else { return };
    situation.write(2, 100);
    let groups = || -> Vec<String> {
        let groups = Groups::new(&situation.cluster).unwrap().all(Duration::from_secs(10)).unwrap();
        groups.into_keys().filter(|name| name.contains("tap")).collect()
    };
    let before = groups();
    situation.tap(|words| words.format = Format::Ndjson);
    situation.tap(|words| words.by_time = true);
    assert_eq!(groups(), before);
}

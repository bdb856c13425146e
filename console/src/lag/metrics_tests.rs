//! Snapshots as metrics: names, ages at the scrape, bounds.

use std::sync::Arc;
use std::time::{Duration, Instant};

use prometheus::{Registry, TextEncoder};

use super::super::collector::{Latest, View};
use super::super::config::Config;
use super::super::fixture::{behind, snapshot};
use super::super::snapshot::{PartitionLag, Pending, Snapshot};
use super::super::{Status, families};
use super::LagMetrics;

fn scraped(view: View, config: &Config) -> String {
    let registry = Registry::new();
    LagMetrics::register(&registry, config, Latest::fixed(view)).unwrap();
    TextEncoder::new().encode_to_string(&registry.gather()).unwrap()
}

fn seen(snapshot: Snapshot) -> View {
    let (snapshot, taken) = (Some(Arc::new(snapshot)), Some(Instant::now()));
    View { snapshot, taken, is_up: true, last_success_ms: 70_000, ..View::default() }
}

/// The value of a series, by its name and labels.
fn value(text: &str, series: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[test]
fn a_snapshot_is_shown_under_the_names_that_are_known() {
    let text = scraped(seen(snapshot()), &Config::default());
    let table = [
        (r#"kafka_consumergroup_group_lag{cluster_name="timesale",group="a",partition="0",topic="facts"}"#, 5.0),
        (r#"kafka_consumergroup_group_offset{cluster_name="timesale",group="a",partition="0",topic="facts"}"#, 95.0),
        (r#"kafka_consumergroup_group_sum_lag{cluster_name="timesale",group="b"}"#, 2.0),
        (r#"kafka_partition_latest_offset{cluster_name="timesale",partition="0",topic="facts"}"#, 100.0),
        (r#"timesale_lag_group_status{group="b",status="stopped",topic="facts"}"#, 1.0),
        (r#"timesale_lag_group_status{group="b",status="ok",topic="facts"}"#, 0.0),
        (r#"timesale_lag_group_state{group="a",state="stable"}"#, 1.0),
        (r#"timesale_lag_slo_seconds{group="a",topic="facts"}"#, 2.0),
        (r#"timesale_lag_trend_ratio{group="a",topic="facts"}"#, -0.5),
        (r#"timesale_lag_committed_timestamp_seconds{group="a",partition="0",topic="facts"}"#, 60.0),
        (r#"timesale_lag_pending_records{partition="0",topic="facts"}"#, 3.0),
        ("timesale_lag_exporter_up", 1.0),
        (r#"timesale_lag_exporter_errors_total{kind="ends"}"#, 0.0),
    ];
    for (series, expected) in table {
        assert_eq!(value(&text, series), Some(expected), "{series} in {text}");
    }
    assert!(!text.contains("consumergroup="), "no second names unless asked for");
    let series = text.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(value(&text, "timesale_lag_exporter_series"), Some(f64::from(u32::try_from(series).unwrap())));
}

#[test]
fn what_waits_is_older_at_the_scrape_than_it_was_at_the_look() {
    let mut view = seen(snapshot());
    view.taken = Instant::now().checked_sub(Duration::from_secs(10));
    let text = scraped(view, &Config::default());
    let seconds = value(
        &text,
        r#"kafka_consumergroup_group_lag_seconds{cluster_name="timesale",group="a",partition="0",topic="facts"}"#,
    );
    assert!((13.4..20.0).contains(&seconds.unwrap()), "{seconds:?}");
    assert!(value(&text, r#"timesale_lag_pending_age_seconds{partition="0",topic="facts"}"#).unwrap() >= 17.0);
}

#[test]
fn without_a_snapshot_only_the_collector_is_shown() {
    let text = scraped(View::default(), &Config::default());
    assert_eq!(value(&text, "timesale_lag_exporter_up"), Some(0.0));
    assert_eq!(value(&text, "timesale_lag_exporter_last_success_timestamp_seconds"), Some(0.0));
    assert!(!text.contains("kafka_consumergroup"), "{text}");
}

#[test]
fn second_names_are_shown_when_asked_for() {
    let text = scraped(seen(snapshot()), &Config { aliases: true, ..Config::default() });
    assert_eq!(value(&text, r#"kafka_consumergroup_lag{consumergroup="a",partition="0",topic="facts"}"#), Some(5.0));
    assert_eq!(value(&text, r#"kafka_consumergroup_members{consumergroup="a"}"#), Some(1.0));
    assert_eq!(value(&text, r#"kafka_topic_partitions{topic="facts"}"#), Some(1.0));
    for family in families::ALL {
        assert!(text.contains(&format!("# HELP {} ", family.name)), "{}", family.name);
    }
}

/// What a snapshot looks like in which a group reads so many partitions, each with a transaction that is open, the later ones longer.
fn large(count: i32) -> Snapshot {
    let mut snapshot = snapshot();
    let mut group = behind("readers", "large", Status::Ok, 5, 3.4);
    let lag = group.topics[0].partitions[0].clone();
    group.topics[0].partitions = (0..count).map(|partition| PartitionLag { partition, ..lag.clone() }).collect();
    snapshot.groups.push(group);
    let pending = Pending { topic: "large".into(), ..snapshot.partitions[0].clone() };
    let of = |partition| Pending { partition, pending_seconds: f64::from(partition) + 1.0, ..pending.clone() };
    snapshot.partitions.extend((0..count).map(of));
    snapshot
}

#[test]
fn beyond_five_thousand_series_single_partitions_are_left_out() {
    let series = |count, aliases| {
        let text = scraped(seen(large(count)), &Config { aliases, ..Config::default() });
        let shows = text.contains(r#"kafka_consumergroup_group_lag{cluster_name="timesale",group="readers""#);
        (value(&text, "timesale_lag_exporter_series").unwrap(), shows)
    };
    assert!(series(440, false).1);
    assert!(!series(440, true).1, "second names count, too");
    for count in [1, 100, 330, 440, 460, 1_000, 10_000] {
        for aliases in [false, true] {
            let (series, _) = series(count, aliases);
            assert!(series <= 5_100.0, "{count} partitions have {series} series");
        }
    }
}

#[test]
fn of_ten_thousand_partitions_topics_are_shown_and_what_hangs_longest() {
    let text = scraped(seen(large(10_000)), &Config { aliases: true, ..Config::default() });
    let series = value(&text, "timesale_lag_exporter_series").unwrap();
    assert!(series < 500.0, "{series}");
    for (shown, expected) in [
        (
            r#"kafka_consumergroup_group_topic_sum_lag{cluster_name="timesale",group="readers",topic="large"}"#,
            Some(5.0),
        ),
        (r#"kafka_topic_partitions{topic="large"}"#, Some(10_000.0)),
        (r#"timesale_lag_pending_records{partition="9999",topic="large"}"#, Some(3.0)),
        (r#"timesale_lag_pending_records{partition="9900",topic="large"}"#, Some(3.0)),
        (r#"timesale_lag_pending_records{partition="9899",topic="large"}"#, None),
        (r#"timesale_lag_lost_records{group="readers",partition="1",topic="large"}"#, None),
    ] {
        assert_eq!(value(&text, shown), expected, "{shown}");
    }
}

#[test]
fn it_is_said_once_when_partitions_are_left_out_and_once_when_they_are_back() {
    let registered = |latest| {
        let config = Config::default();
        LagMetrics {
            latest,
            cluster: config.cluster_name,
            has_aliases: false,
            descriptions: vec![],
            are_left_out: Arc::default(),
        }
    };
    let metrics = registered(Latest::fixed(View::default()));
    let left_out = || metrics.are_left_out.load(std::sync::atomic::Ordering::Relaxed);
    for (count, has_room) in [(1, true), (10_000, false), (10_000, false), (1, true)] {
        assert_eq!(metrics.has_room_for_partitions(&large(count)), has_room);
        assert_eq!(left_out(), !has_room);
    }
}

#[test]
fn hostile_names_stay_within_their_quotes() {
    let mut snapshot = snapshot();
    snapshot.groups.push(behind("a\"} 1\n# \\", "facts", Status::Ok, 1, 1.0));
    let text = scraped(seen(snapshot), &Config::default());
    assert!(text.contains(r#"group="a\"} 1\n# \\""#), "{text}");
}

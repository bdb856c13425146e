//! Snapshots as metrics: names, ages at the scrape, bounds.

use std::sync::Arc;
use std::time::{Duration, Instant};

use prometheus::{Registry, TextEncoder};

use super::super::collector::{Latest, View};
use super::super::config::Config;
use super::super::fixture::{behind, snapshot};
use super::super::snapshot::Snapshot;
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

#[test]
fn beyond_five_thousand_series_single_partitions_are_left_out() {
    let many = |count: i32| {
        let mut snapshot = snapshot();
        let mut group = behind("crowd", "facts", Status::Ok, 5, 3.4);
        let lag = group.topics[0].partitions[0].clone();
        group.topics[0].partitions =
            (0..count).map(|partition| super::PartitionLag { partition, ..lag.clone() }).collect();
        snapshot.groups.push(group);
        scraped(seen(snapshot), &Config::default())
    };
    assert!(many(600).contains("kafka_consumergroup_group_lag{"));
    let text = many(2_000);
    assert!(!text.contains("kafka_consumergroup_group_lag{"));
    assert!(text.contains("kafka_consumergroup_group_topic_sum_lag{"));
    assert!(text.contains("timesale_lag_pending_records{"), "what hangs is shown all the same");
    assert!(value(&text, "timesale_lag_exporter_series").unwrap() < 200.0);
}

#[test]
fn hostile_names_stay_within_their_quotes() {
    let mut snapshot = snapshot();
    snapshot.groups.push(behind("a\"} 1\n# \\", "facts", Status::Ok, 1, 1.0));
    let text = scraped(seen(snapshot), &Config::default());
    assert!(text.contains(r#"group="a\"} 1\n# \\""#), "{text}");
}

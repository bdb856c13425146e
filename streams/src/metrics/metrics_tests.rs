//! What is shown, and from when on.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it is wrong")]

use prometheus::Registry;
use prometheus::proto::Metric;

use super::{Metrics, OTHER, TaskView, UncommittedSince};
use crate::clock::now_ms;
use crate::task::State;

fn label(metric: &Metric, name: &str) -> String {
    metric.get_label().iter().find(|label| label.name() == name).unwrap().value().to_owned()
}

fn series(registry: &Registry, name: &str) -> Vec<Metric> {
    let family = registry.gather().into_iter().find(|family| family.name() == name);
    family.unwrap_or_else(|| unreachable!("{name} is not shown")).get_metric().to_vec()
}

#[test]
fn every_series_with_known_labels_is_there_before_anything_happens() {
    let registry = Registry::new();
    let metrics = Metrics::new(&registry).unwrap().with_dead_letter_reasons(&["not readable: 7 bytes"]);
    let _thread = metrics.thread("orders", 0);
    let values =
        |name: &str, by: &str| series(&registry, name).iter().map(|metric| label(metric, by)).collect::<Vec<_>>();
    let outcomes = ["aborted", "committed", "failed", "fenced", "unknown"];
    assert_eq!(values("streams_transactions_total", "outcome"), outcomes);
    assert_eq!(values("streams_rebalances_total", "event"), ["assigned", "displaced", "lost", "rejoined", "revoked"]);
    assert_eq!(values("streams_dead_letters_total", "reason"), ["it would write", "not readable", OTHER, "set aside"]);
    assert_eq!(values("streams_tasks", "state"), ["parked", "restoring", "running", "suspended"]);
    assert_eq!(values("streams_last_poll_timestamp_seconds", "thread"), ["0"]);
}

#[test]
fn a_reason_is_cut_before_what_varies() {
    let metrics = Metrics::unregistered().unwrap();
    for (text, words) in [
        ("the key is not the message's, spring-1", "the key is not the message's"),
        ("not readable: at line 3", "not readable"),
        ("it would write 12 bytes", "it would write"),
    ] {
        assert_eq!(metrics.reason(text), words);
    }
    for number in 0..100_u8 {
        metrics.reason(&"x".repeat(usize::from(number)));
    }
    assert_eq!(metrics.reason("one too many"), OTHER);
    assert_eq!(metrics.reason("not readable: again"), "not readable");
}

#[test]
fn the_lag_of_a_task_rises_until_its_records_are_committed() {
    let registry = Registry::new();
    let metrics = Metrics::new(&registry).unwrap();
    let thread = metrics.thread("orders", 0);
    let since = UncommittedSince::default();
    thread.show_tasks(vec![TaskView { partition: 2, state: State::Running, uncommitted_since: since.clone() }]);
    let lag = || series(&registry, "streams_task_lag_seconds")[0].get_gauge().get_value();
    assert_eq!(lag(), 0.0);
    since.read(1_000);
    since.read(now_ms());
    let of_1970 = lag();
    assert!(of_1970 > 1e9, "of the oldest record: {of_1970}");
    since.committed(Some(now_ms() - 30_000));
    assert!(lag() >= 30.0 && lag() < of_1970, "of the next record: {}", lag());
    since.committed(None);
    assert_eq!(lag(), 0.0);
}

#[test]
fn tasks_are_counted_over_all_threads_and_go_with_their_thread() {
    let registry = Registry::new();
    let metrics = Metrics::new(&registry).unwrap();
    let view = |partition, state| TaskView { partition, state, uncommitted_since: UncommittedSince::default() };
    let (one, other) = (metrics.thread("orders", 0), metrics.thread("orders", 1));
    one.show_tasks(vec![view(0, State::Running), view(1, State::Restoring)]);
    other.show_tasks(vec![view(2, State::Running), view(1, State::Suspended)]);
    let counts = || {
        let by_state = series(&registry, "streams_tasks");
        by_state.iter().map(|metric| metric.get_gauge().get_value()).collect::<Vec<_>>()
    };
    assert_eq!(counts(), [0.0, 1.0, 2.0, 1.0], "parked, restoring, running, suspended");
    let shown: Vec<String> =
        series(&registry, "streams_task_lag_seconds").iter().map(|metric| label(metric, "partition")).collect();
    assert_eq!(shown, ["0", "1", "2"], "a suspended task has no lag");
    drop(other);
    assert_eq!(counts(), [0.0, 1.0, 1.0, 0.0]);
}

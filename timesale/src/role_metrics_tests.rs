//! What a role shows of itself.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use std::collections::BTreeMap;

use prometheus::Registry;
use streams::service::{Condition, Health};

use super::register;

/// Of a family each series' value, by its labels' values joined by a comma.
fn series(registry: &Registry, name: &str) -> BTreeMap<String, f64> {
    let families = registry.gather();
    let family = families.iter().find(|family| family.name() == name);
    let metrics = family.unwrap_or_else(|| unreachable!("{name} is not shown")).get_metric();
    let labels = |metric: &prometheus::proto::Metric| {
        metric.get_label().iter().map(|label| label.value().to_owned()).collect::<Vec<_>>().join(",")
    };
    let value = |metric: &prometheus::proto::Metric| metric.get_gauge().get_value() + metric.get_counter().get_value();
    metrics.iter().map(|metric| (labels(metric), value(metric))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_is_in_one_condition_and_follows_its_health() {
    let (registry, health) = (Registry::new(), Health::default());
    register(&registry, &health).unwrap();
    health.set("replies", Condition::Starting("reading".into()));
    let is = |condition: &str| series(&registry, "timesale_part_condition")[&format!("{condition},replies")];
    assert_eq!(["starting", "ready", "degraded", "failed"].map(is), [1.0, 0.0, 0.0, 0.0]);
    health.set("replies", Condition::Degraded("no broker".into()));
    assert_eq!(["starting", "ready", "degraded", "failed"].map(is), [0.0, 0.0, 1.0, 0.0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_build_the_process_and_the_runtime_are_shown() {
    let registry = Registry::new();
    register(&registry, &Health::default()).unwrap();
    assert_eq!(series(&registry, "timesale_build_info").into_values().collect::<Vec<_>>(), [1.0]);
    assert_eq!(series(&registry, "timesale_runtime_workers")[""], 2.0);
    let busy = || series(&registry, "timesale_runtime_busy_seconds_total")[""];
    let before = busy();
    assert!(busy() >= before);
    #[cfg(target_os = "linux")]
    assert!(series(&registry, "process_resident_memory_bytes")[""] > 0.0);
}

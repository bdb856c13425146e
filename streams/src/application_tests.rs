//! Threads on a simulated cluster in real time: readiness, failure, shutdown.

#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use std::time::{Duration, Instant};

use prometheus::Registry;

use super::{Application, ApplicationConfig};
use crate::broker::BrokerError;
use crate::metrics::Metrics;
use crate::record::Outgoing;
use crate::service::{Condition, Health, shutdown};
use crate::simulated::{Clock, Cluster, Isolation, SimulatedBroker, Slot, Timestamps};
use crate::thread::fixture::topology;

fn cluster() -> Cluster {
    let cluster = Cluster::new(1, Clock::System);
    for (topic, count) in [("in", 4), ("changelog", 4), ("out", 1), ("dead", 1), ("control", 1)] {
        cluster.create_topic(topic, count, Timestamps::LogAppendTime);
    }
    cluster
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_mins(1), "never {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn threads_share_the_partitions_report_their_condition_and_end_on_shutdown() {
    let cluster = cluster();
    let registry = Registry::new();
    let metrics = Metrics::new(&registry).unwrap();
    let (health, (handle, shutdown)) = (Health::default(), shutdown());
    let config = ApplicationConfig { threads: 2, ..ApplicationConfig::default() };
    let connect = {
        let cluster = cluster.clone();
        move |slot: u32| {
            let slot = Slot::new("counter", &slot.to_string(), "in");
            cluster.connect(slot).map_err(|refusal| BrokerError::Unavailable(refusal.to_string()))
        }
    };
    let application = Application::start(topology(), connect, config, &metrics, &health, &shutdown).unwrap();
    until("ready", || health.is_ready());
    for partition in 0..4 {
        let outgoing = Outgoing {
            topic: "in".into(),
            partition: Some(partition),
            key: Some("k".into()),
            value: Some("x".into()),
            headers: Vec::new(),
        };
        cluster.produce(outgoing).unwrap();
    }
    until("decided", || cluster.records("out", 0, Isolation::ReadCommitted).unwrap().len() == 4);
    handle.request();
    application.join(Duration::from_secs(10)).unwrap();
    let names: Vec<String> = registry.gather().iter().map(|family| family.name().to_owned()).collect();
    for name in ["streams_records_processed_total", "streams_transactions_total", "streams_last_poll_timestamp_seconds"]
    {
        assert!(names.iter().any(|found| found == name), "{name} in {names:?}");
    }
}

#[test]
fn a_thread_that_has_ended_fails_the_watchdog() {
    let metrics = Metrics::new(&Registry::new()).unwrap();
    let (health, (handle, shutdown)) = (Health::default(), shutdown());
    let connect =
        |_: u32| -> Result<SimulatedBroker, BrokerError> { Err(BrokerError::Fatal("no such cluster".into())) };
    let application =
        Application::start(topology(), connect, ApplicationConfig::default(), &metrics, &health, &shutdown).unwrap();
    until("failed", || matches!(health.parts().get("counter-watchdog"), Some(Condition::Failed(_))));
    assert!(!health.is_live());
    assert_eq!(health.parts().get("counter-0"), Some(&Condition::Failed("no such cluster".into())));
    drop(handle);
    application.join(Duration::from_secs(10)).unwrap();
}

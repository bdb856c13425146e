//! A broker that is gone, and one that is paused.

use std::time::{Duration, Instant};

use streams::kafka::testing::OwnBroker;

use super::fixture::*;

/// A broker of one's own, where tests have services at all.
fn own_broker() -> Option<OwnBroker> {
    OwnBroker::for_test("TIMESALE", concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/services"), "lag-outages")
}

#[test]
fn case_14_without_a_broker_nothing_old_is_shown() {
    let Some(broker) = own_broker() else { return };
    let mut situation = Situation::on(broker.cluster(), 1, &[]);
    situation.write(10, 20);
    situation.commit(4);
    situation.known().expect(6.0, 20.0..=110.0);
    broker.kill();
    let scrape = situation.look();
    assert_eq!(scrape.value("timesale_lag_exporter_up"), Some(0.0), "at once");
    let (mut looks, mut last) = (1, scrape);
    while last.records().is_some() {
        last = situation.look();
        looks += 1;
    }
    assert!(looks <= 3, "the series went after {looks} looks that failed");
    assert!(last.value("timesale_lag_exporter_last_success_timestamp_seconds").unwrap() > 0.0);
    situation.judge_peers(14, &Truth::Nothing);
    broker.restart();
    let scrape = situation.until("it is seen again", |scrape| scrape.view.is_up && scrape.seconds().is_some());
    assert_eq!(scrape.records(), Some(6.0));
}

#[test]
fn a_broker_that_is_paused_is_unknown_and_comes_back() {
    let Some(broker) = own_broker() else { return };
    let mut situation = Situation::on(broker.cluster(), 1, &[]);
    situation.write(10, 20);
    situation.commit(4);
    situation.known();
    broker.signal("STOP");
    let paused = Instant::now();
    let mut scrape = situation.look();
    while paused.elapsed() < Duration::from_secs(20) {
        scrape = situation.look();
        assert!(!scrape.view.is_up);
    }
    assert_eq!(scrape.records(), None);
    broker.signal("CONT");
    let scrape = situation.until("it is seen again", |scrape| scrape.view.is_up && scrape.seconds().is_some());
    assert_eq!(scrape.records(), Some(6.0));
}

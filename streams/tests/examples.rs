//! The example `count` on a real broker, as its README runs it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at once")]

#[path = "../examples/count.rs"]
mod count;

use std::time::{Duration, Instant};

use logstreams::emitter::Emitter;
use logstreams::kafka::{EmitterConfig, KafkaEmitter, TopicReader};
use logstreams::record::Outgoing;
use logstreams::service::{Health, shutdown};
use logstreams::testing::service;
use logstreams::{RunConfig, RunError, run};

fn click(page: &str, visitor: u32) -> Outgoing {
    Outgoing {
        topic: "clicks".into(),
        partition: None,
        key: Some(page.to_owned().into()),
        value: Some(format!("visitor-{visitor}").into()),
        headers: Vec::new(),
    }
}

/// The totals of a page, in order.
fn totals(config: &RunConfig, page: &str) -> Vec<String> {
    let records = TopicReader::open(&config.cluster, "totals").unwrap().map(Result::unwrap);
    let of_page = records.filter(|record| record.key.as_deref() == Some(page.as_bytes()));
    of_page.map(|record| String::from_utf8(record.value.unwrap().to_vec()).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_counter_counts_on_a_real_broker() {
    let Some(bootstrap) = service("Kafka", "TIMESALE_TEST_KAFKA_BOOTSTRAP") else { return };
    let config = || RunConfig::new(&bootstrap);
    count::create_topics(&config().cluster).unwrap();
    // The topics stay between two runs of this test; the pages are new.
    let page = format!("page-{:012x}", fastrand::u64(..) & 0xffff_ffff_ffff);
    let emitter = KafkaEmitter::without_metrics(&config().cluster, EmitterConfig::default()).unwrap();
    for (round, expected) in [(0, 3), (1, 5)] {
        let (handle, signal) = shutdown();
        let health = Health::default();
        let running = RunConfig { shutdown: Some(signal), health: Some(health.clone()), ..config() };
        let runner = std::thread::spawn(move || run([count::counter().unwrap()], running));
        for visitor in 0..(3 - round) {
            emitter.emit(click(&page, visitor)).unwrap().await.unwrap();
        }
        let deadline = Instant::now() + Duration::from_mins(1);
        while totals(&config(), &page).len() < expected {
            assert!(Instant::now() < deadline && !runner.is_finished(), "{:?}", health.parts());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        handle.request();
        runner.join().unwrap().unwrap();
    }
    assert_eq!(totals(&config(), &page), ["1", "2", "3", "4", "5"], "the count goes on after a restart");
}

#[test]
fn a_run_without_its_input_names_it() {
    let Some(bootstrap) = service("Kafka", "TIMESALE_TEST_KAFKA_BOOTSTRAP") else { return };
    let nowhere = logstreams::Group::new("lost").records("no-such-input", |_, _| Ok(())).build().unwrap();
    match run([nowhere], RunConfig::new(&bootstrap)) {
        Err(RunError::Missing(topics)) => assert_eq!(topics, ["no-such-input"]),
        other => panic!("{other:?}"),
    }
}

//! The emitter: acknowledged, refused, full, unknown.

use super::*;
use crate::emitter::EmitError;
use crate::partitioner::partition_for_key;

#[tokio::test]
async fn a_record_is_written_to_its_keys_partition_and_read_back_unchanged() {
    let Some(cluster) = cluster() else { return };
    let inbox = topic(&cluster, "keyed", 4);
    let emitter = emitter(&cluster);
    for key in ["key-one", "key-two", "a", "", "한정"] {
        let record = Outgoing { partition: None, key: Some(Bytes::from(key)), ..outgoing(&inbox, 0, key) };
        let placed = emitter.emit(record).unwrap().await.unwrap();
        if !key.is_empty() {
            assert_eq!(placed.partition, partition_for_key(key.as_bytes(), 4), "{key}");
        }
    }
    assert_eq!(emitter.flush(Duration::from_secs(1)).await, 0);
    assert!(emitter.pressure() < f64::EPSILON);
    let found: Vec<Record> = TopicReader::open(&cluster, &inbox).unwrap().map(Result::unwrap).collect();
    assert_eq!(found.len(), 5);
    for record in &found {
        assert_eq!(record.key, record.value);
        assert_eq!(record.header("about"), Some(b"a test".as_slice()));
        assert!(record.timestamp > 1_700_000_000_000);
    }
}

#[tokio::test]
async fn a_burst_larger_than_the_topic_takes_at_once_goes_in_several_batches() {
    let Some(cluster) = cluster() else { return };
    let inbox = topic_with(&cluster, "burst", 1, &[("max.message.bytes", "262144")]);
    let config = EmitterConfig { linger_ms: 200.0, ..EmitterConfig::default() };
    let emitter = KafkaEmitter::without_metrics(&cluster, config).unwrap();
    let sent: Vec<_> = (0..4_000).map(|_| emitter.emit(outgoing(&inbox, 0, &"x".repeat(500))).unwrap()).collect();
    for delivery in sent {
        delivery.await.unwrap();
    }
}

#[tokio::test]
async fn a_record_that_can_never_be_written_is_refused() {
    let Some(cluster) = cluster() else { return };
    let inbox = topic(&cluster, "refused", 1);
    let emitter = emitter(&cluster);
    let outcome = async |outgoing| match emitter.emit(outgoing) {
        Ok(delivery) => delivery.await,
        Err(error) => Err(error),
    };
    for wrong in [outgoing(&inbox, 0, &"x".repeat(2_000_000)), outgoing(&inbox, 9, "no such partition")] {
        let failure = outcome(wrong).await.unwrap_err();
        assert!(matches!(failure, EmitError::Refused(_)), "{failure:?}");
    }
    outcome(outgoing(&inbox, 0, "right")).await.unwrap();
    assert_eq!(committed_values(&cluster, &inbox), ["right"]);
}

#[tokio::test]
async fn without_a_broker_the_queue_fills_at_once_and_what_is_in_it_becomes_unknown() {
    let Some(_) = cluster() else { return };
    // A port without a listener.
    let no_cluster = ClusterConfig { bootstrap: "127.0.0.1:1".to_owned(), client: BTreeMap::new() };
    let config = EmitterConfig { queue_records: 100, delivery_timeout_ms: 1_000, ..EmitterConfig::default() };
    let emitter = KafkaEmitter::without_metrics(&no_cluster, config).unwrap();
    let waiting: Vec<_> = (0..100).map(|_| emitter.emit(outgoing("inbox", 0, "x")).unwrap()).collect();
    let refused_after = (0..20).map(|_| {
        let since = Instant::now();
        assert_eq!(emitter.emit(outgoing("inbox", 0, "x")).unwrap_err(), EmitError::Full);
        since.elapsed()
    });
    // It does not wait for room. A busy machine does not slow all of them.
    assert!(refused_after.min().unwrap() < Duration::from_millis(50));
    assert!(emitter.pressure() > 0.99);
    assert_eq!(emitter.flush(Duration::from_millis(50)).await, 100);
    for delivery in waiting {
        assert!(matches!(delivery.await.unwrap_err(), EmitError::Unknown(_)));
    }
    assert_eq!(emitter.flush(Duration::from_secs(1)).await, 0);
}

#[tokio::test]
async fn the_queue_is_bounded_in_bytes_too() {
    let Some(_) = cluster() else { return };
    let no_cluster = ClusterConfig { bootstrap: "127.0.0.1:1".to_owned(), client: BTreeMap::new() };
    let config = EmitterConfig { queue_kbytes: 10, delivery_timeout_ms: 500, ..EmitterConfig::default() };
    let emitter = KafkaEmitter::without_metrics(&no_cluster, config).unwrap();
    let taken = (0..20).filter(|_| emitter.emit(outgoing("inbox", 0, &"x".repeat(1_000))).is_ok()).count();
    assert_eq!(taken, 10);
}

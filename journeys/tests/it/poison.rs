//! Garbage in every public topic in the middle of a sale: it ends up where somebody can look at it, and nothing else notices.

use std::time::Duration;

use events::topics;
use streams::emitter::Emitter;
use streams::kafka::{ClusterConfig, EmitterConfig, KafkaEmitter};
use streams::record::Outgoing;

use crate::fixture::{Fixture, judge};

/// A value and its headers.
type Garbage = (Option<&'static [u8]>, &'static [(&'static str, &'static [u8])]);

/// Values that are no messages, with headers that say they are, or say nothing.
fn garbage() -> Vec<Garbage> {
    const MARKED: &[(&str, &[u8])] = &[("event-type", b"claim"), ("schema-version", b"1")];
    vec![
        (None, MARKED),
        (Some(b""), MARKED),
        (Some(b"\xff\xfe\x00garbage"), MARKED),
        (Some(b"{\"claim\":{}}"), MARKED),
        (Some(b"{\"claim\":{\"request\":\"req_00000000000000000000000000000000\""), MARKED),
        (Some(b"{\"no_such_command\":{}}"), MARKED),
        (Some(b"{}"), &[]),
        (Some(b"{}"), &[("schema-version", b"minus one")]),
        (Some(b"null"), &[("event-type", b"\xff"), ("schema-version", b"1")]),
        (Some(&[b'['; 4096]), MARKED),
    ]
}

#[tokio::test]
async fn garbage_in_a_topic_is_set_aside_and_the_sale_goes_on() {
    let Some(fixture) = Fixture::enter() else { return };
    let sale = fixture.begin_sale(&["--shoppers", "3000", "--stock", "800", "--rate", "600", "--orders", "0"]);
    tokio::time::sleep(Duration::from_secs(3)).await;

    let cluster = ClusterConfig { bootstrap: fixture.kafka.clone(), ..ClusterConfig::default() };
    let emitter = KafkaEmitter::without_metrics(&cluster, EmitterConfig::default()).expect("an emitter");
    let public = [topics::COUPONS_INBOX.name(), topics::COUPONS_EVENTS.name(), topics::INGRESS_REPLIES.name()];
    for topic in public {
        for partition in 0..4 {
            for (value, headers) in garbage() {
                let delivery = emitter.emit(Outgoing {
                    topic: topic.into(),
                    partition: Some(partition),
                    key: Some(b"nobody".as_slice().into()),
                    value: value.map(Into::into),
                    headers: headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
                });
                delivery.expect("room in the queue").await.expect("a durable record");
            }
        }
    }

    let output = tokio::task::spawn_blocking(|| sale.wait_with_output()).await.expect("joined").expect("its output");
    let result = judge(&output);
    assert_eq!(result["granted"], 800, "{result}");
    let injected = u64::try_from(4 * garbage().len()).expect("few");
    assert!(result["dead_letters"].as_u64() >= Some(injected), "{injected} injected into the inbox: {result}");
}

//! From records to counts: what is read, what is not, and how far it has come.

use events::codec::encode;
use events::envelope::Envelope;
use events::samples;
use events::time::Timestamp;
use events::topics::{COUPONS_EVENTS, DEAD_LETTERS};
use prometheus::{Registry, TextEncoder};
use streams::feed::{Batch, Follower};
use streams::record::Record;

use super::super::metrics::FactsMetrics;
use super::{Facts, Since, Start, TOPICS, TopicFollower};

fn follower(facts: &Facts, topic: &'static str) -> TopicFollower {
    let positions = [(0, None), (1, None)].into();
    TopicFollower { topic, facts: facts.clone(), positions, since: Since::Before }
}

fn records(topic: &'static str) -> Vec<Record> {
    let record = |(offset, event): (i64, events::coupons::CouponEvent)| {
        let (value, envelope) = encode(&event, &Envelope::default()).unwrap();
        Record {
            topic: topic.into(),
            partition: 0,
            offset,
            timestamp: 0,
            key: None,
            value: Some(value.into()),
            headers: envelope.to_headers(),
        }
    };
    (0..).zip(samples::coupons::events()).map(record).collect()
}

fn batch(records: &[Record]) -> Batch<'_> {
    Batch { partition: 0, from: 0, records, next: i64::try_from(records.len()).unwrap() }
}

fn scraped(facts: &Facts) -> String {
    let registry = Registry::new();
    FactsMetrics::register(&registry, facts.clone()).unwrap();
    TextEncoder::new().encode_to_string(&registry.gather()).unwrap()
}

#[tokio::test]
async fn a_feed_that_is_opened_again_begins_where_it_was() {
    let facts = Facts::default();
    facts.known().warming.insert(COUPONS_EVENTS.name());
    let mut follower = follower(&facts, COUPONS_EVENTS.name());
    assert_eq!(follower.start(&[].into()).await, [(0, Start::Beginning), (1, Start::Beginning)]);
    let records = records(COUPONS_EVENTS.name());
    follower.apply(batch(&records));
    assert!(!facts.sale(Timestamp::from_millis(0)).is_warm);
    follower.caught_up();
    let sale = facts.sale(Timestamp::from_millis(0));
    assert_eq!((sale.is_warm, sale.facts), (true, 0));
    let next = i64::try_from(records.len()).unwrap();
    assert_eq!(follower.start(&[].into()).await, [(0, Start::Offset(next)), (1, Start::Beginning)]);
    assert_eq!(follower.start(&[0].into()).await[0], (0, Start::Beginning), "its place is no longer in the log");
}

#[test]
fn what_cannot_be_read_is_counted_apart() {
    let facts = Facts::default();
    let mut follower = follower(&facts, COUPONS_EVENTS.name());
    follower.caught_up();
    let mut records = records(COUPONS_EVENTS.name());
    let readable = u64::try_from(records.len()).unwrap();
    records.push(Record { value: Some("{".into()), ..records[0].clone() });
    follower.apply(batch(&records));
    let sale = facts.sale(Timestamp::from_millis(0));
    assert_eq!((sale.facts, sale.unreadable), (readable, 1));
    let text = scraped(&facts);
    for (topic, unreadable) in [("coupons.events", 1), ("orders.events", 0)] {
        let line = format!("timesale_facts_unreadable_total{{topic=\"{topic}\"}} {unreadable}");
        assert!(text.contains(&line), "{line} in {text}");
    }
}

#[test]
fn everything_is_shown_from_the_start() {
    let facts = Facts::default();
    let text = scraped(&facts);
    for line in [
        "timesale_claims_decided_total{outcome=\"granted\"} 0",
        "timesale_claims_decided_total{outcome=\"SOLD_OUT\"} 0",
        "timesale_orders_open{state=\"awaiting_payment\"} 0",
        "timesale_invariant_violations{invariant=\"coupons_balanced\"} 0",
        "timesale_facts_read_timestamp_seconds{topic=\"orders.events\"} 0",
        "timesale_paid_won_total 0",
        "timesale_orders_ended_total{reason=\"\",state=\"expired\"} 0",
        "timesale_orders_ended_total{reason=\"INSUFFICIENT_STOCK\",state=\"rejected\"} 0",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    for (topic, kinds) in TOPICS {
        for kind in kinds {
            let line = format!("timesale_facts_total{{topic=\"{topic}\",type=\"{kind}\"}} 0");
            assert!(text.contains(&line), "{line} in {text}");
        }
    }
    let mut letters = follower(&facts, DEAD_LETTERS.name());
    let letter = Record {
        headers: vec![("dead-letter.topic".into(), "coupons.inbox".into())],
        ..records(DEAD_LETTERS.name())[0].clone()
    };
    letters.apply(batch(&[letter]));
    let text = scraped(&facts);
    assert!(text.contains("timesale_dead_letters_unhandled{reason=\"\",topic=\"coupons.inbox\"} 1"), "{text}");
}

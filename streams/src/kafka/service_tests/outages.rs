//! The broker dies with `kill -9` and comes back: every client recovers by itself, and every outcome is looked up.

use super::*;
use crate::feed::{FeedEvent, Start};
use crate::kafka::testing::OwnBroker;
use crate::kafka::{Feed, FeedConfig, open_transactions};

/// A broker of one's own, where tests have services at all.
fn own_broker() -> Option<OwnBroker> {
    OwnBroker::for_test("TIMESALE", concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/services"), "outages")
}

#[test]
fn a_broker_that_dies_in_a_transaction_leaves_an_outcome_that_can_be_looked_up() {
    let Some(mine) = own_broker() else { return };
    let cluster = mine.cluster();
    let (source, group) = (topic(&cluster, "killed", 1), unique("group"));
    write(&cluster, &source, 0, &["a", "b", "c"]);
    let mut broker = broker(&cluster, &group, "0", &source);
    init(&mut broker);
    own(&mut broker, &[0]);
    let mut sequence = 0;
    let mut committed_rounds = 0;
    for round in 0..3 {
        sequence += 1;
        broker.begin().unwrap();
        broker.send_offsets(&[(0, position(round + 1, &sequence.to_string()))]).unwrap();
        broker.send(outgoing(&source, 0, &format!("round {round}"))).unwrap();
        broker.drain().unwrap();
        if round == 1 {
            mine.kill();
        }
        let outcome = broker.commit();
        if round == 1 {
            mine.restart();
        }
        let committed = match outcome {
            Ok(()) => true,
            Err(BrokerError::Unknown(_) | BrokerError::Abort(_) | BrokerError::Fenced(_)) => {
                init(&mut broker);
                let found = until("the outcome", || broker.committed(&[0]).ok());
                found[0].as_ref().is_some_and(|position| position.metadata == sequence.to_string())
            }
            Err(other) => panic!("{other:?}"),
        };
        committed_rounds += usize::from(committed);
        if round == 1 {
            // After a crash the coordinator may fence the only member as a duplicate: the loop joins again.
            broker.rejoin().unwrap();
            own(&mut broker, &[0]);
        }
    }
    let seen = committed_values(&cluster, &source).iter().filter(|value| value.starts_with("round")).count();
    assert_eq!(seen, committed_rounds, "the outcomes that were looked up agree with the log");
    assert!(committed_rounds >= 2);
    assert_eq!(open_transactions(&cluster, &[&source]).unwrap(), [], "the transaction that was cut off has ended");
}

#[test]
fn a_member_that_an_outage_has_cut_off_joins_once_the_coordinator_answers() {
    let Some(mine) = own_broker() else { return };
    let cluster = mine.cluster();
    let (source, group) = (topic(&cluster, "cutoff", 2), unique("group"));
    let mut broker = broker(&cluster, &group, "0", &source);
    own(&mut broker, &[0, 1]);
    mine.kill();
    let lost = until("the membership's end", || match broker.poll(10, Duration::from_millis(100)).unwrap() {
        Polled::Lost(partitions) => Some(partitions),
        _ => None,
    });
    assert_eq!(lost, [0, 1]);
    broker.unassign(&lost).unwrap();
    assert_eq!(broker.joining(), None);
    assert_eq!(broker.poll(10, Duration::from_millis(100)).unwrap(), Polled::Records(Vec::new()));
    assert!(broker.joining().is_some(), "it waits for the coordinator");
    mine.restart();
    own(&mut broker, &[0, 1]);
    assert_eq!(broker.joining(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_and_an_emitter_outlive_the_broker() {
    let Some(mine) = tokio::task::block_in_place(own_broker) else { return };
    let cluster = mine.cluster();
    let events = topic(&cluster, "outlive", 1);
    let emitter = emitter(&cluster);
    let mut feed = Feed::of_partitions(&cluster, &events, &[(0, Start::Beginning)], FeedConfig::default()).unwrap();
    let mut grouped = Feed::of_group(&cluster, &unique("group"), "0", &events, FeedConfig::default()).unwrap();
    emitter.emit(outgoing(&events, 0, "before")).unwrap().await.unwrap();
    tokio::task::block_in_place(|| {
        mine.kill();
        mine.restart();
    });
    let deadline = Instant::now() + Duration::from_mins(1);
    while emitter.emit(outgoing(&events, 0, "after")).unwrap().await.is_err() {
        assert!(Instant::now() < deadline, "nothing is acknowledged after the restart");
    }
    let mut found = Vec::new();
    while !found.contains(&"after".to_owned()) {
        let event = tokio::time::timeout(Duration::from_mins(1), feed.next()).await.expect("in time");
        if let Some(Ok(FeedEvent::Batch { records, .. })) = event {
            found.extend(values(&records));
        }
    }
    assert_eq!(found[0], "before");
    let mut found = Vec::new();
    while !found.contains(&"after".to_owned()) {
        let event = tokio::time::timeout(Duration::from_mins(1), grouped.next()).await.expect("in time");
        match event.expect("the feed goes on").expect("no error") {
            FeedEvent::Assigned(partitions) => {
                partitions.iter().for_each(|partition| grouped.begin(*partition, Start::Beginning));
            }
            FeedEvent::Batch { records, .. } => found.extend(values(&records)),
            FeedEvent::Revoked(_) => found.clear(),
            FeedEvent::CaughtUp(_) => {}
        }
    }
    assert_eq!(found[0], "before");
}

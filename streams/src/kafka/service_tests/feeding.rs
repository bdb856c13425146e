//! Feeds: begin at the given position, pass markers, report caught up, deliver nothing after a revocation.

use super::*;
use crate::feed::{FeedEvent, Start};
use crate::kafka::testing::{Api, FrameProxy};
use crate::kafka::{Feed, FeedConfig, FeedError};

async fn next(feed: &mut Feed) -> FeedEvent {
    tokio::time::timeout(Duration::from_mins(1), feed.next())
        .await
        .expect("in time")
        .expect("an event")
        .expect("no error")
}

/// What a feed hands out until it has caught up with these partitions: values and positions.
async fn caught_up(feed: &mut Feed, mut behind: Vec<i32>) -> (Vec<String>, BTreeMap<i32, i64>) {
    let (mut found, mut positions) = (Vec::new(), BTreeMap::new());
    while !behind.is_empty() {
        match next(feed).await {
            FeedEvent::Batch { partition, from, records, next } => {
                assert_eq!(positions.insert(partition, next).unwrap_or(from), from, "no gap between batches");
                found.extend(values(&records));
            }
            FeedEvent::CaughtUp(partition) => behind.retain(|other| *other != partition),
            other => panic!("{other:?}"),
        }
    }
    (found, positions)
}

/// Commits one record and aborts another behind it.
fn commit_one_abort_one(cluster: &ClusterConfig, topic: &str, value: &str) {
    let mut broker = broker(cluster, &unique("group"), "0", topic);
    init(&mut broker);
    broker.begin().unwrap();
    broker.send(outgoing(topic, 0, value)).unwrap();
    broker.commit().unwrap();
    broker.begin().unwrap();
    broker.send(outgoing(topic, 0, "aborted")).unwrap();
    broker.drain().unwrap();
    broker.abort().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn given_partitions_are_read_from_the_given_start_to_their_end() {
    let Some(cluster) = cluster() else { return };
    let events = topic(&cluster, "feed", 4);
    write(&cluster, &events, 0, &["a", "b"]);
    write(&cluster, &events, 1, &["c", "d", "e"]);
    write(&cluster, &events, 2, &["f"]);
    commit_one_abort_one(&cluster, &events, "g");
    let starts = [(0, Start::Beginning), (1, Start::Offset(1)), (2, Start::End), (3, Start::Beginning)];
    let mut feed = Feed::of_partitions(&cluster, &events, &starts, FeedConfig::default()).unwrap();
    let (mut found, positions) = caught_up(&mut feed, vec![0, 1, 2, 3]).await;
    found.sort();
    assert_eq!(found, ["a", "b", "d", "e", "g"]);
    assert_eq!(positions, BTreeMap::from([(0, 6), (1, 3)]), "the position is behind markers and aborted records");
    write(&cluster, &events, 2, &["h"]);
    let FeedEvent::Batch { partition: 2, from: 1, records, next: 2 } = next(&mut feed).await else {
        panic!("no batch")
    };
    assert_eq!(values(&records), ["h"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_feed_moves_past_offsets_without_records() {
    let Some(cluster) = cluster() else { return };
    let events = topic(&cluster, "settle", 1);
    let mut feed = Feed::of_partitions(&cluster, &events, &[(0, Start::Beginning)], FeedConfig::default()).unwrap();
    assert_eq!(next(&mut feed).await, FeedEvent::CaughtUp(0));
    commit_one_abort_one(&cluster, &events, "a");
    let FeedEvent::Batch { from: 0, records, next: 1, .. } = next(&mut feed).await else { panic!("no batch") };
    assert_eq!(values(&records), ["a"]);
    let empty = FeedEvent::Batch { partition: 0, from: 1, records: vec![], next: 4 };
    assert_eq!(next(&mut feed).await, empty);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_gets_everything_once_and_in_order() {
    let Some(cluster) = cluster() else { return };
    let events = topic(&cluster, "slow", 1);
    let written: Vec<String> = (0..3_000).map(|n| n.to_string()).collect();
    write(&cluster, &events, 0, &written.iter().map(String::as_str).collect::<Vec<_>>());
    let config = FeedConfig { batch_records: 100, queued_batches: 2, ..FeedConfig::default() };
    let mut feed = Feed::of_partitions(&cluster, &events, &[(0, Start::Beginning)], config).unwrap();
    // Longer than the feed waits before it stops fetching.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (found, _) = caught_up(&mut feed, vec![0]).await;
    assert_eq!(found, written);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_lets_the_broker_gather_gets_everything_in_fewer_fetches() {
    let Some(cluster) = cluster() else { return };
    let proxy = FrameProxy::start(&cluster, 0).unwrap();
    let events = topic(&cluster, "gathered", 1);
    let emitter = emitter(&cluster);
    for gather_ms in [0, 400] {
        let config = FeedConfig { gather_ms, ..FeedConfig::default() };
        let mut feed = Feed::of_partitions(proxy.cluster(), &events, &[(0, Start::End)], config).unwrap();
        assert_eq!(next(&mut feed).await, FeedEvent::CaughtUp(0));
        proxy.set(Vec::new());
        let (began, written) = (Instant::now(), (0..20).map(|n| n.to_string()).collect::<Vec<_>>());
        for value in &written {
            emitter.emit(outgoing(&events, 0, value)).unwrap().await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let mut found = Vec::new();
        while found.len() < written.len() {
            if let FeedEvent::Batch { records, .. } = next(&mut feed).await {
                found.extend(values(&records));
            }
        }
        assert_eq!(found, written);
        let fetches = u128::from(proxy.seen(Api::Fetch));
        // Some are under way when it begins and when it ends.
        let most = began.elapsed().as_millis() / 400 + 6;
        assert!(gather_ms == 0 || fetches <= most, "{fetches} fetches, {most} at most");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_moves_partitions_and_nothing_of_them_follows_their_revocation() {
    let Some(cluster) = cluster() else { return };
    let (events, group) = (topic(&cluster, "moving", 2), unique("group"));
    let mut first = Feed::of_group(&cluster, &group, "0", &events, FeedConfig::default()).unwrap();
    assert_eq!(next(&mut first).await, FeedEvent::Assigned(vec![0, 1]));
    write(&cluster, &events, 0, &["a"]);
    write(&cluster, &events, 1, &["b"]);
    first.begin(0, Start::Beginning);
    first.begin(1, Start::Offset(0));
    let (mut found, positions) = caught_up(&mut first, vec![0, 1]).await;
    while found.len() < 2 {
        let FeedEvent::Batch { records, .. } = next(&mut first).await else { panic!("no batch") };
        found.extend(values(&records));
    }
    assert!(positions.len() <= 2);
    first.commit(0, 1);
    first.commit(1, 1);
    let mut second = Feed::of_group(&cluster, &group, "1", &events, FeedConfig::default()).unwrap();
    let moved = loop {
        match next(&mut first).await {
            FeedEvent::Revoked(moved) => break moved,
            FeedEvent::Batch { records, .. } => assert_eq!(records, vec![]),
            other => panic!("{other:?}"),
        }
    };
    let FeedEvent::Assigned(given) = next(&mut second).await else { panic!("nothing assigned") };
    assert_eq!(moved, given);
    second.begin(given[0], Start::Offset(1));
    assert_eq!(next(&mut second).await, FeedEvent::CaughtUp(given[0]));
    write(&cluster, &events, given[0], &["c"]);
    let FeedEvent::Batch { records, .. } = next(&mut second).await else { panic!("no batch") };
    assert_eq!(values(&records), ["c"]);
    // What came for the lost partition is not for the first reader.
    write(&cluster, &events, 1 - given[0], &["d"]);
    let FeedEvent::Batch { partition, records, .. } = next(&mut first).await else { panic!("no batch") };
    assert_eq!((partition, values(&records)), (1 - given[0], vec!["d".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_outside_the_log_ends_the_feed_with_an_error() {
    let Some(cluster) = cluster() else { return };
    let events = topic(&cluster, "feed-outside", 1);
    write(&cluster, &events, 0, &["a"]);
    let mut feed = Feed::of_partitions(&cluster, &events, &[(0, Start::Offset(50))], FeedConfig::default()).unwrap();
    loop {
        match tokio::time::timeout(Duration::from_mins(1), feed.next()).await.expect("in time") {
            Some(Ok(FeedEvent::CaughtUp(0))) => {}
            Some(Err(FeedError::Fatal(_) | FeedError::OutsideLog { .. })) => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(feed.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_can_begin_at_the_position_committed_to_its_group() {
    let Some(cluster) = cluster() else { return };
    let events = topic(&cluster, "committed", 1);
    let group = unique("group");
    write(&cluster, &events, 0, &["a", "b", "c"]);
    for (expected, commit) in [(vec!["a", "b", "c"], Some(2)), (vec!["c"], None), (vec!["c"], Some(3)), (vec![], None)]
    {
        let mut feed = Feed::of_group(&cluster, &group, "0", &events, FeedConfig::default()).unwrap();
        let FeedEvent::Assigned(partitions) = next(&mut feed).await else { panic!("no assignment") };
        partitions.iter().for_each(|partition| feed.begin(*partition, Start::Committed));
        let (found, _) = caught_up(&mut feed, partitions).await;
        assert_eq!(found, expected);
        if let Some(offset) = commit {
            feed.commit(0, offset);
        }
        assert!(feed.end(Duration::from_secs(10)).await, "positions are committed before the end");
    }
}

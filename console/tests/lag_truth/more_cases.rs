//! What happens to clusters beside the fourteen cases.

use std::time::Duration;

use streams::kafka::Admin;
use streams::kafka::testing::{PlainAdmin, PlainConsumer, PlainProducer, Protocol};

use super::fixture::*;

#[test]
fn partitions_that_are_added_are_seen() {
    let Some(mut situation) = Situation::new() else { return };
    situation.write(10, 5);
    situation.commit(10);
    situation.known();
    Admin::new(&situation.cluster).unwrap().add_partitions(&situation.topic, 3).unwrap();
    let scrape = situation.until("two more without a position", |scrape| {
        scrape.of_topic("timesale_lag_partitions_without_commit") == Some(2.0)
    });
    assert_eq!(scrape.records(), Some(0.0));
}

#[test]
fn a_topic_that_is_deleted_goes_and_one_made_anew_begins_at_its_beginning() {
    let Some(mut situation) = Situation::new() else { return };
    situation.write(100, 5);
    situation.commit(90);
    situation.known();
    PlainAdmin::new(&situation.cluster).delete_topic(&situation.topic);
    situation.until("the topic goes", |scrape| scrape.view.snapshot.is_some() && scrape.records().is_none());
    std::thread::sleep(Duration::from_secs(1));
    create(&situation.cluster, &situation.topic, 1, &[]);
    situation.write(3, 0);
    // The broker forgets the positions of a topic that is deleted; a broker that does not would show one beyond the end.
    let scrape = situation.until("the topic is back", |scrape| {
        scrape.view.snapshot.is_some()
            && (scrape.of_topic("timesale_lag_partitions_without_commit") == Some(1.0)
                || scrape.status() == "rewound"
                || !scrape.shows_topic())
    });
    assert!(scrape.records().is_none_or(|records| records == 0.0));
    situation.commit(1);
    situation.until("the new one is read", |scrape| scrape.records() == Some(2.0));
}

#[test]
fn a_group_that_is_deleted_goes() {
    let Some(mut situation) = Situation::new() else { return };
    situation.write(10, 5);
    situation.commit(5);
    situation.known();
    PlainAdmin::new(&situation.cluster).delete_group(&situation.group);
    let scrape =
        situation.until("the group goes", |scrape| scrape.view.snapshot.is_some() && scrape.records().is_none());
    assert!(scrape.view.is_up);
}

#[test]
fn a_rebalance_hides_no_lag() {
    let Some(mut situation) = Situation::with(2, &[]) else { return };
    situation.write(10, 5);
    situation.commit(4);
    let first = situation.consumer(Protocol::Classic);
    first.join(&situation.topic, 2);
    situation.known();
    let (cluster, group, topic) = (situation.cluster.clone(), situation.group.clone(), situation.topic.clone());
    let joining = std::thread::spawn(move || {
        let second = PlainConsumer::new(&cluster, &group, Protocol::Classic);
        second.join(&topic, 1);
        second
    });
    for _ in 0..50 {
        first.read(Duration::from_millis(50));
        let scrape = situation.look();
        assert_eq!(scrape.records(), Some(6.0), "{}", scrape.text);
        if joining.is_finished() {
            break;
        }
    }
    while !joining.is_finished() {
        first.read(Duration::from_millis(50));
    }
    let _second = joining.join().unwrap();
    let scrape = situation.until("both are members", |scrape| {
        scrape.text.contains(r#"timesale_lag_group_members{group="lag-"#)
            && scrape.snapshot().groups[0].members == Some(2)
            && scrape.of_topic("timesale_lag_partitions_unassigned") == Some(0.0)
    });
    let owners: Vec<_> = scrape.snapshot().groups[0].topics[0].partitions.iter().map(|lag| lag.owner.clone()).collect();
    assert!(owners[0].as_ref().is_some_and(|owner| owner.client == "plain"), "{owners:?}");
}

#[test]
fn two_groups_at_two_places_of_one_partition_are_both_exact() {
    let Some(situation) = Situation::new() else { return };
    let producer = PlainProducer::new(&situation.cluster);
    send(&producer, &situation.topic, 10, 300);
    send(&producer, &situation.topic, 10, 100);
    producer.flush();
    let groups = [(format!("{}-1", situation.group), 0), (format!("{}-2", situation.group), 10)];
    for (group, position) in &groups {
        PlainConsumer::new(&situation.cluster, group, Protocol::Classic).commit(&situation.topic, 0, *position);
    }
    let pattern = format!("{}-.", situation.group);
    let mut situation = situation.looking_at(&pattern, &groups[0].0);
    let scrape = situation.until("both are known", |scrape| {
        let known = scrape.view.snapshot.iter().flat_map(|snapshot| &snapshot.groups).flat_map(|group| &group.topics);
        known.filter(|topic| topic.seconds.is_some()).count() == 2
    });
    scrape.expect(20.0, 300.0..=390.0);
    Scrape::of(scrape.view, &groups[1].0, &situation.topic).expect(10.0, 100.0..=190.0);
}

#[test]
fn a_group_with_a_hostile_name_is_shown_as_it_is() {
    let Some(situation) = Situation::new() else { return };
    situation.write(10, 5);
    let hostile = "lag-\"} 1\n# \\ ☕ .*";
    PlainConsumer::new(&situation.cluster, hostile, Protocol::Classic).commit(&situation.topic, 0, 3);
    let mut situation = situation.looking_at(&regex_lite::escape(hostile), hostile);
    let scrape = situation.until("the group is seen", |scrape| {
        scrape.view.snapshot.as_ref().is_some_and(|snapshot| {
            snapshot.groups.iter().any(|group| *group.group == *hostile && !group.topics.is_empty())
        })
    });
    assert!(scrape.text.contains(r#"group="lag-\"} 1\n# \\ ☕ .*""#), "{}", scrape.text);
    PlainAdmin::new(&situation.cluster).delete_group(hostile);
}

//! Topics: settings are made one by one and the others stay; what differs is named.

use super::*;
use crate::kafka::{AdminError, check_topics};

#[test]
fn setting_one_thing_leaves_the_others_alone() {
    let Some(cluster) = cluster() else { return };
    let name = topic(&cluster, "settings", 2);
    let admin = Admin::new(&cluster).unwrap();
    let set = |key: &str, value: &str| admin.set_config(&name, &BTreeMap::from([(key.to_owned(), value.to_owned())]));
    set("retention.ms", "3600000").unwrap();
    set("max.message.bytes", "262144").unwrap();
    set("retention.ms", "7200000").unwrap();
    let found = &admin.describe(&[&name, "no such topic"]).unwrap()[&name];
    assert_eq!((found.partitions, found.replication), (2, 1));
    let expected =
        [("max.message.bytes", "262144"), ("message.timestamp.type", "LogAppendTime"), ("retention.ms", "7200000")];
    let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(found.set_on_topic, BTreeMap::from(expected));
    assert_eq!(found.config["cleanup.policy"], "delete");
    set("max.message.bytes", "not a number").unwrap_err();
    let kept = &admin.describe(&[&name]).unwrap()[&name];
    assert_eq!(kept.config["max.message.bytes"], "262144", "a refused setting changes nothing");
    assert!(admin.broker_count().unwrap() >= 1);
}

#[test]
fn a_topic_is_created_once_grows_and_never_shrinks() {
    let Some(cluster) = cluster() else { return };
    let name = topic(&cluster, "growth", 2);
    let admin = Admin::new(&cluster).unwrap();
    let again = TopicToCreate { name: name.clone(), partitions: 2, replication: 1, config: BTreeMap::new() };
    assert!(matches!(admin.create(&again).unwrap_err(), AdminError::Refused { .. }));
    assert!(matches!(admin.add_partitions(&name, 1).unwrap_err(), AdminError::Refused { .. }));
    admin.add_partitions(&name, 3).unwrap();
    until("three partitions", || check_topics(&cluster, &[(&name, 3)]).ok());
    let missing = unique("missing");
    let AdminError::Mismatch(differences) = check_topics(&cluster, &[(&name, 4), (&missing, 1)]).unwrap_err() else {
        panic!("no differences");
    };
    assert_eq!(differences.len(), 2);
    assert!(differences[0].contains("has 3 partitions") && differences[1].contains("is missing"), "{differences:?}");
}

//! What a plan says about every difference between a manifest and a cluster.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::collections::BTreeMap;

use events::manifest::Manifest;
use streams::kafka::TopicDescription;

use super::{Change, Note, Plan, Refusal};

fn manifest(key: &str) -> Manifest {
    Manifest::parse(&format!(
        "topics:
  shop.inbox:
    description: d
    owner: o
    key: {key}
    partitions: 4
    replication: 3
    value: v
    producers: []
    consumers: []
    config: {{ cleanup.policy: delete, retention.ms: '1000', message.timestamp.type: LogAppendTime }}
"
    ))
    .unwrap()
}

/// The topic as the manifest wants it on one broker, with settings of its own that the manifest does not name.
fn as_wanted() -> TopicDescription {
    let config = [
        ("cleanup.policy", "delete"),
        ("retention.ms", "1000"),
        ("message.timestamp.type", "LogAppendTime"),
        ("segment.bytes", "99"),
    ];
    let config: BTreeMap<String, String> =
        config.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    TopicDescription { name: "shop.inbox".into(), partitions: 4, replication: 1, set_on_topic: config.clone(), config }
}

fn plan(key: &str, found: Option<TopicDescription>, brokers: usize) -> Plan {
    let found = found.into_iter().map(|topic| (topic.name.clone(), topic)).collect();
    Plan::of(&manifest(key), &found, brokers)
}

#[test]
fn a_cluster_as_wanted_needs_nothing_and_settings_not_named_are_left_alone() {
    let plan = plan("campaign id", Some(as_wanted()), 1);
    assert!(plan.is_empty() && plan.notes.is_empty(), "{plan}");
    assert_eq!(plan.to_string(), "nothing to change");
}

#[test]
fn a_missing_topic_is_created_with_as_many_replicas_as_there_are_brokers() {
    for (brokers, expected) in [(0, 1), (1, 1), (2, 2), (3, 3), (9, 3)] {
        let plan = plan("campaign id", None, brokers);
        assert!(
            matches!(&plan.changes[..], [Change::Create { replication, partitions: 4, config, .. }]
                if *replication == expected && config.len() == 3),
            "{brokers} brokers: {plan}"
        );
    }
}

#[test]
fn a_setting_that_differs_is_set_and_no_other() {
    let mut topic = as_wanted();
    topic.config.insert("retention.ms".into(), "5".into());
    topic.config.remove("message.timestamp.type");
    let set = |setting: &str, from: Option<&str>, to: &str| Change::Set {
        topic: "shop.inbox".into(),
        setting: setting.into(),
        from: from.map(Into::into),
        to: to.into(),
    };
    let expected = [set("message.timestamp.type", None, "LogAppendTime"), set("retention.ms", Some("5"), "1000")];
    assert_eq!(plan("campaign id", Some(topic), 1).changes, expected);
}

#[test]
fn partitions_are_never_taken_away_and_never_added_to_a_keyed_topic() {
    let with = |partitions| Some(TopicDescription { partitions, ..as_wanted() });
    let fewer = plan("campaign id", with(5), 1);
    assert!(matches!(fewer.refusals[..], [Refusal::FewerPartitions { has: 5, wanted: 4, .. }]), "{fewer}");
    let keyed = plan("campaign id", with(3), 1);
    assert!(matches!(keyed.refusals[..], [Refusal::WouldRekey { has: 3, wanted: 4, .. }]), "{keyed}");
    assert!(!keyed.is_empty() && keyed.changes.is_empty(), "a refusal alone is something to see to");
    let without_key = plan("none", with(3), 1);
    assert!(matches!(without_key.changes[..], [Change::AddPartitions { from: 3, to: 4, .. }]), "{without_key}");
    assert!(matches!(plan("none", with(5), 1).refusals[..], [Refusal::FewerPartitions { .. }]));
}

#[test]
fn replicas_are_noted_and_not_moved() {
    let plan = plan("campaign id", Some(as_wanted()), 3);
    assert!(plan.is_empty());
    assert!(matches!(plan.notes[..], [Note::Replication { has: 1, wanted: 3, .. }]), "{plan}");
}

#[test]
fn the_built_in_manifest_can_be_planned_against_an_empty_cluster() {
    let manifest = Manifest::embedded().unwrap();
    let plan = Plan::of(&manifest, &BTreeMap::new(), 1);
    assert_eq!(plan.changes.len(), manifest.on_cluster().len());
    assert!(plan.to_string().contains("+ coupons.inbox: create with partitions=4 replication=1"), "{plan}");
}

//! Shadow topics: which are refused, and what a cluster is to have of them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use super::*;

const TOPIC: &str = "topics:
  a.events:
    { description: A., owner: console, key: any, partitions: 3, replication: 2, value: Reply, pii: [/name], producers: [x],
      consumers: [], config: { cleanup.policy: delete, retention.ms: '5' } }
";

fn with(shadow: &str) -> Result<Manifest, String> {
    Manifest::parse(&format!("{TOPIC}shadow:\n  {shadow}\n")).map_err(|error| error.to_string())
}

#[test]
fn a_shadow_topic_that_would_be_no_copy_is_refused() {
    let config = "config: { cleanup.policy: delete, message.timestamp.type: CreateTime }";
    let table = [
        (format!("shadow.a: {{ description: B., of: a.events, {config} }}"), None),
        (format!("copy.a: {{ description: B., of: a.events, {config} }}"), Some("the name of a shadow topic")),
        (format!("shadow.: {{ description: B., of: a.events, {config} }}"), Some("the name of a shadow topic")),
        (format!("shadow.a: {{ description: B., of: b.events, {config} }}"), Some("which does not exist")),
        (
            "shadow.a: { description: B., of: a.events, config: { cleanup.policy: delete } }".to_owned(),
            Some("message.timestamp.type"),
        ),
        (
            "shadow.a: { description: B., of: a.events, config: { message.timestamp.type: CreateTime } }".to_owned(),
            Some("cleanup.policy"),
        ),
    ];
    for (text, refusal) in table {
        let error = with(&text).err();
        assert_eq!(error.is_some(), refusal.is_some(), "{text}: {error:?}");
        assert!(error.is_none_or(|error| error.contains(refusal.unwrap())), "{text}");
    }
    let topic = TOPIC.replace("a.events", "shadow.a");
    assert!(Manifest::parse(&topic).unwrap_err().to_string().contains("stands under shadow"));
}

#[test]
fn a_shadow_topic_is_cut_as_its_topic_is_and_has_its_personal_fields() {
    let config = "config: { cleanup.policy: delete, message.timestamp.type: CreateTime }";
    let manifest = with(&format!("shadow.a: {{ description: B., of: a.events, {config} }}")).unwrap();
    assert_eq!(manifest.declared("shadow.a").unwrap().pii, ["/name"]);
    assert!(manifest.declared("shadow.b").is_none());
    let wanted = manifest.on_cluster();
    assert_eq!(wanted.keys().collect::<Vec<_>>(), ["a.events", "shadow.a"]);
    let shadow = &wanted["shadow.a"];
    assert_eq!((shadow.partitions, shadow.replication, shadow.config.len()), (3, 2, 2));
    assert!(shadow.producers.is_empty() && shadow.config["message.timestamp.type"] == "CreateTime");
}

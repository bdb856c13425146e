//! What a topic must be like, or promises would not hold: checked before a role begins, pure. The rest of a topic's settings is `plan`'s.

use std::collections::BTreeMap;

use events::manifest::Manifest;
use streams::kafka::TopicDescription;

use super::plan::{MIN_IN_SYNC, least_in_sync, replication};

/// Settings that must be exactly as they are declared. A changelog of which records are deleted by age restores a store that lacks entries;
/// an inbox whose writers name the time lets any of them move log time.
const EXACT: [&str; 2] = ["cleanup.policy", "message.timestamp.type"];

/// One line for each thing that is not as it must be. `found` holds those of the manifest's topics that exist, by name.
#[must_use]
pub(super) fn unmet(manifest: &Manifest, found: &BTreeMap<String, TopicDescription>, brokers: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for (topic, spec) in &manifest.topics {
        let Some(description) = found.get(topic) else {
            lines.push(format!("topic {topic} is missing"));
            continue;
        };
        let setting = |name: &str| description.config.get(name).map_or("unknown", String::as_str);
        let (has, wanted) = (description.partitions, spec.partitions);
        if has != wanted {
            lines.push(format!("topic {topic} has {has} partitions and should have {wanted}"));
        }
        let exact = EXACT.iter().filter_map(|name| Some((name, spec.config.get(*name)?)));
        for (name, wanted) in exact.filter(|(name, wanted)| setting(name) != *wanted) {
            lines.push(format!("topic {topic} has {name}={} and must have {wanted}", setting(name)));
        }
        let (has, wanted) = (description.replication, replication(spec, brokers));
        if has < wanted {
            lines.push(format!("topic {topic} has {has} replicas and must have {wanted}"));
        }
        if let Some(wanted) = least_in_sync(spec, description.replication)
            && setting(MIN_IN_SYNC).parse::<i32>().is_ok_and(|has| has < wanted)
        {
            lines.push(format!("topic {topic} has {MIN_IN_SYNC}={} and must have {wanted}", setting(MIN_IN_SYNC)));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

    use super::*;

    fn manifest() -> Manifest {
        Manifest::parse(
            "topics:
  shop.inbox: { description: d, owner: o, key: sku, partitions: 4, replication: 3, value: v, producers: [], consumers: [],
    config: { cleanup.policy: delete, message.timestamp.type: LogAppendTime, min.insync.replicas: '2' } }
  shop.changelog: { description: d, owner: o, key: key, partitions: 4, replication: 3, value: v, producers: [], consumers: [],
    config: { cleanup.policy: compact, min.insync.replicas: '2' } }
",
        )
        .unwrap()
    }

    /// As the manifest wants it on three brokers.
    fn found() -> BTreeMap<String, TopicDescription> {
        let topic = |name: &str, policy: &str| {
            let config =
                [("cleanup.policy", policy), ("message.timestamp.type", "LogAppendTime"), ("min.insync.replicas", "2")];
            let config: BTreeMap<_, _> =
                config.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let name = name.to_owned();
            let description = TopicDescription {
                name: name.clone(),
                partitions: 4,
                replication: 3,
                set_on_topic: config.clone(),
                config,
            };
            (name, description)
        };
        BTreeMap::from([topic("shop.inbox", "delete"), topic("shop.changelog", "compact")])
    }

    fn lines(change: impl Fn(&mut BTreeMap<String, TopicDescription>), brokers: usize) -> String {
        let mut found = found();
        change(&mut found);
        unmet(&manifest(), &found, brokers).join("; ")
    }

    fn set(
        topic: &'static str,
        setting: &'static str,
        value: &'static str,
    ) -> impl Fn(&mut BTreeMap<String, TopicDescription>) {
        move |found| drop(found.get_mut(topic).unwrap().config.insert(setting.to_owned(), value.to_owned()))
    }

    #[test]
    fn each_thing_that_breaks_a_promise_is_named() {
        let nothing = |_: &mut _| ();
        assert_eq!(lines(nothing, 3), "");
        assert_eq!(lines(|found| drop(found.remove("shop.inbox")), 3), "topic shop.inbox is missing");
        let grown =
            |found: &mut BTreeMap<String, TopicDescription>| found.get_mut("shop.changelog").unwrap().partitions = 8;
        assert_eq!(lines(grown, 3), "topic shop.changelog has 8 partitions and should have 4");
        let deletes = "topic shop.changelog has cleanup.policy=compact,delete and must have compact";
        assert_eq!(lines(set("shop.changelog", "cleanup.policy", "compact,delete"), 3), deletes);
        let named = "topic shop.inbox has message.timestamp.type=CreateTime and must have LogAppendTime";
        assert_eq!(lines(set("shop.inbox", "message.timestamp.type", "CreateTime"), 3), named);
        let one = "topic shop.inbox has min.insync.replicas=1 and must have 2";
        assert_eq!(lines(set("shop.inbox", "min.insync.replicas", "1"), 3), one);
        assert_eq!(lines(set("shop.inbox", "retention.ms", "1"), 3), "", "what breaks no promise is the plan's");
    }

    #[test]
    fn fewer_brokers_need_fewer_replicas_and_one_that_is_down_stops_nobody() {
        assert_eq!(lines(|_| (), 2), "", "one of three is down");
        let single = |found: &mut BTreeMap<String, TopicDescription>| {
            for topic in found.values_mut() {
                topic.replication = 1;
                topic.config.insert("min.insync.replicas".to_owned(), "1".to_owned());
            }
        };
        assert_eq!(lines(single, 1), "");
        let wanted =
            "topic shop.changelog has 1 replicas and must have 3; topic shop.inbox has 1 replicas and must have 3";
        assert_eq!(lines(single, 3), wanted);
    }
}

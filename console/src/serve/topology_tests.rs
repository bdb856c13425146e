//! The picture of what is declared.

use super::*;

fn picture() -> Topology {
    let manifest = Manifest::embedded().unwrap();
    let application = Application {
        name: "coupons".into(),
        group: "timesale.coupons".into(),
        input: "coupons.inbox".into(),
        outputs: vec!["coupons.events".into(), "ingress.replies".into()],
    };
    let watched = |group: &str, topic: &str, role: &str| Watched {
        group: group.into(),
        topic: topic.into(),
        role: role.into(),
        slo_seconds: 2,
    };
    let watched = [
        watched("timesale.coupons", "coupons.inbox", "processors"),
        watched("timesale.sinks.postgres.coupons", "coupons.events", "sinks.postgres"),
        watched("timesale.sinks.redis.coupons", "coupons.events", "sinks.redis"),
    ];
    Topology::of(&manifest, &[application], &watched)
}

#[test]
fn what_is_declared_is_drawn() {
    let picture = picture();
    let edge = |from: &str, to: &str| picture.edges.iter().find(|edge| edge.from == from && edge.to == to);
    assert!(edge("ingress", "coupons.inbox").is_some());
    assert_eq!(edge("coupons.inbox", "processors.coupons").unwrap().group.as_deref(), Some("timesale.coupons"));
    assert!(edge("processors.coupons", "coupons.events").is_some());
    assert_eq!(edge("coupons.events", "sinks.redis").unwrap().group.as_deref(), Some("timesale.sinks.redis.coupons"));
    assert_eq!(edge("coupons.events", "ingress").unwrap().group, None, "ingress reads without a group");
    assert!(!picture.nodes.iter().any(|node| node.id.ends_with(".changelog")));
}

#[test]
fn every_edge_has_both_its_ends() {
    let picture = picture();
    for edge in &picture.edges {
        for end in [&edge.from, &edge.to] {
            assert_eq!(picture.nodes.iter().filter(|node| node.id == *end).count(), 1, "{end}");
        }
    }
}

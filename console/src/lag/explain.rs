//! Why a group is behind, with the evidence: sentences for whoever is on call.

use super::snapshot::{GroupLag, PartitionLag, Snapshot, State, Status, TopicLag};
use super::table::seconds;

/// Sentences about a group, topic by topic; none when there is no such group.
#[must_use]
pub fn explain(snapshot: &Snapshot, group: &str) -> Option<Vec<String>> {
    let group = snapshot.groups.iter().find(|found| found.group == group)?;
    let mut lines = vec![format!("{}: {}", group.group, members(group))];
    if group.topics.is_empty() {
        lines.push("  It has committed no position and reads no topic.".to_owned());
    }
    for topic in &group.topics {
        lines.push(format!("{} in {}: {}", group.group, topic.topic, topic.status.word()));
        lines.extend(about_topic(snapshot, group, topic).into_iter().map(|line| format!("  {line}")));
    }
    Some(lines)
}

fn members(group: &GroupLag) -> String {
    match (group.state, group.members) {
        (State::Dead, _) => "the cluster does not know it.".to_owned(),
        (State::Empty, _) | (_, Some(0)) => "it has no members: nobody reads.".to_owned(),
        (state, Some(1)) => format!("{}, 1 member.", state.word()),
        (state, Some(members)) => format!("{}, {members} members.", state.word()),
        (_, None) => "the coordinator does not tell its members (new group protocol).".to_owned(),
    }
}

fn about_topic(snapshot: &Snapshot, group: &GroupLag, topic: &TopicLag) -> Vec<String> {
    let mut lines = Vec::new();
    let waits = topic.seconds.map_or_else(
        || "how long they wait is not known yet".to_owned(),
        |behind| format!("the oldest for {}", seconds(behind)),
    );
    if topic.records > 0 {
        lines.push(format!("{} records wait, {waits}.", topic.records));
    } else if !topic.partitions.is_empty() {
        lines.push("Nothing waits.".to_owned());
    }
    if let (Some(allowed), Some(behind)) = (topic.slo_seconds, topic.seconds)
        && behind > f64::from(allowed)
    {
        lines.push(format!("topics.yaml allows {allowed} s."));
    }
    if let (Some(written), Some(read)) = (topic.written_per_second, topic.read_per_second) {
        lines.push(format!("Over the last minute {written:.1} records a second were written and {read:.1} read."));
    }
    match (topic.catch_up_seconds, topic.trend) {
        (Some(caught_up), _) => lines.push(format!("It catches up, and has done so in {}.", seconds(caught_up))),
        (None, Some(trend)) if topic.records > 0 && trend > 0.05 => {
            lines.push(format!("It falls behind by {trend:.1} s each second."));
        }
        _ => {}
    }
    match topic.moved_ms {
        Some(moved) => lines.push(format!("Its position last moved {} ago.", since(snapshot.at_ms, moved))),
        None if topic.records > 0 => lines.push("Its position has not moved since it is looked at.".to_owned()),
        None => {}
    }
    if topic.without_commit > 0 {
        lines.push(format!("{} partitions were never committed.", topic.without_commit));
    }
    if let Some(unassigned @ 1..) = topic.unassigned {
        lines.push(format!("{unassigned} partitions belong to no member."));
    }
    if topic.rewinds > 0 {
        lines.push(format!("A position went back {} times since it is looked at.", topic.rewinds));
    }
    for partition in &topic.partitions {
        lines.extend(about_partition(snapshot, topic, partition));
    }
    if let Some(advice) = advice(group, topic) {
        lines.push(advice.to_owned());
    }
    lines
}

fn about_partition(snapshot: &Snapshot, topic: &TopicLag, lag: &PartitionLag) -> Vec<String> {
    let mut lines = Vec::new();
    let number = lag.partition;
    if lag.status > Status::Ok {
        let owner = lag
            .owner
            .as_ref()
            .map_or_else(String::new, |owner| format!(", read by {} at {}", owner.client, owner.host));
        lines.push(format!("Partition {number} is {}, at {}{owner}.", lag.status.word(), lag.position));
    }
    if lag.lost > 0 {
        lines.push(format!("Partition {number}: {} records were deleted before they were read.", lag.lost));
    }
    if lag.retention_ratio > 0.5 {
        lines.push(format!(
            "Partition {number}: {:.0} % of what the topic keeps is used up.",
            lag.retention_ratio * 100.0
        ));
    }
    let ends = snapshot.partitions.iter().find(|ends| ends.topic == topic.topic && ends.partition == number);
    if let Some(ends) = ends.filter(|ends| ends.records() > 0) {
        let (records, stands) = (ends.records(), seconds(ends.pending_seconds));
        lines.push(format!(
            "Partition {number}: {records} records of open transactions; the stable end has stood for at least {stands}."
        ));
    }
    lines
}

/// What to read next.
fn advice(group: &GroupLag, topic: &TopicLag) -> Option<&'static str> {
    match topic.status {
        Status::Ok if topic.is_within_slo() == Some(false) => Some("See ops/runbooks/LagAboveSlo.md."),
        Status::Ok | Status::Unknown => None,
        Status::Slow => Some("See ops/runbooks/LagGrowing.md."),
        Status::Rewound => Some("See ops/runbooks/PositionRewound.md."),
        Status::Stalled => Some("See ops/runbooks/ConsumerStalled.md."),
        Status::Stopped if group.members == Some(0) => Some("See ops/runbooks/GroupWithoutMembers.md."),
        Status::Stopped => Some("See ops/runbooks/ConsumerStopped.md."),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a time for people")]
fn since(now_ms: i64, then_ms: i64) -> String {
    seconds((now_ms - then_ms).max(0) as f64 / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{behind, snapshot};
    use super::*;

    #[test]
    fn the_evidence_is_told_in_sentences() {
        let mut snapshot = snapshot();
        let text = explain(&snapshot, "b").unwrap().join("\n");
        for sentence in [
            "b: stable, 1 member.",
            "2 records wait, the oldest for 3 min.",
            "topics.yaml allows 2 s.",
            "10.0 records a second were written and 12.0 read.",
            "Its position last moved 10.0 s ago.",
            "Partition 0 is stopped, at 98, read by reader at 10.0.0.7.",
            "3 records of open transactions; the stable end has stood for at least 7.0 s.",
            "See ops/runbooks/ConsumerStopped.md.",
        ] {
            assert!(text.contains(sentence), "{sentence} in {text}");
        }
        snapshot.groups[1].members = Some(0);
        let text = explain(&snapshot, "b").unwrap().join("\n");
        assert!(text.contains("nobody reads") && text.contains("GroupWithoutMembers.md"), "{text}");
        assert_eq!(explain(&snapshot, "c"), None);
    }

    #[test]
    fn a_group_that_is_well_has_little_to_say() {
        let mut snapshot = snapshot();
        snapshot.partitions.clear();
        snapshot.groups = vec![behind("a", "facts", Status::Ok, 0, 0.0)];
        let text = explain(&snapshot, "a").unwrap().join("\n");
        assert!(text.contains("Nothing waits.") && !text.contains("See "), "{text}");
    }
}

//! Whether groups are within a limit: for scripts, deployments and tests that wait until everything has been read.

use std::collections::BTreeSet;

use super::snapshot::{Snapshot, TopicLag};
use super::table::seconds;

/// How far behind a group may be.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Limit {
    /// So many seconds, in every topic.
    Seconds(f64),
    /// As far as `topics.yaml` allows; a topic for which it says nothing is not judged.
    Slo,
}

/// What a snapshot says of a limit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Judgement {
    /// Every group is within it.
    Within,
    /// These are not: a sentence each.
    Behind(Vec<String>),
    /// It cannot be known, for these reasons.
    Unknown(Vec<String>),
}

impl Limit {
    /// Judges the groups of this name, or every group of the snapshot when none is named. A group that is not there is unknown.
    #[must_use]
    pub fn judge(self, snapshot: &Snapshot, names: &[String]) -> Judgement {
        let (mut behind, mut unknown) = (Vec::new(), Vec::new());
        let known: BTreeSet<&str> = snapshot.groups.iter().map(|group| group.group.as_str()).collect();
        for name in names.iter().filter(|name| !known.iter().any(|known| is_named(known, name))) {
            unknown.push(format!("{name}: no such group"));
        }
        let wanted = snapshot
            .groups
            .iter()
            .filter(|group| names.is_empty() || names.iter().any(|name| is_named(&group.group, name)));
        for (group, topic) in wanted.flat_map(|group| group.topics.iter().map(move |topic| (group, topic))) {
            let reader = format!("{} in {}", group.group, topic.topic);
            let unread = unread(snapshot, topic);
            match (self.most(topic), topic.seconds) {
                (None, _) => {}
                _ if unread > 0 => {
                    behind.push(format!("{reader}: {unread} partitions have records and were never read"))
                }
                (Some(most), Some(found)) if found > most => {
                    behind.push(format!("{reader}: {} behind, {} records", seconds(found), topic.records));
                }
                (Some(_), None) if !topic.partitions.is_empty() => {
                    unknown.push(format!("{reader}: the seconds are not known yet"))
                }
                (Some(_), _) => {}
            }
        }
        match (behind.is_empty(), unknown.is_empty()) {
            (false, _) => Judgement::Behind(behind),
            (true, false) => Judgement::Unknown(unknown),
            (true, true) => Judgement::Within,
        }
    }

    fn most(self, topic: &TopicLag) -> Option<f64> {
        match self {
            Self::Seconds(most) => Some(most),
            Self::Slo => topic.slo_seconds.map(f64::from),
        }
    }
}

/// Whether a group is meant by this word: its whole name, or what follows a dot in it.
#[must_use]
pub fn is_named(group: &str, word: &str) -> bool {
    group == word || group.strip_suffix(word).is_some_and(|front| front.ends_with('.'))
}

/// Partitions that have records and in which the group has never committed a position.
fn unread(snapshot: &Snapshot, topic: &TopicLag) -> usize {
    let is_read = |partition: i32| topic.partitions.iter().any(|lag| lag.partition == partition);
    let of_topic = snapshot.partitions.iter().filter(|ends| ends.topic == topic.topic && ends.stable > ends.first);
    of_topic.filter(|ends| !is_read(ends.partition)).count()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{behind, snapshot};
    use super::super::snapshot::{Pending, Status};
    use super::*;

    fn names(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn seconds_and_slo_are_limits() {
        // a is 3.4 s behind and b 200 s; both are allowed 2 s.
        let snapshot = snapshot();
        assert_eq!(Limit::Seconds(200.0).judge(&snapshot, &[]), Judgement::Within);
        assert_eq!(Limit::Seconds(5.0).judge(&snapshot, &names(&["a"])), Judgement::Within);
        let Judgement::Behind(sentences) = Limit::Seconds(5.0).judge(&snapshot, &[]) else { panic!("b is behind") };
        assert_eq!(sentences, ["b in facts: 3 min behind, 2 records"]);
        assert!(matches!(Limit::Slo.judge(&snapshot, &names(&["a"])), Judgement::Behind(_)));
    }

    #[test]
    fn what_is_not_known_is_not_within() {
        let mut snapshot = snapshot();
        assert!(matches!(Limit::Slo.judge(&snapshot, &names(&["nobody"])), Judgement::Unknown(_)));
        snapshot.groups[0].topics[0].seconds = None;
        assert!(matches!(Limit::Seconds(300.0).judge(&snapshot, &[]), Judgement::Unknown(_)));
        snapshot.groups[0].topics[0].slo_seconds = None;
        snapshot.groups.truncate(1);
        assert_eq!(Limit::Slo.judge(&snapshot, &[]), Judgement::Within, "nothing is promised");
    }

    #[test]
    fn what_was_never_read_is_behind_unless_it_is_empty() {
        let mut snapshot = snapshot();
        snapshot.groups = vec![behind("a", "facts", Status::Ok, 0, 0.0)];
        let other = Pending { partition: 1, first: 0, stable: 0, end: 0, pending_seconds: 0.0, topic: "facts".into() };
        snapshot.partitions.push(other.clone());
        assert_eq!(Limit::Seconds(0.0).judge(&snapshot, &[]), Judgement::Within);
        snapshot.partitions.push(Pending { partition: 2, stable: 4, end: 4, ..other });
        assert!(matches!(Limit::Seconds(0.0).judge(&snapshot, &[]), Judgement::Behind(_)));
    }

    #[test]
    fn a_group_is_named_in_full_or_by_its_end() {
        assert!(is_named("timesale.coupons", "timesale.coupons") && is_named("timesale.coupons", "coupons"));
        assert!(is_named("timesale.sinks.redis.coupons", "redis.coupons"));
        assert!(!is_named("timesale.coupons", "pons") && !is_named("timesale.coupons", "timesale"));
    }
}

//! What the control topic says, as one entry for each partition that is parked. Pure.

use std::collections::BTreeMap;

use serde::Serialize;
use streams::control::{Control, Kind};

/// A partition that is parked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Parked {
    /// The processor: its application id.
    pub application: String,
    /// The topic that it reads.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The next offset that it would process; none if it never committed one.
    pub position: Option<i64>,
    /// When the record at the position was appended, milliseconds since 1970; none unless that record is the reason.
    pub record_ms: Option<i64>,
    /// Why it is parked.
    pub reason: String,
    /// The instance of the processor that said so last.
    pub who: String,
    /// Since when, milliseconds since 1970.
    pub since_ms: i64,
    /// What an operator has said since, and nobody has done yet.
    pub word: Option<Word>,
}

/// An operator's word.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Word {
    /// What is to be done.
    pub kind: Kind,
    /// Who said so.
    pub who: String,
    /// Why.
    pub reason: String,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
}

/// The partitions that the control topic calls parked.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes(BTreeMap<(String, i32), Parked>);

impl Notes {
    /// Takes the next record of the control topic.
    pub(super) fn take(&mut self, control: Control) {
        let key = (control.application.clone(), control.partition);
        match control.kind {
            Kind::GoesOn => drop(self.0.remove(&key)),
            Kind::Parked => {
                // The same place after a restart is the same trouble.
                let is_same = |parked: &&Parked| {
                    (parked.position, parked.record_ms) == (control.position, control.record_ms)
                        && parked.topic == control.topic
                };
                let since_ms = self.0.get(&key).filter(is_same).map_or(control.at_ms, |parked| parked.since_ms);
                let Control { application, topic, partition, position, record_ms, reason, who, .. } = control;
                let parked =
                    Parked { application, topic, partition, position, record_ms, reason, who, since_ms, word: None };
                self.0.insert(key, parked);
            }
            Kind::Resume | Kind::SetAside => {
                let is_meant = |parked: &&mut Parked| {
                    control.kind == Kind::Resume
                        || (parked.position, parked.record_ms) == (control.position, control.record_ms)
                };
                if let Some(parked) = self.0.get_mut(&key).filter(is_meant) {
                    let Control { kind, who, reason, at_ms, .. } = control;
                    parked.word = Some(Word { kind, who, reason, at_ms });
                }
            }
        }
    }

    /// Topics that parked partitions belong to, with their applications.
    pub(super) fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.values().map(|parked| (parked.application.as_str(), parked.topic.as_str()))
    }

    /// The partitions that are parked still: those that have committed since are not. `committed` is the group's position in a partition of
    /// an application, 0 if there is none.
    pub(super) fn parked(self, committed: impl Fn(&str, i32) -> i64) -> Vec<Parked> {
        let is_still = |parked: &Parked| {
            let committed = committed(&parked.application, parked.partition);
            committed == 0 || parked.position == Some(committed)
        };
        self.0.into_values().filter(is_still).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control(kind: Kind, partition: i32, position: i64, at_ms: i64) -> Control {
        Control {
            kind,
            application: "prices".into(),
            topic: "clicks".into(),
            partition,
            position: Some(position),
            record_ms: Some(position * 10),
            reason: format!("at {at_ms}"),
            who: "somebody".into(),
            at_ms,
        }
    }

    /// What is parked after this was said, with the groups' positions.
    fn after(said: &[Control], committed: &[(i32, i64)]) -> Vec<Parked> {
        let mut notes = Notes::default();
        said.iter().for_each(|control| notes.take(control.clone()));
        notes.parked(|_, partition| committed.iter().find(|(found, _)| *found == partition).map_or(0, |found| found.1))
    }

    #[test]
    fn a_partition_is_parked_until_it_commits_or_its_owner_says_that_it_goes_on() {
        let both = [control(Kind::Parked, 0, 5, 1), control(Kind::Parked, 1, 7, 2)];
        let partitions = |parked: Vec<Parked>| parked.iter().map(|parked| parked.partition).collect::<Vec<_>>();
        assert_eq!(partitions(after(&both, &[(0, 5), (1, 7)])), [0, 1]);
        assert_eq!(partitions(after(&both, &[(0, 5), (1, 8)])), [0], "an upgrade has gone on with it");
        assert_eq!(partitions(after(&both, &[])), [0, 1], "nothing was ever committed");
        let goes_on = [&both[..], &[control(Kind::GoesOn, 1, 7, 3)]].concat();
        assert_eq!(partitions(after(&goes_on, &[(0, 5), (1, 7)])), [0]);
    }

    #[test]
    fn a_restart_changes_nothing_but_the_reason_and_another_record_begins_anew() {
        let again = [control(Kind::Parked, 0, 5, 1), control(Kind::Parked, 0, 5, 9)];
        let [parked] = &after(&again, &[(0, 5)])[..] else { unreachable!() };
        assert_eq!((parked.since_ms, parked.reason.as_str()), (1, "at 9"));
        let other = [control(Kind::Parked, 0, 5, 1), control(Kind::Parked, 0, 6, 9)];
        assert_eq!(after(&other, &[(0, 6)])[0].since_ms, 9);
    }

    #[test]
    fn a_word_counts_for_the_record_that_it_names_until_the_partition_is_parked_again() {
        let word = |said: &[Control]| after(said, &[(0, 5)]).remove(0).word.map(|word| word.kind);
        let parked = || control(Kind::Parked, 0, 5, 1);
        assert_eq!(word(&[parked(), control(Kind::SetAside, 0, 5, 2)]), Some(Kind::SetAside));
        assert_eq!(word(&[parked(), control(Kind::SetAside, 0, 4, 2)]), None);
        assert_eq!(word(&[parked(), control(Kind::SetAside, 1, 5, 2)]), None);
        assert_eq!(word(&[parked(), control(Kind::Resume, 0, 4, 2)]), Some(Kind::Resume));
        assert_eq!(word(&[parked(), control(Kind::Resume, 0, 5, 2), parked()]), None);
        assert!(after(&[control(Kind::Resume, 0, 5, 2)], &[]).is_empty());
    }
}

//! What is known of the first record at a position. Each position is read once; whatever stands costs nothing more.

use std::collections::{BTreeMap, BTreeSet};

use streams::kafka::{FirstRecord, Place};

use super::round::{Moment, Partition};

/// What was found at places that were read.
#[derive(Clone, Debug, Default)]
pub(super) struct Reads {
    found: BTreeMap<Place, Found>,
    /// Places that have been asked for, with the stable end that was known then.
    asked: BTreeMap<Place, i64>,
}

/// What a read found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Found {
    /// A record that was so old at that moment.
    Record { age_ms: i64, at_ms: i64 },
    /// No committed record before this offset.
    NothingBefore(i64),
    /// It cannot be read.
    Refused,
}

/// What is known of the records from a position to the stable end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Known {
    /// The first of them is so old, milliseconds.
    Age(i64),
    /// None of them can be read: markers and aborted records only.
    Nothing,
    /// Not known: here it must be read.
    Ask(i64),
    /// The log refuses to say.
    Refused,
}

impl Reads {
    /// What is known. `start` is the position, or the first offset that is left.
    pub(super) fn of(&self, partition: &Partition, start: i64, stable: i64, now: Moment) -> Known {
        let mut start = start;
        loop {
            if start >= stable {
                return Known::Nothing;
            }
            match self.found.get(&place(partition, start)) {
                // By the clock that only grows: a clock that is set back makes nobody younger.
                Some(Found::Record { age_ms, at_ms }) => return Known::Age((age_ms + now.elapsed_ms - at_ms).max(0)),
                Some(Found::NothingBefore(offset)) if *offset > start => start = *offset,
                Some(Found::Refused) => return Known::Refused,
                _ => return Known::Ask(start),
            }
        }
    }

    /// Notes that a place is asked for now, with the stable end that is known now.
    pub(super) fn ask(&mut self, place: &Place, stable: i64) {
        self.asked.entry(place.clone()).or_insert(stable);
    }

    /// Takes answers; how many records were dated in the future.
    pub(super) fn take(&mut self, answers: &BTreeMap<Place, FirstRecord>, now: Moment) -> u64 {
        let mut in_future = 0;
        for (place, answer) in answers {
            let Some(stable) = self.asked.remove(place) else {
                continue;
            };
            let found = match *answer {
                FirstRecord::Record { timestamp, .. } => {
                    in_future += u64::from(timestamp > now.wall_ms);
                    Found::Record { age_ms: (now.wall_ms - timestamp).max(0), at_ms: now.elapsed_ms }
                }
                FirstRecord::None => Found::NothingBefore(stable),
                FirstRecord::Refused => Found::Refused,
            };
            self.found.insert(place.clone(), found);
        }
        in_future
    }

    /// Forgets every place that nobody stands at any more: of each partition, what lies before these positions.
    pub(super) fn keep(&mut self, starts: &BTreeMap<Partition, BTreeSet<i64>>) {
        let is_needed = |place: &Place, found: &BTreeMap<Place, Found>| {
            let Some(starts) = starts.get(&(std::sync::Arc::clone(&place.topic), place.partition)) else {
                return false;
            };
            starts.iter().any(|start| reaches(found, place, *start))
        };
        let needed: BTreeSet<Place> =
            self.found.keys().filter(|place| is_needed(place, &self.found)).cloned().collect();
        self.found.retain(|place, _| needed.contains(place));
        self.asked.retain(|place, _| is_needed(place, &self.found));
    }

    /// How many places are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.found.len() + self.asked.len()
    }
}

/// Whether somebody who stands at `start` comes to this place, over stretches in which there is nothing.
fn reaches(found: &BTreeMap<Place, Found>, place: &Place, start: i64) -> bool {
    let mut at = start;
    while at < place.position {
        match found.get(&Place { position: at, ..place.clone() }) {
            Some(Found::NothingBefore(offset)) if *offset > at => at = *offset,
            _ => return false,
        }
    }
    at == place.position
}

fn place(partition: &Partition, position: i64) -> Place {
    Place { topic: std::sync::Arc::clone(&partition.0), partition: partition.1, position }
}

#[cfg(test)]
#[path = "reads_tests.rs"]
mod tests;

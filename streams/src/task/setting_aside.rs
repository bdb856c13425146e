//! Records that a task does not decide: those that cannot be read, and the one that an operator wants out of the way.

use super::dead_letter::dead_letter;
use super::{Advanced, Task};
use crate::record::Record;

impl Task {
    /// The record in front, by offset and timestamp, if the last step failed in it and not in a timer before it.
    pub(crate) fn stuck_on(&self) -> Option<(i64, i64)> {
        if self.failed_in_front { self.front() } else { None }
    }

    /// From now on the record of this offset and timestamp goes to the dead letters as it is. An operator has decided so.
    pub(crate) fn set_aside(&mut self, offset: i64, timestamp: i64, reason: String) {
        self.set_aside = Some((offset, timestamp, reason));
    }

    /// Why this record is to be set aside, if it is.
    pub(super) fn why_aside(&self, record: &Record) -> Option<String> {
        let (offset, timestamp, reason) = self.set_aside.as_ref()?;
        ((*offset, *timestamp) == (record.offset, record.timestamp)).then(|| reason.clone())
    }

    /// Sends the record in hand to the dead letters.
    pub(super) fn poison(&mut self, record: &Record, reason: String) -> Advanced {
        self.outputs.push(dead_letter(&self.topology, record, &reason, self.limits.dead_letter_bytes));
        self.poisoned = Some(reason);
        Advanced::Poison(record.timestamp)
    }
}

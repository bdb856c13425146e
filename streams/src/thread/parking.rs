//! Partitions that cannot go on, while their neighbours do: a record that this program does not understand, a processor whose invariant is
//! broken, a state that does not fit its position. Nothing is skipped: such a partition waits, shown, until a program that can go on with
//! it takes it over, until this one starts again, or until an operator has spoken (`operators`).

use super::StreamThread;
use crate::broker::Broker;
use crate::task::State;

/// Why a partition waits, and what is known about it outside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Parked {
    /// The reason, with topic, partition and the record's own offset where there is one.
    pub(super) reason: String,
    /// The record that it waits in front of, by offset and timestamp, if that record is the reason.
    pub(super) record: Option<(i64, i64)>,
    /// Whether the control topic says so.
    pub(super) noted: Noted,
    /// Where the control topic ended when the partition was parked, once that was looked up.
    pub(super) words_from: Option<i64>,
}

/// Whether the control topic says that a partition is parked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Noted {
    No,
    /// In the open transaction.
    Sent,
    Yes,
}

impl<B: Broker> StreamThread<B> {
    /// Lets a partition wait.
    pub(super) fn park(&mut self, partition: i32, reason: String) {
        let (application, topic) = (self.topology.name(), self.topology.source());
        tracing::error!(%application, %topic, partition, %reason, "the partition is parked: it goes on with another program, or after a restart");
        self.retries.remove(&partition);
        self.ticks.remove(&partition);
        let mut record = None;
        if let Some(task) = self.tasks.get_mut(&partition) {
            record = task.stuck_on();
            task.enter(State::Parked);
        }
        self.parked.insert(partition, Parked { reason, record, noted: Noted::No, words_from: None });
        self.operators.next_look = 0;
        self.show_tasks();
    }

    /// A partition whose input begins anew is tried again; one that could not be restored is not.
    pub(super) fn try_again(&mut self, partition: i32) {
        if self.restoring.contains_key(&partition) {
            return;
        }
        if let Some(task) = self.tasks.get_mut(&partition)
            && task.state() == State::Parked
        {
            task.enter(State::Running);
            self.parked.remove(&partition);
            self.show_tasks();
        }
    }

    /// Whether a partition may not be touched for now: it is parked, or waits before the next try.
    pub(super) fn is_waiting(&self, partition: i32) -> bool {
        self.parked.contains_key(&partition)
            || self.retries.get(&partition).is_some_and(|retry| retry.not_before > self.broker.elapsed())
    }
}

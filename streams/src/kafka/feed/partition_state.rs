//! The state of one partition of a feed: assigned, requested, being read, caught up.

use std::time::{Duration, Instant};

use crate::feed::{Backlog, FeedEvent, Start};
use crate::record::Record;

/// After this long without records, the position is moved past what is no record.
const IDLE_AFTER: Duration = Duration::from_millis(500);

/// The state of one partition.
#[derive(Debug)]
pub(super) struct PartitionState {
    /// Which assignment of the partition this is.
    pub(super) assignment: u64,
    pub(super) stage: Stage,
    collected: Vec<Record>,
    /// The position before `collected`.
    from: i64,
}

/// The stage of a partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    /// Assigned, but the reader has not said where to begin.
    Assigned,
    /// To be begun as soon as a broker answers.
    Requested { start: Start, goal: Option<Goal> },
    /// Being fetched.
    Reading {
        /// The position after what has been collected.
        position: i64,
        goal: Option<Goal>,
        /// When to check for offsets without records after the last one.
        idle_at: Option<Instant>,
    },
}

/// A committed end that was queried before the fetch began: the first "end of partition" of the fetch has passed it. (A later
/// one proves nothing; see `reader`.)
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Goal {
    pub(super) offset: i64,
    /// Whether the reader gets an event.
    pub(super) announced: Announced,
}

/// Whether reaching a goal is reported to the reader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Announced {
    /// As [`FeedEvent::CaughtUp`].
    CaughtUp,
    /// No event, only a new position.
    No,
}

impl PartitionState {
    /// Waits for the reader.
    pub(super) fn assigned(assignment: u64) -> Self {
        Self { assignment, stage: Stage::Assigned, collected: Vec::new(), from: 0 }
    }

    /// Is to be begun.
    pub(super) fn requested(assignment: u64, start: Start) -> Self {
        Self { stage: Stage::Requested { start, goal: None }, ..Self::assigned(assignment) }
    }

    /// The fetch has begun.
    pub(super) fn begun(&mut self, position: i64, goal: Goal) {
        self.from = position;
        self.stage = Stage::Reading { position, goal: Some(goal), idle_at: None };
    }

    /// The client was replaced: the fetch begins again where it was.
    pub(super) fn lost(&mut self) {
        if let Stage::Reading { position, goal, .. } = self.stage {
            self.stage = Stage::Requested { start: Start::Offset(position), goal };
        }
    }

    /// Whether it is time to check for offsets after the last record; if so, from which position.
    pub(super) fn idle_position(&self) -> Option<i64> {
        match self.stage {
            Stage::Reading { position, goal: None, idle_at: Some(due) } if due <= Instant::now() => Some(position),
            _ => None,
        }
    }

    /// There were none after the last record.
    pub(super) fn clear_idle(&mut self) {
        if let Stage::Reading { idle_at, .. } = &mut self.stage {
            *idle_at = None;
        }
    }

    /// Adds a record, unless it was added already.
    pub(super) fn collect_records(&mut self, record: Record) {
        if let Stage::Reading { position, idle_at, .. } = &mut self.stage
            && record.offset >= *position
        {
            *position = record.offset + 1;
            *idle_at = Some(Instant::now() + IDLE_AFTER);
            self.collected.push(record);
        }
    }

    /// The fetch has come to the end: so the goal has been passed.
    pub(super) fn at_end(&mut self) {
        if let Stage::Reading { position, goal: Some(goal), .. } = &mut self.stage {
            *position = (*position).max(goal.offset);
        }
    }

    /// The events that are due now.
    pub(super) fn take_events(&mut self, partition: i32, events: &mut impl Extend<FeedEvent>, backlog: &Backlog) {
        let Stage::Reading { position, goal, .. } = &mut self.stage else {
            return;
        };
        if *position > self.from {
            let records = std::mem::take(&mut self.collected);
            backlog.fetched(partition, &records);
            events.extend([FeedEvent::Batch { partition, from: self.from, records, next: *position }]);
            self.from = *position;
        }
        if let Some(reached) = goal.take_if(|goal| goal.offset <= *position)
            && reached.announced == Announced::CaughtUp
        {
            events.extend([FeedEvent::CaughtUp(partition)]);
        }
    }
}

//! One partition of a feed: asked for, being read, caught up.

use std::time::{Duration, Instant};

use crate::feed::{FeedEvent, Start};
use crate::record::Record;

/// After this long without records, the position is moved past what is no record.
const SETTLE: Duration = Duration::from_millis(500);

/// A partition of the feed.
#[derive(Debug)]
pub(super) struct Lane {
    /// Which assignment of the partition this is.
    pub(super) assignment: u64,
    pub(super) stage: Stage,
    gathered: Vec<Record>,
    /// The position before `gathered`.
    from: i64,
}

/// How far a lane has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    /// Ours, but the reader has not said where to begin.
    Assigned,
    /// To be begun as soon as a broker can be asked.
    Wanted { start: Start, goal: Option<Goal> },
    /// Being fetched.
    Reading {
        /// The position after what has been gathered.
        position: i64,
        goal: Option<Goal>,
        /// When to look for offsets without records after the last one.
        settle: Option<Instant>,
    },
}

/// A committed end that was asked for before the fetch began: the first "end of partition" of the fetch has passed it. (A later
/// one proves nothing; see `reader`.)
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Goal {
    pub(super) offset: i64,
    /// Whether the reader waits for the news.
    pub(super) announced: Announced,
}

/// Whether reaching a goal is told to the reader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Announced {
    /// As [`FeedEvent::CaughtUp`].
    CaughtUp,
    /// Only as a position.
    Silently,
}

impl Lane {
    /// A lane that waits for the reader.
    pub(super) fn assigned(assignment: u64) -> Self {
        Self { assignment, stage: Stage::Assigned, gathered: Vec::new(), from: 0 }
    }

    /// A lane that is to be begun.
    pub(super) fn wanted(assignment: u64, start: Start) -> Self {
        Self { stage: Stage::Wanted { start, goal: None }, ..Self::assigned(assignment) }
    }

    /// The fetch has begun.
    pub(super) fn begun(&mut self, position: i64, goal: Goal) {
        self.from = position;
        self.stage = Stage::Reading { position, goal: Some(goal), settle: None };
    }

    /// The fetch has been lost with its client and begins again where it was.
    pub(super) fn lost(&mut self) {
        if let Stage::Reading { position, goal, .. } = self.stage {
            self.stage = Stage::Wanted { start: Start::Offset(position), goal };
        }
    }

    /// Whether it is time to look behind the last record; if so, from which position.
    pub(super) fn settles(&self) -> Option<i64> {
        match self.stage {
            Stage::Reading { position, goal: None, settle: Some(due) } if due <= Instant::now() => Some(position),
            _ => None,
        }
    }

    /// There was nothing behind the last record.
    pub(super) fn settled(&mut self) {
        if let Stage::Reading { settle, .. } = &mut self.stage {
            *settle = None;
        }
    }

    /// Takes a record, unless it has been taken already.
    pub(super) fn gather(&mut self, record: Record) {
        if let Stage::Reading { position, settle, .. } = &mut self.stage
            && record.offset >= *position
        {
            *position = record.offset + 1;
            *settle = Some(Instant::now() + SETTLE);
            self.gathered.push(record);
        }
    }

    /// The fetch has come to the end: so the goal has been passed.
    pub(super) fn at_end(&mut self) {
        if let Stage::Reading { position, goal: Some(goal), .. } = &mut self.stage {
            *position = (*position).max(goal.offset);
        }
    }

    /// What the reader is to be told now.
    pub(super) fn news(&mut self, partition: i32, events: &mut impl Extend<FeedEvent>) {
        let Stage::Reading { position, goal, .. } = &mut self.stage else {
            return;
        };
        if *position > self.from {
            let records = std::mem::take(&mut self.gathered);
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

//! Where one group stood in one partition during the last minute, and what that says of it.

use std::collections::VecDeque;

use super::round::Moment;
use super::snapshot::Status;
use super::trend::WINDOW_MS;

/// Looks of the last minute at one position, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct PositionHistory {
    looks: VecDeque<Look>,
    /// When the position was last seen to move.
    moved: Option<Moment>,
    /// When it was last seen to go back, milliseconds since the collector began.
    rewound_ms: Option<i64>,
}

/// What one look saw.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// When, milliseconds since the collector began.
    pub(super) elapsed_ms: i64,
    /// The group's position.
    pub(super) position: i64,
    /// The stable end.
    pub(super) stable: i64,
    /// Records that waited.
    pub(super) records: i64,
    /// How far behind, if that was known.
    pub(super) seconds: Option<f64>,
}

/// What the rest of the group did during the same minute.
#[derive(Clone, Copy, Debug)]
pub(super) struct Others {
    /// A position of another partition moved.
    pub(super) moved: bool,
    /// There are members, or nobody says that there are none.
    pub(super) has_members: bool,
}

impl PositionHistory {
    /// Takes a look; whether the position went back.
    pub(super) fn take(&mut self, at: Moment, look: Look) -> bool {
        let before = self.looks.back().map(|before| before.position);
        let went_back = before.is_some_and(|before| look.position < before);
        if before.is_some_and(|before| before != look.position) {
            self.moved = Some(at);
        }
        if went_back {
            self.rewound_ms = Some(at.elapsed_ms);
        }
        self.looks.push_back(look);
        // One look older than the window stays: only with it a whole window has been seen.
        while self.looks.get(1).is_some_and(|next| next.elapsed_ms <= at.elapsed_ms - WINDOW_MS) {
            self.looks.pop_front();
        }
        went_back
    }

    /// When the position was last seen to move.
    pub(super) const fn moved(&self) -> Option<Moment> {
        self.moved
    }

    /// When it was last looked at, milliseconds since the collector began.
    pub(super) fn seen_ms(&self) -> Option<i64> {
        self.looks.back().map(|look| look.elapsed_ms)
    }

    /// Whether it moved within the window.
    pub(super) fn has_moved_lately(&self, now_ms: i64) -> bool {
        self.moved.is_some_and(|moved| moved.elapsed_ms > now_ms - WINDOW_MS)
    }

    /// Records written and records read a second, over the window.
    #[expect(clippy::cast_precision_loss, reason = "rates")]
    pub(super) fn rates(&self) -> Option<(f64, f64)> {
        let (first, last) = (self.looks.front()?, self.looks.back()?);
        let seconds = (last.elapsed_ms - first.elapsed_ms) as f64 / 1_000.0;
        let rate = |from: i64, to: i64| (to - from).max(0) as f64 / seconds;
        (seconds > 0.0).then(|| (rate(first.stable, last.stable), rate(first.position, last.position)))
    }

    /// What the looks say, without any threshold: the first of the list that holds.
    pub(super) fn status(&self, is_beyond_end: bool, others: Others) -> Status {
        let Some(last) = self.looks.back() else {
            return Status::Unknown;
        };
        let went_back = self.rewound_ms.is_some_and(|at| at > last.elapsed_ms - WINDOW_MS);
        if is_beyond_end {
            return Status::Rewound;
        }
        if last.records == 0 {
            return Status::Ok;
        }
        if went_back {
            return Status::Rewound;
        }
        let has_waited = self.is_whole(last.elapsed_ms) && self.looks.iter().all(|look| look.records > 0);
        if has_waited && !self.has_moved_lately(last.elapsed_ms) {
            return if others.moved && others.has_members { Status::Stalled } else { Status::Stopped };
        }
        if has_waited && self.only_grew() {
            return Status::Slow;
        }
        Status::Ok
    }

    /// Whether the looks span the window.
    fn is_whole(&self, now_ms: i64) -> bool {
        self.looks.front().is_some_and(|first| first.elapsed_ms <= now_ms - WINDOW_MS)
    }

    /// Whether the seconds grew over the window and never shrank in it.
    fn only_grew(&self) -> bool {
        let mut known = self.looks.iter().filter_map(|look| look.seconds);
        let Some(first) = known.next() else {
            return false;
        };
        let mut before = first;
        for seconds in known {
            if seconds < before {
                return false;
            }
            before = seconds;
        }
        before > first
    }
}

#[cfg(test)]
#[path = "position_history_tests.rs"]
mod tests;

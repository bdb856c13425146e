//! How far a partition has come: up to the lowest record that is not finished.

use std::collections::BTreeSet;

/// The records of one partition that were taken and are not finished.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Progress {
    open: BTreeSet<i64>,
    next: i64,
    committed: Option<i64>,
}

impl Progress {
    /// A record was taken.
    pub(crate) fn take(&mut self, offset: i64) {
        self.open.insert(offset);
        self.advance_to(offset + 1);
    }

    /// Everything before this offset has been handed out.
    pub(crate) fn advance_to(&mut self, next: i64) {
        self.next = self.next.max(next);
    }

    /// A record is finished.
    pub(crate) fn finish(&mut self, offset: i64) {
        self.open.remove(&offset);
    }

    /// The position to commit, if it is not the one that was committed last.
    pub(crate) fn next_to_commit(&mut self) -> Option<i64> {
        let position = self.open.first().copied().unwrap_or(self.next);
        let is_newer = position > 0 && self.committed.is_none_or(|committed| committed < position);
        is_newer.then(|| *self.committed.insert(position))
    }
}

#[cfg(test)]
mod tests {
    use super::Progress;

    #[test]
    fn a_position_never_passes_what_is_not_finished() {
        let mut progress = Progress::default();
        assert_eq!(progress.next_to_commit(), None, "nothing was read");
        for offset in [7, 8, 9] {
            progress.take(offset);
        }
        assert_eq!(progress.next_to_commit(), Some(7));
        progress.finish(9);
        progress.finish(8);
        assert_eq!(progress.next_to_commit(), None, "7 is not finished");
        progress.finish(7);
        assert_eq!(progress.next_to_commit(), Some(10));
        assert_eq!(progress.next_to_commit(), None);
        progress.advance_to(15);
        assert_eq!(progress.next_to_commit(), Some(15), "what is no record counts too");
        progress.advance_to(12);
        assert_eq!(progress.next_to_commit(), None, "never back");
    }
}

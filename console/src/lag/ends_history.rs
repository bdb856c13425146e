//! When the stable end of a partition was where: samples of ten minutes, equal ends merged. Seconds of lag come from here as long as the
//! record itself has not been read.

use std::collections::VecDeque;

/// How long a sample is kept.
const KEPT_MS: i64 = 600_000;

/// Samples of one partition, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct EndsHistory {
    samples: VecDeque<Sample>,
}

/// The stable end stood here from the first look to the last.
#[derive(Clone, Copy, Debug)]
struct Sample {
    stable: i64,
    first_ms: i64,
    last_ms: i64,
}

impl EndsHistory {
    /// Takes a look. An end that has gone back belongs to another log (the topic was made anew), so the history begins again.
    pub(super) fn take(&mut self, elapsed_ms: i64, stable: i64) {
        match self.samples.back_mut() {
            Some(last) if last.stable == stable => last.last_ms = elapsed_ms,
            Some(last) if last.stable > stable => {
                self.samples.clear();
                self.samples.push_back(Sample { stable, first_ms: elapsed_ms, last_ms: elapsed_ms });
            }
            _ => self.samples.push_back(Sample { stable, first_ms: elapsed_ms, last_ms: elapsed_ms }),
        }
        // The newest sample that is too old still says where the end was since then.
        while self.samples.get(1).is_some_and(|next| next.first_ms < elapsed_ms - KEPT_MS) {
            self.samples.pop_front();
        }
    }

    /// The last look at which everything up to `position` was all there was: what comes after it was written since. None when the history
    /// does not go back so far.
    pub(super) fn passed_ms(&self, position: i64) -> Option<i64> {
        self.samples.iter().rev().find(|sample| sample.stable <= position).map(|sample| sample.last_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::EndsHistory;

    fn history(looks: &[(i64, i64)]) -> EndsHistory {
        let mut history = EndsHistory::default();
        looks.iter().for_each(|(at, stable)| history.take(*at, *stable));
        history
    }

    #[test]
    fn what_is_behind_a_position_was_written_after_the_last_look_that_had_no_more() {
        let history = history(&[(0, 10), (1_000, 10), (2_000, 20), (3_000, 20), (4_000, 35)]);
        for (position, expected) in
            [(9, None), (10, Some(1_000)), (19, Some(1_000)), (20, Some(3_000)), (34, Some(3_000)), (35, Some(4_000))]
        {
            assert_eq!(history.passed_ms(position), expected, "{position}");
        }
    }

    #[test]
    fn a_log_that_begins_anew_has_a_history_of_its_own() {
        let history = history(&[(0, 10), (1_000, 20), (2_000, 3), (3_000, 5)]);
        assert_eq!(history.passed_ms(4), Some(2_000));
        assert_eq!(history.passed_ms(1), None);
    }

    #[test]
    fn it_is_bounded_and_an_end_that_stands_is_one_sample() {
        let mut history = EndsHistory::default();
        for second in 0..10_000 {
            history.take(second * 1_000, second);
        }
        assert!(history.samples.len() <= 602, "{}", history.samples.len());
        let mut standing = EndsHistory::default();
        for second in 0..10_000 {
            standing.take(second * 1_000, 7);
        }
        assert_eq!((standing.samples.len(), standing.passed_ms(7)), (1, Some(9_999_000)));
    }
}

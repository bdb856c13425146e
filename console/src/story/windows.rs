//! The times in which records of a story are looked for: around those that are known.

/// How long before a record its causes are looked for, milliseconds: the clocks of writers may be behind the broker's.
pub(super) const BEFORE_MS: i64 = 1_000;
/// How long after a record its consequences are looked for, milliseconds.
pub(super) const AFTER_MS: i64 = 2_000;

/// From a time to another, milliseconds since 1970, both within.
pub(super) type Window = (i64, i64);

/// The windows around these times, by time; none touches another.
pub(super) fn around(times: impl IntoIterator<Item = i64>) -> Vec<Window> {
    let mut windows: Vec<Window> =
        times.into_iter().map(|time| (time.saturating_sub(BEFORE_MS), time.saturating_add(AFTER_MS))).collect();
    windows.sort_unstable();
    windows.dedup_by(|next, former| {
        let touches = next.0 <= former.1.saturating_add(1);
        if touches {
            former.1 = former.1.max(next.1);
        }
        touches
    });
    windows
}

/// What of the windows has not been read. Neither list has windows that overlap, and both are by time.
pub(super) fn unread(windows: &[Window], read: &[Window]) -> Vec<Window> {
    let mut left = Vec::new();
    for &(mut from, to) in windows {
        for &(read_from, read_to) in read {
            if read_to < from || read_from > to {
                continue;
            }
            if read_from > from {
                left.push((from, read_from - 1));
            }
            from = from.max(read_to.saturating_add(1));
        }
        if from <= to {
            left.push((from, to));
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_that_touch_are_one() {
        assert_eq!(around([]), []);
        assert_eq!(around([10_000]), [(9_000, 12_000)]);
        assert_eq!(around([20_000, 10_000, 11_000]), [(9_000, 13_000), (19_000, 22_000)]);
        assert_eq!(around([10_000, 13_001]), [(9_000, 15_001)]);
        assert_eq!(around([10_000, 13_002]), [(9_000, 12_000), (12_002, 15_002)]);
        assert_eq!(around([i64::MIN, i64::MAX]).len(), 2);
    }

    #[test]
    fn what_was_read_is_not_read_again() {
        assert_eq!(unread(&[(0, 10), (20, 30)], &[]), [(0, 10), (20, 30)]);
        assert_eq!(unread(&[(0, 10), (20, 30)], &[(0, 10), (20, 30)]), []);
        assert_eq!(unread(&[(0, 40)], &[(0, 10), (20, 30)]), [(11, 19), (31, 40)]);
        assert_eq!(unread(&[(-5, 12)], &[(0, 10)]), [(-5, -1), (11, 12)]);
        assert_eq!(unread(&[(3, 5)], &[(0, 10)]), []);
    }

    #[test]
    fn reading_everything_step_by_step_reads_every_time_once() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..500 {
            let mut times: Vec<i64> = Vec::new();
            let mut read: Vec<Window> = Vec::new();
            let mut seen = std::collections::BTreeSet::new();
            for _ in 0..5 {
                times.extend((0..random.usize(0..4)).map(|_| random.i64(0..30_000)));
                let windows = around(times.iter().copied());
                for (from, to) in unread(&windows, &read) {
                    // Every hundredth millisecond stands for all.
                    for time in (from + 99).div_euclid(100)..=to.div_euclid(100) {
                        assert!(seen.insert(time), "{time} twice");
                    }
                }
                read = windows;
            }
            for time in &times {
                assert!(seen.contains(&time.div_euclid(100)), "{time}");
            }
        }
    }
}

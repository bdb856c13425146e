//! Two processes under one name. Each takes the member's and the producer's place from the other for as long as both run: nothing is decided
//! twice, but little is decided at all. So it is said by name, and whoever is displaced again waits, so that the other one can work meanwhile.

/// Whoever is displaced twice within this time has a duplicate; once is a restart, or a coordinator's mistake.
const TWICE_WITHIN_MS: i64 = 60_000;
/// How long a displaced slot with a duplicate waits before it joins again.
const PAUSE_MS: i64 = 6_000;

/// What a slot knows of a duplicate. Times are monotonic, milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Duplicate {
    displaced_at: Option<i64>,
    known_until: i64,
}

impl Duplicate {
    /// The slot was displaced. Returns how long it waits before it joins again, milliseconds.
    pub(super) fn displaced(&mut self, now: i64) -> i64 {
        let before = self.displaced_at.replace(now);
        if before.is_none_or(|before| now - before >= TWICE_WITHIN_MS) {
            return 0;
        }
        self.known_until = now + TWICE_WITHIN_MS;
        PAUSE_MS
    }

    /// Whether there is one, as far as is known.
    pub(super) fn is_known(&self, now: i64) -> bool {
        now < self.known_until
    }
}

#[cfg(test)]
mod tests {
    use super::Duplicate;

    #[test]
    fn whoever_is_displaced_twice_within_a_minute_has_a_duplicate_for_a_minute() {
        let mut duplicate = Duplicate::default();
        assert_eq!((duplicate.displaced(1_000), duplicate.is_known(1_000)), (0, false), "a restart displaces once");
        assert_eq!((duplicate.displaced(61_000), duplicate.is_known(61_000)), (0, false), "and so does the next one");
        assert_eq!((duplicate.displaced(120_999), duplicate.is_known(120_999)), (6_000, true));
        assert!(duplicate.is_known(180_998));
        assert!(!duplicate.is_known(180_999), "nothing has displaced it since");
    }
}

//! Whether a group falls behind or catches up: seconds of lag gained a second, over the last minute.

use std::collections::VecDeque;

/// How far back the trend looks.
pub(super) const WINDOW_MS: i64 = 60_000;

/// The seconds of lag of one group in one topic, over the last minute.
#[derive(Clone, Debug, Default)]
pub(super) struct Trend {
    /// When, milliseconds; and how far behind, seconds.
    samples: VecDeque<(i64, f64)>,
}

impl Trend {
    /// Takes a look.
    pub(super) fn take(&mut self, elapsed_ms: i64, seconds: f64) {
        self.samples.push_back((elapsed_ms, seconds));
        while self.samples.front().is_some_and(|(at, _)| *at < elapsed_ms - WINDOW_MS) {
            self.samples.pop_front();
        }
    }

    /// Least squares over the window: 1 stands still, 0 is steady, below 0 catches up. None before there are three looks.
    #[expect(clippy::cast_precision_loss, reason = "a minute of looks, and milliseconds within it")]
    pub(super) fn slope(&self) -> Option<f64> {
        let first = self.samples.front()?.0;
        if self.samples.len() < 3 {
            return None;
        }
        let count = self.samples.len() as f64;
        let points = || self.samples.iter().map(|(at, seconds)| ((at - first) as f64 / 1_000.0, *seconds));
        let (sum_x, sum_y) = points().fold((0.0, 0.0), |(x, y), point| (x + point.0, y + point.1));
        let (mean_x, mean_y) = (sum_x / count, sum_y / count);
        let (over, under) = points().fold((0.0, 0.0), |(over, under), (x, y)| {
            (over + (x - mean_x) * (y - mean_y), under + (x - mean_x) * (x - mean_x))
        });
        (under > 0.0).then(|| over / under)
    }

    /// When it was last looked at, milliseconds since the collector began.
    pub(super) fn seen_ms(&self) -> Option<i64> {
        self.samples.back().map(|(at, _)| *at)
    }

    /// The looks, oldest first.
    pub(super) fn seconds(&self) -> impl Iterator<Item = f64> {
        self.samples.iter().map(|(_, seconds)| *seconds)
    }
}

/// In how many seconds a group has caught up, if it goes on like this; none unless it catches up.
pub(super) fn catch_up(seconds: f64, slope: Option<f64>) -> Option<f64> {
    // Less than a thousandth is noise: the answer would be hours of nothing.
    let slope = slope.filter(|slope| *slope < -0.001)?;
    (seconds > 0.0).then(|| seconds / -slope)
}

#[cfg(test)]
mod tests {
    use super::{Trend, catch_up};

    fn trend(seconds: impl IntoIterator<Item = f64>) -> Trend {
        let mut trend = Trend::default();
        (0..).zip(seconds).for_each(|(second, value)| trend.take(second * 1_000, value));
        trend
    }

    #[test]
    fn a_slope_is_what_the_last_minute_shows() {
        assert_eq!(trend([1.0, 2.0]).slope(), None);
        assert!((trend((0..60).map(f64::from)).slope().unwrap() - 1.0).abs() < 1e-9, "it stands still");
        assert!(trend([5.0; 60]).slope().unwrap().abs() < 1e-9, "steady");
        assert!((trend((0..60).map(|second| 90.0 - 0.5 * f64::from(second))).slope().unwrap() + 0.5).abs() < 1e-9);
        let turned = (0..120).map(|second| if second < 60 { f64::from(second) } else { 60.0 });
        assert!(trend(turned).slope().unwrap().abs() < 0.02, "what is older than a minute does not count");
    }

    #[test]
    fn whoever_catches_up_has_caught_up_in() {
        assert_eq!(catch_up(10.0, Some(-0.5)), Some(20.0));
        assert_eq!(catch_up(10.0, Some(0.5)), None);
        assert_eq!(catch_up(10.0, Some(-0.0001)), None);
        assert_eq!(catch_up(0.0, Some(-0.5)), None);
        assert_eq!(catch_up(10.0, None), None);
    }
}

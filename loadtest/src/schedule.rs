//! When each client sends: fixed in advance from a seed, whatever the answers do (an open loop). A closed loop would wait for
//! slow answers and so hide the queue in front of them ("coordinated omission", Gil Tene's wrk2).

use std::time::Duration;

use audit::client_log::Send;
use fastrand::Rng;

/// How fast clients arrive.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Pace {
    /// So many sends a second.
    PerSecond(f64),
    /// Each connection sends its next as soon as it has an answer: a closed loop, for capacity.
    Max,
}

/// How arrivals are spread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arrivals {
    /// At random, as callers arrive that know nothing of each other.
    Poisson,
    /// Evenly.
    Constant,
}

/// One send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Planned {
    /// When, after the sale begins.
    pub at: Duration,
    /// Which shopper, from 0.
    pub shopper: u32,
    /// First or repeat.
    pub send: Send,
}

/// What determines a schedule.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Demand {
    /// How many shoppers; each claims once.
    pub shoppers: u32,
    /// How many claims are sent again under the same key, as a share of the shoppers, at most 10.
    pub duplicates: f64,
    /// How fast.
    pub pace: Pace,
    /// How spread.
    pub arrivals: Arrivals,
    /// What chance is drawn from.
    pub seed: u64,
}

/// How soon most repeats follow: within so many sends, as from an impatient finger. The others come at any later time.
const DOUBLE_CLICK: f64 = 64.0;

impl Demand {
    /// How many sends repeat an earlier one.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=10 times a u32")]
    pub fn repeats(&self) -> u64 {
        (f64::from(self.shoppers) * self.duplicates.clamp(0.0, 10.0)).round() as u64
    }

    /// The schedule: every shopper once, in random order, each repeat after what it repeats.
    #[must_use]
    pub fn schedule(&self) -> Vec<Planned> {
        let mut rng = Rng::with_seed(self.seed);
        let mut shoppers: Vec<u32> = (0..self.shoppers).collect();
        rng.shuffle(&mut shoppers);
        let mut order: Vec<(f64, u32, Send)> =
            (0_u32..).zip(&shoppers).map(|(place, shopper)| (f64::from(place), *shopper, Send::First)).collect();
        let mut again: Vec<u32> = (0..self.shoppers).collect();
        rng.shuffle(&mut again);
        let repeated: Vec<u32> = (0..self.repeats()).zip(again.iter().cycle()).map(|(_, place)| *place).collect();
        for place in repeated {
            let Some(shopper) = shoppers.get(usize::try_from(place).unwrap_or(usize::MAX)) else { continue };
            let (place, end) = (f64::from(place), f64::from(self.shoppers));
            let reach = if rng.f64() < 0.7 { DOUBLE_CLICK.min(end - place) } else { end - place };
            order.push((place + rng.f64() * reach, *shopper, Send::Duplicate));
        }
        // A stable sort: a repeat at the very place of its first stays after it.
        order.sort_by(|left, right| left.0.total_cmp(&right.0));
        let mut at = Duration::ZERO;
        order
            .into_iter()
            .map(|(_, shopper, send)| {
                let planned = Planned { at, shopper, send };
                at += self.gap(&mut rng);
                planned
            })
            .collect()
    }

    fn gap(&self, rng: &mut Rng) -> Duration {
        let Pace::PerSecond(rate) = self.pace else { return Duration::ZERO };
        let mean = 1.0 / rate.max(0.001);
        match self.arrivals {
            Arrivals::Constant => Duration::from_secs_f64(mean),
            // Inverse transform; 1 - u is never 0.
            Arrivals::Poisson => Duration::from_secs_f64(mean * -(1.0 - rng.f64()).ln()),
        }
    }
}

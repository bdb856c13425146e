//! Who orders what, and when: drawn from the seed in advance, whatever the answers do.

use std::time::Duration;

use events::coupons::Discount;
use events::ids::CouponId;
use events::money::Money;
use fastrand::Rng;

use super::catalogue::{Product, SCARCE, VARIETY};
use super::scenario::Scenario;

/// How many orders are wanted.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Wanted {
    /// None: the sale ends with the claims.
    None,
    /// So many. Beyond one for each shopper, shoppers order again.
    Count(u32),
    /// A share of all: every shopper with a coupon, and one in ten of the others.
    Share(f64),
}

/// One order that somebody will place.
#[derive(Clone, PartialEq, Debug)]
pub struct PlannedOrder {
    /// Its number in this sale.
    pub number: u32,
    /// When, after the load begins.
    pub at: Duration,
    /// Which shopper.
    pub shopper: u32,
    /// With which coupon.
    pub coupon: Option<CouponId>,
    /// Articles and how many units of each; no article twice.
    pub lines: Vec<(usize, u32)>,
    /// What the shopper means to do with it.
    pub scenario: Scenario,
    /// How often the placement is sent under its one key.
    pub sends: u8,
    /// How long the shopper looks at the provider's page.
    pub thinks: Duration,
}

/// What determines the planned.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Appetite {
    /// How many.
    pub wanted: Wanted,
    /// How many a second.
    pub per_second: f64,
    /// How many placements are sent twice, as a share.
    pub duplicates: f64,
    /// The scenario of every order, if it is not to be drawn for each.
    pub scenario: Option<Scenario>,
    /// What chance is drawn from.
    pub seed: u64,
}

/// One in so many shoppers without a coupon orders all the same.
const WITHOUT_COUPON: usize = 10;

/// The longest look at the provider's page.
const LONGEST_LOOK_MS: u64 = 2_000;

impl Appetite {
    /// The planned, in the order of their times, of shoppers with these coupons.
    #[must_use]
    pub fn planned(&self, coupons: &[Option<CouponId>]) -> Vec<PlannedOrder> {
        let mut rng = Rng::with_seed(self.seed ^ 0x5409);
        let mut at = Duration::ZERO;
        (0..)
            .zip(self.buyers(coupons, &mut rng))
            .map(|(number, shopper)| {
                let drawn = Scenario::draw(&mut rng);
                let scenario = self.scenario.unwrap_or(drawn);
                let planned = PlannedOrder {
                    number,
                    at,
                    shopper: u32::try_from(shopper).unwrap_or(u32::MAX),
                    // A second order of one shopper has no coupon left.
                    coupon: coupons.get(shopper).copied().flatten().filter(|_| (number as usize) < coupons.len()),
                    lines: lines(scenario, &mut rng),
                    scenario,
                    sends: if rng.f64() < self.duplicates { 2 } else { 1 },
                    thinks: Duration::from_millis(rng.u64(0..LONGEST_LOOK_MS)),
                };
                // Poisson arrivals; 1 - u is never 0.
                at += Duration::from_secs_f64(-(1.0 - rng.f64()).ln() / self.per_second.max(0.001));
                planned
            })
            .collect()
    }

    /// Who orders: those with a coupon first, then some of the others, in random order; each once as long as there are enough.
    fn buyers(&self, coupons: &[Option<CouponId>], rng: &mut Rng) -> Vec<usize> {
        let (mut with, mut without): (Vec<usize>, Vec<usize>) =
            (0..coupons.len()).partition(|shopper| coupons.get(*shopper).is_some_and(Option::is_some));
        rng.shuffle(&mut without);
        match self.wanted {
            Wanted::None => Vec::new(),
            Wanted::Share(share) => {
                without.truncate(without.len() / WITHOUT_COUPON);
                with.append(&mut without);
                rng.shuffle(&mut with);
                with.truncate(portion(with.len(), share));
                with
            }
            Wanted::Count(count) => {
                with.append(&mut without);
                with.iter().copied().cycle().take(usize::try_from(count).unwrap_or(usize::MAX)).collect()
            }
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of a count of shoppers"
)]
fn portion(of: usize, share: f64) -> usize {
    (of as f64 * share.clamp(0.0, 1.0)).round() as usize
}

/// One to three articles, one to three units of each; a third of the orders wants the scarce one.
fn lines(scenario: Scenario, rng: &mut Rng) -> Vec<(usize, u32)> {
    let mut articles: Vec<usize> = (0..VARIETY).filter(|article| *article != SCARCE).collect();
    rng.shuffle(&mut articles);
    articles.truncate(rng.usize(1..=3));
    if rng.u8(0..3) == 0
        && let Some(first) = articles.first_mut()
    {
        *first = SCARCE;
    }
    let fewest = if scenario.splits() { 2 } else { 1 };
    articles.into_iter().map(|article| (article, rng.u32(fewest..=3))).collect()
}

impl PlannedOrder {
    /// What the lines cost before the coupon.
    #[must_use]
    pub fn gross(&self, catalogue: &[Product]) -> Money {
        let sum = self.lines.iter().try_fold(Money::ZERO, |sum, (article, quantity)| {
            sum.plus(catalogue.get(*article)?.price.times(i64::from(*quantity))?)
        });
        sum.unwrap_or(Money::ZERO)
    }

    /// What the shopper has to pay, when the coupon takes off what it says.
    #[must_use]
    pub fn due(&self, catalogue: &[Product], discount: Discount) -> Money {
        let gross = self.gross(catalogue);
        if self.coupon.is_none() { gross } else { gross.minus(discount.on(gross)).unwrap_or(Money::ZERO) }
    }
}

/// How many units of each article are wanted.
#[must_use]
pub fn demand(planned: &[PlannedOrder]) -> [u32; VARIETY] {
    let mut demand = [0_u32; VARIETY];
    for (article, quantity) in planned.iter().flat_map(|planned| &planned.lines) {
        if let Some(wanted) = demand.get_mut(*article) {
            *wanted = wanted.saturating_add(*quantity);
        }
    }
    demand
}

//! How operators want sellers to be settled: any way that there is, and now and then one that there is not.

use events::calendar::{Day, Weekday, ZoneName};
use events::ids::{Category, Sku};
use events::money::{BasisPoints, Money};
use events::settlement::{Basis, CommissionRule, Fee, GraceMs, PayOut, RuleMatch, SellerPolicy, Vat};
use events::time::Timestamp;
use fastrand::Rng;

const MINUTE_MS: i64 = 60 * 1000;

/// A day near by, most often today.
pub(super) fn about_today(rng: &mut Rng, now: i64) -> Day {
    let zone = ZoneName::default().zone().expect("a zone");
    let today = zone.day(Timestamp::from_millis(now)).expect("a day");
    match rng.u8(0..6) {
        0 => today.next(),
        1 | 2 => today.minus(1),
        3 => today.minus(2),
        _ => today,
    }
}

/// Now and then the policy cannot be had: no such zone, another one than before, a rule twice, a grace that ends before it begins.
pub(super) fn spoil(rng: &mut Rng, policy: &mut SellerPolicy, elsewhere: &str) {
    match rng.u8(0..20) {
        0 => policy.time_zone = ZoneName::new("Mars/Olympus_Mons"),
        1 => policy.time_zone = ZoneName::new(elsewhere),
        2 => policy.commission.extend_from_within(..1),
        3 => policy.grace_ms = GraceMs(-1),
        _ => {}
    }
}

pub(super) fn food() -> Category {
    Category::new("food").expect("an id")
}

/// A policy for a seller whose days are those of this zone.
pub(super) fn good(rng: &mut Rng, zone: &str, now: i64) -> SellerPolicy {
    let mut rule = |applies_to| {
        let fixed = rng.u8(0..4) == 0;
        let fee = if fixed {
            Fee::Fixed(Money::new(rng.i64(0..900)))
        } else {
            Fee::Rate(BasisPoints::new(rng.u16(0..=10_000)))
        };
        CommissionRule { applies_to, fee, minimum: Money::new(rng.i64(0..20)) }
    };
    let tea = Sku::new("tea").expect("an id");
    let commission = vec![rule(RuleMatch::Product(tea)), rule(RuleMatch::Category(food())), rule(RuleMatch::Seller)];
    let pay_outs = [
        PayOut::default(),
        PayOut::Monthly { business_days: 15 },
        PayOut::Weekly { first_share: BasisPoints::new(7_000), weekday: Weekday::Wednesday, reserve_after_days: 30 },
    ];
    SellerPolicy {
        effective_from: rng.bool().then(|| about_today(rng, now).plus(rng.u32(0..2))),
        basis: Basis::ALL[rng.usize(0..Basis::ALL.len())],
        time_zone: ZoneName::new(zone),
        commission,
        vat: [Vat::Included, Vat::Added, Vat::None][rng.usize(0..3)],
        pay_out: pay_outs[rng.usize(0..pay_outs.len())],
        grace_ms: GraceMs([0, 10 * MINUTE_MS, 180 * MINUTE_MS][rng.usize(0..3)]),
    }
}

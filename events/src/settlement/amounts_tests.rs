//! What lines amount to: the golden cases, rounding, and that nothing is left when everything is refunded.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use proptest::prelude::*;

use super::Settled;
use crate::money::{BasisPoints, Money};
use crate::orders::LineAmounts;
use crate::settlement::{Fee, LineTerms, RuleKind, Vat};

fn terms(fee: Fee, minimum: i64, vat: Vat) -> LineTerms {
    LineTerms { rule: RuleKind::Seller, fee, minimum: Money::new(minimum), vat }
}

fn rate(points: u16) -> Fee {
    Fee::Rate(BasisPoints::new(points))
}

/// A line whose coupon takes so much off, of which the platform bears this share.
fn line(gross: i64, discount: i64, platform: u16) -> LineAmounts {
    let lines = LineAmounts::of_lines(&[Money::new(gross)], Money::new(discount), BasisPoints::new(platform));
    lines.unwrap().remove(0)
}

/// List price 20,000, time-sale price 10,000, coupon 2,000, commission 10 %.
#[test]
fn golden_cases() {
    let supply = |vat| LineTerms::supply_price(vat);
    let none = Vat::None;
    let table = [
        // platform's share, terms, supply price => base, commission, tax, net
        (10_000, terms(rate(1_000), 0, none), None, (10_000, 1_000, 0, 9_000)),
        (5_000, terms(rate(1_000), 0, none), None, (9_000, 900, 0, 8_100)),
        (0, terms(rate(1_000), 0, none), None, (8_000, 800, 0, 7_200)),
        (10_000, terms(rate(1_000), 0, Vat::Included), None, (10_000, 1_000, 91, 9_000)),
        (5_000, terms(rate(1_000), 0, Vat::Included), None, (9_000, 900, 82, 8_100)),
        (0, terms(rate(1_000), 0, Vat::Included), None, (8_000, 800, 73, 7_200)),
        (10_000, terms(rate(1_000), 0, Vat::Added), None, (10_000, 1_000, 100, 8_900)),
        (10_000, supply(none), Some(5_000), (5_000, 0, 0, 5_000)),
        (5_000, supply(none), Some(5_000), (4_000, 0, 0, 4_000)),
        (0, supply(Vat::Added), Some(1_000), (-1_000, 0, 0, -1_000)),
        (10_000, terms(rate(1_000), 1_500, none), None, (10_000, 1_500, 0, 8_500)),
        (10_000, terms(rate(1_000), 15_000, none), None, (10_000, 10_000, 0, 0)),
        (10_000, terms(Fee::Fixed(Money::new(700)), 0, none), None, (10_000, 700, 0, 9_300)),
        (10_000, terms(rate(10_000), 0, Vat::Added), None, (10_000, 10_000, 1_000, -1_000)),
    ];
    for (platform, terms, supply, expected) in table {
        let settled = Settled::of(&line(10_000, 2_000, platform), 1, 0, supply.map(Money::new), &terms).unwrap();
        let found = (settled.base, settled.commission, settled.vat, settled.net);
        let (base, commission, vat, net) = expected;
        let expected = (Money::new(base), Money::new(commission), Money::new(vat), Money::new(net));
        assert_eq!(found, expected, "{platform} {terms:?}");
        assert_eq!(settled.due, Money::new(8_000));
        assert!(settled.is_balanced() && settled.is_net(terms.vat));
    }
}

#[test]
fn commission_is_rounded_half_up_and_counted_by_unit() {
    let table = [
        // gross, units, fee, minimum => commission
        (5, 1, rate(1_000), 0, 1), // 0.5
        (4, 1, rate(1_000), 0, 0), // 0.4
        (14, 1, rate(1_000), 0, 1),
        (15, 1, rate(1_000), 0, 2),
        (300, 3, rate(100), 2, 6),
        (300, 3, Fee::Fixed(Money::new(7)), 2, 21),
    ];
    for (gross, units, fee, minimum, commission) in table {
        let settled = Settled::of(&line(gross, 0, 0), units, 0, None, &terms(fee, minimum, Vat::None)).unwrap();
        assert_eq!(settled.commission, Money::new(commission), "{gross} {fee:?}");
    }
}

#[test]
fn what_does_not_fit_is_nothing() {
    let usual = terms(rate(1_000), 0, Vat::None);
    let whole = line(100, 0, 0);
    assert_eq!(Settled::of(&whole, 1, 2, None, &usual), None);
    assert_eq!(Settled::of(&whole, 0, 0, None, &usual), None);
    assert_eq!(Settled::of(&whole, 1, 0, None, &LineTerms::supply_price(Vat::None)), None);
    let absurd = terms(Fee::Fixed(Money::new(i64::MAX)), 0, Vat::None);
    assert_eq!(Settled::of(&whole, 2, 0, None, &absurd), None);
}

fn any_terms() -> impl Strategy<Value = (LineTerms, Option<Money>)> {
    let fee = prop_oneof![(0_u16..=10_000).prop_map(rate), (0_i64..20_000).prop_map(|won| Fee::Fixed(Money::new(won)))];
    let vat = prop_oneof![Just(Vat::Included), Just(Vat::Added), Just(Vat::None)];
    (fee, 0_i64..2_000, vat, prop::option::of(0_i64..20_000)).prop_map(|(fee, minimum, vat, supply)| {
        let terms = if supply.is_some() { LineTerms::supply_price(vat) } else { terms(fee, minimum, vat) };
        (terms, supply.map(Money::new))
    })
}

proptest! {
    /// Whatever is refunded in whichever parts: each part keeps the identities, matches what the order gave back, and after the last
    /// one every component is zero.
    #[test]
    fn any_sequence_of_refunds_ends_at_zero(
        gross in 1_i64..1_000_000, off in 0_i64..=100, platform in 0_u16..=10_000, quantity in 1_u32..12,
        cuts in prop::collection::vec(0_u32..12, 0..6), (terms, supply) in any_terms(),
    ) {
        let whole = line(gross, gross * off / 100, platform);
        let mut posted = Settled::default();
        let mut steps: Vec<u32> = cuts.into_iter().map(|cut| cut.min(quantity)).collect();
        steps.sort_unstable();
        steps.insert(0, 0);
        steps.push(quantity);
        for refunded in steps {
            let now = Settled::of(&whole, quantity, refunded, supply, &terms).unwrap();
            let delta = now.minus(&posted).unwrap();
            prop_assert!(delta.is_balanced() && delta.is_net(terms.vat), "{:?}", delta);
            let left = whole.minus(&whole.of_units(refunded, quantity).unwrap()).unwrap();
            prop_assert_eq!(now.line(), left, "what is owed follows what is paid less what is refunded");
            prop_assert!(now.commission >= Money::ZERO);
            posted = posted.plus(&delta).unwrap();
        }
        prop_assert_eq!(posted, Settled::default());
    }
}

//! Money is never made and never lost by arithmetic.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use proptest::prelude::*;

use super::{BasisPoints, Money};

#[test]
fn the_largest_remainder_gets_the_odd_won_and_ties_go_to_the_earlier_line() {
    let split = |amount: i64, weights: &[i64]| {
        Money::new(amount).split(weights).map(|parts| parts.into_iter().map(Money::minor).collect::<Vec<_>>())
    };
    assert_eq!(split(100, &[1, 1, 1]), Some(vec![34, 33, 33]));
    assert_eq!(split(2_000, &[10_000, 5_000]), Some(vec![1_333, 667]));
    assert_eq!(split(1, &[0, 5, 5]), Some(vec![0, 1, 0]));
    assert_eq!(split(0, &[3, 4]), Some(vec![0, 0]));
    assert_eq!(split(5, &[0, 0]), None);
    assert_eq!(split(5, &[1, -1]), None);
    assert_eq!(split(5, &[]), None);
}

#[test]
fn what_does_not_fit_is_nothing() {
    assert_eq!(Money::new(i64::MAX).plus(Money::new(1)), None);
    assert_eq!(Money::new(i64::MIN).minus(Money::new(1)), None);
    assert_eq!(Money::LARGEST.times(i64::MAX), None);
    assert!(Money::LARGEST.is_plausible() && !Money::new(-1).is_plausible());
}

proptest! {
    #[test]
    fn parts_sum_to_the_whole(
        amount in 0..=Money::LARGEST.minor(),
        weights in prop::collection::vec(0..=Money::LARGEST.minor(), 1..20),
    ) {
        prop_assume!(weights.iter().any(|weight| *weight > 0));
        let parts = Money::new(amount).split(&weights).unwrap();
        prop_assert_eq!(parts.iter().map(|part| part.minor()).sum::<i64>(), amount);
        let total: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
        for (part, weight) in parts.iter().zip(&weights) {
            let exact = i128::from(amount) * i128::from(*weight);
            let off = i128::from(part.minor()) * total - exact;
            prop_assert!(off.abs() < total, "a part is less than one won away from its exact share");
            prop_assert!(*weight > 0 || *part == Money::ZERO);
        }
    }

    #[test]
    fn portions_never_shrink_and_end_with_the_whole(amount in 0..=Money::LARGEST.minor(), all in 1_u64..=1_000) {
        let mut before = Money::ZERO;
        for done in 0..=all {
            let part = Money::new(amount).portion(done, all).unwrap();
            prop_assert!(part >= before);
            before = part;
        }
        prop_assert_eq!(before, Money::new(amount));
        prop_assert_eq!(Money::new(amount).portion(all + 1, all), None);
        prop_assert_eq!(Money::new(amount).portion(0, 0), None);
    }

    #[test]
    fn a_share_and_its_rest_are_the_whole(amount in 0..=Money::LARGEST.minor(), points in 0_u16..=10_000) {
        let share = Money::new(amount).share(BasisPoints::new(points));
        prop_assert!(share >= Money::ZERO && share <= Money::new(amount));
        prop_assert_eq!(share.minor(), i64::try_from(i128::from(amount) * i128::from(points) / 10_000).unwrap());
    }
}

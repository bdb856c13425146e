//! No won is made or lost by splitting an order and refunding it piece by piece.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use proptest::prelude::*;

use super::LineAmounts;
use crate::money::{BasisPoints, Money};

fn won(amounts: LineAmounts) -> [i64; 4] {
    [amounts.gross, amounts.platform_share, amounts.seller_share, amounts.due].map(Money::minor)
}

fn lines(gross: &[i64], discount: i64, platform_share: u16) -> Option<Vec<[i64; 4]>> {
    let gross: Vec<Money> = gross.iter().copied().map(Money::new).collect();
    let lines = LineAmounts::of_lines(&gross, Money::new(discount), BasisPoints::new(platform_share))?;
    Some(lines.into_iter().map(won).collect())
}

#[test]
fn a_discount_is_split_over_lines_and_between_platform_and_seller() {
    type Row<'a> = (&'a [i64], i64, u16, Option<Vec<[i64; 4]>>);
    let table: [Row<'_>; 10] = [
        (&[10_000], 2_000, 10_000, Some(vec![[10_000, 2_000, 0, 8_000]])),
        (&[10_000], 2_000, 5_000, Some(vec![[10_000, 1_000, 1_000, 8_000]])),
        (&[10_000], 2_000, 0, Some(vec![[10_000, 0, 2_000, 8_000]])),
        // The odd won of a line's discount is the platform's.
        (&[100], 1, 5_000, Some(vec![[100, 1, 0, 99]])),
        (&[10_000, 5_000], 2_000, 10_000, Some(vec![[10_000, 1_333, 0, 8_667], [5_000, 667, 0, 4_333]])),
        // A line that costs nothing bears nothing, an order that costs nothing is no error.
        (&[0, 10], 3, 10_000, Some(vec![[0, 0, 0, 0], [10, 3, 0, 7]])),
        (&[0], 0, 10_000, Some(vec![[0, 0, 0, 0]])),
        (&[10], 10, 10_000, Some(vec![[10, 10, 0, 0]])),
        (&[10], 11, 10_000, None),
        (&[-1, 5], 1, 10_000, None),
    ];
    for (gross, discount, share, expected) in table {
        assert_eq!(lines(gross, discount, share), expected, "{gross:?} less {discount} at {share}");
    }
    assert_eq!(lines(&[i64::MAX, 1], 1, 0), None);
    assert_eq!(lines(&[10], 1, 10_001), None);
}

#[test]
fn a_refund_of_units_is_a_difference() {
    let line = LineAmounts {
        gross: Money::new(300),
        platform_share: Money::new(50),
        seller_share: Money::new(50),
        due: Money::new(200),
    };
    let up_to: Vec<[i64; 4]> = (0..=3).map(|units| won(line.of_units(units, 3).unwrap())).collect();
    assert_eq!(up_to, vec![[0, 0, 0, 0], [100, 17, 17, 66], [200, 34, 33, 133], [300, 50, 50, 200]]);
    assert_eq!(line.of_units(4, 3), None);
    assert_eq!(line.of_units(0, 0), None);
}

proptest! {
    #[test]
    fn any_sequence_of_refunds_ends_with_every_component_at_zero(
        units in prop::collection::vec((1_i64..1_000_000, 1_u32..40), 1..6),
        discounted in 0_i64..=10_000,
        platform_share in 0_u16..=10_000,
        cuts in prop::collection::vec(1_u32..7, 1..60),
    ) {
        let gross: Vec<Money> = units.iter().map(|(price, quantity)| Money::new(price * i64::from(*quantity))).collect();
        let total: i64 = gross.iter().map(|line| line.minor()).sum();
        let discount = Money::new(total * discounted / 10_000);
        let lines = LineAmounts::of_lines(&gross, discount, BasisPoints::new(platform_share)).unwrap();
        prop_assert_eq!(lines.iter().map(|line| line.discount().minor()).sum::<i64>(), discount.minor());
        for (line, (price, quantity)) in lines.iter().zip(units) {
            prop_assert!(line.is_balanced());
            let mut left = *line;
            let mut done = 0;
            let mut cuts = cuts.iter().cycle();
            while done < quantity {
                let next = (done + cuts.next().unwrap()).min(quantity);
                let refund = line.of_units(next, quantity).unwrap().minus(&line.of_units(done, quantity).unwrap()).unwrap();
                prop_assert!(refund.is_balanced(), "{refund:?}");
                prop_assert_eq!(refund.gross.minor(), price * i64::from(next - done));
                left = left.minus(&refund).unwrap();
                prop_assert!(left.is_balanced(), "{left:?}");
                done = next;
            }
            prop_assert_eq!(left, LineAmounts::default());
        }
    }
}

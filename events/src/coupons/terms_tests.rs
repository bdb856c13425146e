//! What terms may say, and what a discount takes off.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use proptest::prelude::*;

use super::{CampaignTerms, Discount, Eligibility, Restoration};
use crate::ids::Segment;
use crate::money::{BasisPoints, Money};
use crate::samples::coupons::terms;
use crate::time::{Timestamp, Window};

#[test]
fn each_rule_names_its_field() {
    let window = |from, until| Window { from: Timestamp::from_millis(from), until: Timestamp::from_millis(until) };
    let good = terms();
    assert_eq!(good.check(), Ok(()));
    let uncapped = Discount::Percent { share: BasisPoints::new(1), cap: None };
    let table = [
        ("/stock", CampaignTerms { stock: 0, ..terms() }),
        ("/stock", CampaignTerms { stock: 100_000_001, ..terms() }),
        ("/claim", CampaignTerms { claim: window(-1, 5), ..terms() }),
        ("/claim", CampaignTerms { claim: window(5, i64::MAX), ..terms() }),
        ("/claim", CampaignTerms { claim: window(5, 5), ..terms() }),
        ("/usable", CampaignTerms { usable: window(i64::from(u32::MAX) * 1000, 6), ..terms() }),
        ("/usable/until", CampaignTerms { usable: window(5, 6), ..terms() }),
        ("/per_shopper", CampaignTerms { per_shopper: 0, ..terms() }),
        ("/per_shopper", CampaignTerms { per_shopper: 101, ..terms() }),
        ("/minimum_spend", CampaignTerms { minimum_spend: Money::new(-1), ..terms() }),
        ("/platform_share", CampaignTerms { platform_share: BasisPoints::new(10_001), ..terms() }),
        ("/platform_share", CampaignTerms { platform_share: BasisPoints::new(4_999), ..terms() }),
        ("/eligibility/segments", CampaignTerms { eligibility: Eligibility::Segments(vec![]), ..terms() }),
        (
            "/eligibility/segments",
            CampaignTerms { eligibility: Eligibility::Segments(vec![Segment::new("a").unwrap(); 33]), ..terms() },
        ),
        ("/discount", CampaignTerms { discount: Discount::Fixed { amount: Money::ZERO }, ..terms() }),
        ("/budget", CampaignTerms { budget: Some(Money::ZERO), ..terms() }),
        ("/budget", CampaignTerms { discount: uncapped, ..terms() }),
        ("/restoration", CampaignTerms { restoration: Restoration::WithinUseWindow { times: 0 }, ..terms() }),
    ];
    for (field, terms) in table {
        assert_eq!(terms.check().map_err(|error| error.field), Err(field), "{terms:?}");
    }
}

/// Nobody bears more than half of what it did not ask for.
#[test]
fn a_seller_bears_more_than_half_only_by_its_own_initiative() {
    let table =
        [(10_000, false, true), (5_000, false, true), (4_999, false, false), (4_999, true, true), (0, true, true)];
    for (points, seller_initiated, allowed) in table {
        let terms = CampaignTerms { platform_share: BasisPoints::new(points), seller_initiated, ..terms() };
        assert_eq!(terms.check().is_ok(), allowed, "{points} {seller_initiated}");
    }
    let written = serde_json::to_string(&terms()).unwrap();
    assert!(!written.contains("seller_initiated"), "terms are written as before unless it is said");
    assert!(!serde_json::from_str::<CampaignTerms>(&written).unwrap().seller_initiated);
}

#[test]
fn an_unknown_term_is_refused_and_a_missing_one_has_its_default() {
    let text =
        r#"{"stock":1,"claim":{"from":1,"until":2},"usable":{"from":1,"until":2},"discount":{"fixed":{"amount":500}}}"#;
    let read: CampaignTerms = serde_json::from_str(text).unwrap();
    assert_eq!((read.per_shopper, read.platform_share, read.budget), (1, BasisPoints::WHOLE, None));
    assert_eq!((read.eligibility, read.restoration), (Eligibility::Everyone, Restoration::Never));
    assert!(serde_json::from_str::<CampaignTerms>(&text.replace("\"stock\"", "\"colour\":1,\"stock\"")).is_err());
    assert!(serde_json::from_str::<CampaignTerms>(&text.replace(":1,", ":1.5,")).is_err());
}

proptest! {
    #[test]
    fn a_discount_takes_at_most_the_order_and_at_most_its_bound(
        spend in 0..=Money::LARGEST.minor(),
        amount in 1..=Money::LARGEST.minor(),
        points in 1_u16..=10_000,
        kind in 0_u8..3,
    ) {
        let share = BasisPoints::new(points);
        let discount = match kind {
            0 => Discount::Fixed { amount: Money::new(amount) },
            1 => Discount::Percent { share, cap: Some(Money::new(amount)) },
            _ => Discount::Percent { share, cap: None },
        };
        let off = discount.on(Money::new(spend));
        prop_assert!(off >= Money::ZERO && off <= Money::new(spend));
        prop_assert!(discount.most().is_none_or(|most| off <= most));
    }
}

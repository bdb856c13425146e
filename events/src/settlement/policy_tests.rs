//! A seller's policy, rule by rule, and which commission applies to what.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use super::{GraceMs, SellerPolicy};
use crate::calendar::{Weekday, ZoneName};
use crate::ids::{Category, Sku};
use crate::money::{BasisPoints, Money};
use crate::settlement::{CommissionRule, Fee, LineTerms, PayOut, RuleKind, RuleMatch, Vat};

fn rule(applies_to: RuleMatch, fee: Fee) -> CommissionRule {
    CommissionRule { applies_to, fee, minimum: Money::ZERO }
}

fn rate(points: u16) -> Fee {
    Fee::Rate(BasisPoints::new(points))
}

fn with(commission: Vec<CommissionRule>) -> SellerPolicy {
    SellerPolicy { commission, ..SellerPolicy::default() }
}

fn product(name: &str) -> RuleMatch {
    RuleMatch::Product(Sku::new(name).unwrap())
}

#[test]
fn each_rule_names_its_field() {
    let usual = SellerPolicy::default;
    let weekly = |points, days| PayOut::Weekly {
        first_share: BasisPoints::new(points),
        weekday: Weekday::Friday,
        reserve_after_days: days,
    };
    let many = (0..257).map(|number| rule(product(&format!("p{number}")), rate(1))).collect();
    let table = [
        (usual(), None),
        (with(vec![rule(RuleMatch::Seller, rate(10_000)), rule(product("tea"), rate(0))]), None),
        (SellerPolicy { time_zone: ZoneName::new("America/New_York"), ..usual() }, None),
        (SellerPolicy { time_zone: ZoneName::new("Mars/Olympus"), ..usual() }, Some("/time_zone")),
        (with(many), Some("/commission")),
        (with(vec![rule(product("tea"), rate(1)), rule(product("tea"), rate(2))]), Some("/commission/applies_to")),
        (
            with(vec![rule(RuleMatch::Seller, rate(1)), rule(RuleMatch::Seller, rate(1))]),
            Some("/commission/applies_to"),
        ),
        (with(vec![rule(RuleMatch::Seller, rate(10_001))]), Some("/commission/fee/rate")),
        (with(vec![rule(RuleMatch::Seller, Fee::Fixed(Money::new(-1)))]), Some("/commission/fee/fixed")),
        (
            with(vec![CommissionRule { minimum: Money::new(-1), ..rule(RuleMatch::Seller, rate(1)) }]),
            Some("/commission/minimum"),
        ),
        (SellerPolicy { grace_ms: GraceMs(-1), ..usual() }, Some("/grace_ms")),
        (SellerPolicy { grace_ms: GraceMs(604_800_001), ..usual() }, Some("/grace_ms")),
        (SellerPolicy { pay_out: weekly(7_000, 30), ..usual() }, None),
        (SellerPolicy { pay_out: weekly(0, 30), ..usual() }, Some("/pay_out/weekly/first_share")),
        (SellerPolicy { pay_out: weekly(10_001, 30), ..usual() }, Some("/pay_out/weekly/first_share")),
        (SellerPolicy { pay_out: weekly(1, 91), ..usual() }, Some("/pay_out/weekly/reserve_after_days")),
        (
            SellerPolicy { pay_out: PayOut::Daily { business_days: 91 }, ..usual() },
            Some("/pay_out/daily/business_days"),
        ),
        (
            SellerPolicy { pay_out: PayOut::Monthly { business_days: 91 }, ..usual() },
            Some("/pay_out/monthly/business_days"),
        ),
    ];
    for (policy, field) in table {
        assert_eq!(policy.check().err().map(|error| error.field), field, "{policy:?}");
    }
}

#[test]
fn the_most_specific_rule_wins_whatever_the_order() {
    let (tea, rice) = (Sku::new("tea").unwrap(), Sku::new("rice").unwrap());
    let food = Category::new("food").unwrap();
    let mut rules = vec![
        rule(RuleMatch::Seller, rate(800)),
        rule(RuleMatch::Category(food.clone()), rate(600)),
        rule(product("tea"), Fee::Fixed(Money::new(300))),
    ];
    for _ in 0..rules.len() {
        rules.rotate_left(1);
        let policy = with(rules.clone());
        let table = [
            (&tea, Some(&food), RuleKind::Product, Fee::Fixed(Money::new(300))),
            (&rice, Some(&food), RuleKind::Category, rate(600)),
            (&rice, None, RuleKind::Seller, rate(800)),
        ];
        for (sku, category, kind, fee) in table {
            let terms = policy.terms_of(sku, category);
            assert_eq!((terms.rule, terms.fee), (kind, fee), "{sku}");
            assert!(policy.gives(&terms));
            assert!(!policy.gives(&LineTerms { fee: rate(1), ..terms }));
        }
    }
    let terms = with(vec![rule(product("tea"), rate(1))]).terms_of(&rice, Some(&food));
    assert_eq!(terms, LineTerms::market(Vat::Included));
}

#[test]
fn a_policy_needs_to_say_nothing_and_may_not_say_what_nobody_knows() {
    assert_eq!(serde_json::from_str::<SellerPolicy>("{}").unwrap(), SellerPolicy::default());
    let full = r#"{"effective_from":"2026-12-01","basis":"delivered","time_zone":"Asia/Seoul","commission":[
        {"applies_to":{"product":"tea"},"fee":{"rate":1200},"minimum":300},{"applies_to":"seller","fee":{"fixed":500}}],
        "vat":"added","pay_out":{"weekly":{"first_share":7000,"weekday":"friday","reserve_after_days":30}},"grace_ms":0}"#;
    assert_eq!(serde_json::from_str::<SellerPolicy>(full).unwrap().check(), Ok(()));
    for wrong in [
        r#"{"effective_from":"2026-02-30"}"#,
        r#"{"colour":"red"}"#,
        r#"{"basis":"soon"}"#,
        r#"{"commission":[{"applies_to":"seller","fee":{"rate":70000}}]}"#,
        r#"{"commission":[{"applies_to":"seller","fee":{"rate":-1}}]}"#,
        r#"{"commission":[{"applies_to":"everyone","fee":{"rate":1}}]}"#,
        r#"{"pay_out":{"weekly":{"first_share":7000,"weekday":"someday","reserve_after_days":30}}}"#,
    ] {
        assert!(serde_json::from_str::<SellerPolicy>(wrong).is_err(), "{wrong}");
    }
}

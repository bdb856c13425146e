//! Rows are read as they were written, also by the next build; what is no row is an error, and a newer row is recognised; posted lines are small;
//! the rule that is found in a policy's row is the policy's own.

use events::calendar::{Day, Weekday, ZoneName};
use events::ids::Category;
use events::money::{BasisPoints, Money};
use events::settlement::{
    Basis, CommissionRule, DayTotals, Fee, GraceMs, LineTerms, PayOut, RuleKind, RuleMatch, SellerPolicy, Settled,
    SettlementRefusal, Vat,
};
use events::time::Timestamp;
use proptest::prelude::*;

use super::effects::Wakeup;
use super::fixture::{day, line, order, policy, request, rule, seller, sku};
use super::requests::Decided;
use super::schedule::Scheduled;
use super::seller::{OpenDay, Seller};
use super::sold::{SettledLine, SoldLines};
use super::stores::{LINES, LinesKey, POLICIES, PolicyKey, SELLERS};
use super::{rows_of_lines, rows_of_policies};
use crate::kit::table::TableKey;
use crate::kit::testing::rows;

fn totals() -> DayTotals {
    let terms = LineTerms::market(Vat::Added);
    let settled = Settled::of(&line("tea", 3, 10_000, 999, 3_000).amounts, 3, 1, None, &terms).unwrap();
    DayTotals { lines: u64::MAX, amounts: Settled::default().minus(&settled).unwrap() }
}

fn sellers() -> Vec<Seller> {
    let at = Timestamp::from_millis;
    let open = |basis, changed| OpenDay {
        day: day("2026-11-23"),
        begins: at(1_795_359_600_000),
        ends: at(1_795_446_000_000),
        over_at: at(1_795_446_600_000),
        policy: 7,
        basis,
        totals: totals(),
        changed,
    };
    let full = Seller {
        version: u64::MAX,
        numbered: 9,
        closed: Some(day("1970-01-01")),
        carried: Money::new(-7),
        zone: ZoneName::new("America/New_York"),
        policies: u32::MAX,
        newest_from: day("9999-12-31"),
        snapshot_at: at(5),
        snapshot_due: Some(at(6)),
        forgetting: true,
        days: Basis::ALL.into_iter().map(|basis| open(basis, basis > Basis::Shipped)).collect(),
        ..Seller::new(&seller("seller-1"))
    };
    vec![Seller::new(&seller("seller-1")), full]
}

fn terms() -> Vec<LineTerms> {
    let fees = [Fee::Rate(BasisPoints::WHOLE), Fee::Fixed(Money::LARGEST)];
    let all = RuleKind::ALL.into_iter().flat_map(|rule| {
        [Vat::Included, Vat::Added, Vat::None].into_iter().flat_map(move |vat| {
            fees.into_iter().map(move |fee| LineTerms { rule, fee, minimum: Money::new(i64::from(rule as u8)), vat })
        })
    });
    all.collect()
}

fn lines() -> SoldLines {
    let line = |terms| SettledLine {
        sku: sku("tea"),
        quantity: 1_000,
        refunded: 999,
        supply_price: (terms == LineTerms::supply_price(Vat::None)).then_some(Money::LARGEST),
        amounts: line("tea", 1, 1_000_000, 999, 3_000).amounts,
        terms,
    };
    let supply = LineTerms::supply_price(Vat::None);
    SoldLines { policy: 7, touched: 20_780, lines: terms().into_iter().chain([supply]).map(line).collect() }
}

fn policies() -> Vec<Scheduled> {
    let cycles = [
        PayOut::Daily { business_days: 90 },
        PayOut::Weekly { first_share: BasisPoints::new(7_000), weekday: Weekday::Sunday, reserve_after_days: 30 },
        PayOut::Monthly { business_days: 15 },
    ];
    let commission = vec![
        rule(RuleMatch::Seller, 1),
        CommissionRule {
            applies_to: RuleMatch::Product(sku("tea")),
            fee: Fee::Fixed(Money::new(7)),
            minimum: Money::new(9),
        },
        rule(RuleMatch::Category(Category::new("food").unwrap()), 10_000),
    ];
    let scheduled = |(number, pay_out)| {
        let from = day("2026-12-01");
        let effective_from = (number == 1).then_some(from);
        let (vat, basis) = (Vat::Added, Basis::Shipped);
        let usual = SellerPolicy { commission: commission.clone(), grace_ms: GraceMs(0), ..policy() };
        Scheduled { number, from, policy: SellerPolicy { effective_from, pay_out, vat, basis, ..usual } }
    };
    (1..).zip(cycles).map(scheduled).collect()
}

fn lines_key() -> LinesKey {
    LinesKey::new(&seller("seller-1"), &order("order-1"))
}

fn policy_key(number: u32) -> PolicyKey {
    PolicyKey::new(&seller("seller-1"), number)
}

#[test]
fn rows_are_read_as_they_were_written_and_no_other_way() {
    for seller in sellers() {
        rows::check(&SELLERS, &seller.id.clone(), &seller);
    }
    rows::check(&LINES, &lines_key(), &lines());
    assert_eq!(rows_of_lines::touched(&rows::write(&LINES, &lines_key(), &lines())), Ok(20_780));
    for policy in policies() {
        rows::check(&POLICIES, &policy_key(policy.number), &policy);
    }
}

/// A changelog outlives the build that wrote it: bytes of version 1 as they have always been.
#[test]
fn rows_of_version_1_are_these_bytes() {
    let mut sold = lines();
    sold.lines.truncate(1);
    // version; touched, policy, count; rule and tax, rate; sku, quantity, refunded; due, platform's and seller's share
    let expected = "01 aca201 07 01 00 904e 03746561 e807 e707 b2f979 d804 f60a".replace(' ', "");
    assert_eq!(rows::hex(&rows::write(&LINES, &lines_key(), &sold)), expected);
    let mut known = sellers().remove(1);
    known.days.clear();
    let expected =
        "01 ffffffffffffffffff01 09 01 0d 10 416d65726963612f4e65775f596f726b ffffffff0f a081b301 0a 03 0c 00";
    assert_eq!(rows::hex(&rows::write(&SELLERS, &known.id, &known)), expected.replace(' ', ""));
    let key = LinesKey::new(&seller("s"), &request("place").order());
    let digits = request("place").order().as_str()[4..].to_owned();
    assert_eq!(rows::hex(&key.bytes()), format!("730000{digits}"));
    assert_eq!(LinesKey::new(&seller("s"), &order("ord_12")).bytes().as_ref(), b"s\0ord_12");
}

#[test]
fn the_rule_that_a_row_gives_is_the_policys() {
    let food = Category::new("food").unwrap();
    for policy in policies() {
        let row = rows::write(&POLICIES, &policy_key(policy.number), &policy);
        assert_eq!(rows_of_policies::vat_in(&row), Ok(policy.policy.vat));
        for (sku, category) in [(sku("tea"), Some(&food)), (sku("rice"), Some(&food)), (sku("rice"), None)] {
            let found = rows_of_policies::terms_in(&row, &sku, category);
            assert_eq!(found, Ok(policy.policy.terms_of(&sku, category)));
        }
    }
}

#[test]
fn every_answer_is_read_as_it_was_written() {
    let day = Day::FIRST;
    let (totals, payable) = (DayTotals { lines: 1, ..DayTotals::default() }, Money::LARGEST);
    let accepted = [
        Decided::Set { version: u64::MAX, number: 3, from: day },
        Decided::Closed { version: 1, day, totals, payable },
    ];
    rows::check_fields(&accepted);
    rows::check_fields(&SettlementRefusal::ALL.map(Decided::Refused));
}

#[test]
fn timers_of_version_1_are_these_bytes() {
    let seller = || seller("s");
    let day_two = Day::FIRST.next().next();
    rows::check_wakeup(&Wakeup::Close { seller: seller(), day: day_two }, 1, "01 01 73 04");
    rows::check_wakeup(&Wakeup::Snapshot { seller: seller() }, 2, "01 01 73");
    rows::check_wakeup(&Wakeup::ForgetLines { seller: seller(), after: vec![] }, 3, "01 01 73");
    rows::check_wakeup(&Wakeup::ForgetLines { seller: seller(), after: b"s\0a".to_vec() }, 3, "01 01 73 73 00 61");
    rows::check_wakeup(&Wakeup::ForgetRequests, 4, "01");
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        rows::read_anything(&SELLERS, &seller("seller-1"), &bytes);
        rows::read_anything(&LINES, &lines_key(), &bytes);
        rows::read_anything(&POLICIES, &policy_key(1), &bytes);
        prop_assert!(rows_of_lines::touched(&bytes).is_err() || bytes[0] == 1);
    }
}

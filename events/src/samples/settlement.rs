//! Settlement: one message of every kind, with every field filled.

use super::{UNTIL, inventory, order, orders, request, seller, sku};
use crate::calendar::{Day, Weekday, ZoneName};
use crate::ids::Category;
use crate::money::{BasisPoints, Money};
use crate::settlement::{
    Basis, CommissionRule, DayTotals, Fee, GraceMs, LineKind, LineTerms, PayOut, PostedLine, RefundedLine, RuleMatch,
    SellerPolicy, Settled, SettlementCommand, SettlementEvent, SettlementFact, SettlementRefusal, SoldLine, Source,
    Statement, Vat,
};

/// A civil day.
pub fn day() -> Day {
    "2026-09-21".parse().unwrap()
}

/// A seller's policy.
pub fn policy() -> SellerPolicy {
    let category = Category::new("food").unwrap();
    let rule = |applies_to, fee| CommissionRule { applies_to, fee, minimum: Money::new(300) };
    SellerPolicy {
        effective_from: Some(day()),
        basis: Basis::Delivered,
        time_zone: ZoneName::default(),
        commission: vec![
            rule(RuleMatch::Product(sku()), Fee::Fixed(Money::new(500))),
            rule(RuleMatch::Category(category), Fee::Rate(BasisPoints::new(1_200))),
            rule(RuleMatch::Seller, Fee::Rate(BasisPoints::new(800))),
        ],
        vat: Vat::Added,
        pay_out: PayOut::Weekly {
            first_share: BasisPoints::new(7_000),
            weekday: Weekday::Friday,
            reserve_after_days: 30,
        },
        grace_ms: GraceMs(600_000),
    }
}

fn terms() -> LineTerms {
    policy().terms_of(&sku(), None)
}

fn settled(refunded: u32) -> Settled {
    Settled::of(&orders::line_amounts(), 3, refunded, None, &terms()).unwrap()
}

/// A day's totals.
pub fn totals() -> DayTotals {
    DayTotals { lines: 1, amounts: settled(0) }
}

fn sold() -> SoldLine {
    let unit = inventory::unit();
    SoldLine {
        sku: sku(),
        category: unit.category,
        quantity: 3,
        refunded: 1,
        supply_price: unit.supply_price,
        amounts: orders::line_amounts(),
    }
}

/// Every command.
pub fn commands() -> Vec<SettlementCommand> {
    let (request, seller, order, at) = (request(), seller(), order(), UNTIL);
    let refunded = vec![RefundedLine { sku: sku(), refunded: 1 }];
    vec![
        SettlementCommand::SetPolicy { request, seller: seller.clone(), policy: policy() },
        SettlementCommand::CloseDay { request, seller: seller.clone(), day: day() },
        SettlementCommand::LinesReached {
            seller: seller.clone(),
            order: order.clone(),
            basis: Basis::Paid,
            at,
            lines: vec![sold()],
        },
        SettlementCommand::LinesRefunded { seller, order, refund: 2, at, lines: refunded },
    ]
}

/// An event for every fact.
pub fn events() -> Vec<SettlementEvent> {
    let request = request();
    let amounts = settled(1).minus(&settled(0)).unwrap();
    let line = PostedLine { number: 7, sku: sku(), quantity: -1, terms: terms(), amounts };
    let statement = Statement::close(totals(), 2, &policy(), day(), Money::new(-700)).unwrap();
    let facts = [
        SettlementFact::PolicySet { request, number: 2, from: day(), policy: policy() },
        SettlementFact::PolicyRefused { request, reason: SettlementRefusal::TermsFrozen },
        SettlementFact::LinesPosted {
            day: day(),
            kind: LineKind::Contra,
            order: order(),
            refund: Some(2),
            reached_at: UNTIL,
            policy: 2,
            source: Source { partition: 3, offset: 4_711 },
            lines: vec![line],
        },
        SettlementFact::DayUpdated { day: day(), totals: totals() },
        SettlementFact::DayClosed { request: Some(request), day: day(), statement },
        SettlementFact::CloseRefused { request, day: day(), reason: SettlementRefusal::DayClosed },
    ];
    facts.into_iter().map(|fact| SettlementEvent { seller: seller(), version: 17, at: UNTIL, fact }).collect()
}

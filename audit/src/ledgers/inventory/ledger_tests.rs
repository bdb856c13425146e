//! A right log passes; every rule has a log that breaks it and is caught.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on should fail")]

use super::{HoldEnd, Rule, StockLedger};
use events::hold::ReleaseCause;
use events::ids::{OrderId, RequestId, SellerId, Sku};
use events::inventory::{InventoryEvent, InventoryFact, ProductTerms, SalePrice, StockLevel, StockRefusal};
use events::money::Money;
use events::time::{Timestamp, Window};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn request(name: &str) -> RequestId {
    RequestId::derive(&[name.as_bytes()])
}

fn order(name: &str) -> OrderId {
    OrderId::new(name).unwrap()
}

fn terms() -> ProductTerms {
    ProductTerms {
        seller: SellerId::new("seller-1").unwrap(),
        name: "tea".into(),
        category: None,
        list_price: Money::new(1_000),
        sale: Some(SalePrice { price: Money::new(700), window: Window { from: at(10), until: at(50) } }),
        supply_price: None,
        low_stock: Some(2),
    }
}

fn define(name: &str, terms: ProductTerms) -> InventoryFact {
    InventoryFact::ProductDefined { request: request(name), terms }
}

fn adjust(name: &str, change: i64) -> InventoryFact {
    InventoryFact::StockAdjusted { request: request(name), change }
}

fn held(name: &str, quantity: u32, time: i64) -> InventoryFact {
    InventoryFact::StockHeld {
        request: request(name),
        hold: request(name).hold(),
        order: order("order-1"),
        quantity,
        unit: terms().unit(at(time)),
        until: at(60),
    }
}

fn committed(name: &str, by: &str, quantity: u32) -> InventoryFact {
    let (request, hold) = (request(name), request(by).hold());
    InventoryFact::StockCommitted { request, hold, order: order("order-1"), quantity }
}

fn released(name: Option<&str>, by: &str, quantity: u32) -> InventoryFact {
    InventoryFact::StockReleased {
        request: name.map(request),
        hold: request(by).hold(),
        order: order("order-1"),
        quantity,
        cause: if name.is_some() { ReleaseCause::Released } else { ReleaseCause::Lapsed },
    }
}

fn returned(name: &str, by: &str, quantity: u32, returned: u32) -> InventoryFact {
    let (request, hold) = (request(name), request(by).hold());
    InventoryFact::StockReturned { request, hold, order: order("order-1"), quantity, returned }
}

fn refused(reason: StockRefusal) -> InventoryFact {
    InventoryFact::StockRefused { request: request("late"), order: None, reason }
}

/// Time, fact, and received, available, held, sold after it.
type Line = (i64, InventoryFact, [u64; 4]);

/// A right beginning: ten units, three of them held, two sold.
fn beginning() -> Vec<Line> {
    vec![
        (1, define("define", terms()), [0, 0, 0, 0]),
        (5, adjust("stock", 10), [10, 10, 0, 0]),
        (12, held("h1", 3, 12), [10, 7, 3, 0]),
        (13, held("h2", 2, 13), [10, 5, 5, 0]),
        (14, committed("c2", "h2", 2), [10, 5, 3, 2]),
    ]
}

fn event(time: i64, version: u64, fact: InventoryFact, counts: [u64; 4]) -> InventoryEvent {
    let [received, available, held, sold] = counts;
    let stock = StockLevel { received, available, held, sold };
    InventoryEvent { sku: Sku::new("tea").unwrap(), version, at: at(time), stock, fact }
}

/// Reads a log whose facts are numbered from 1; answers with the rule that the last one breaks, if it does.
fn read(lines: Vec<Line>) -> Option<Rule> {
    let mut ledger = StockLedger::new();
    let last = lines.len();
    for ((time, fact, counts), version) in lines.into_iter().zip(1_u64..) {
        match ledger.apply(&event(time, version, fact, counts)) {
            Ok(()) => {}
            Err(violation) if version == last as u64 => return Some(violation.rule),
            Err(violation) => unreachable!("too early: {violation}"),
        }
    }
    None
}

fn check(lines: impl IntoIterator<Item = Line>, expected: impl Into<Option<Rule>>) {
    let mut log = beginning();
    log.extend(lines);
    let name = format!("{:?}", log[beginning().len()..].to_vec());
    assert_eq!(read(log), expected.into(), "{name}");
}

#[test]
fn a_right_log_passes() {
    let low = InventoryFact::StockLow { threshold: 2 };
    check(
        [
            (20, committed("c1", "h1", 3), [10, 5, 0, 5]),
            (21, returned("b1", "h1", 1, 1), [10, 6, 0, 4]),
            (22, returned("b2", "h1", 0, 1), [10, 6, 0, 4]),
            (23, returned("b3", "h1", 2, 3), [10, 8, 0, 2]),
            (24, held("h3", 7, 24), [10, 1, 7, 2]),
            (24, low.clone(), [10, 1, 7, 2]),
            (25, held("h4", 1, 25), [10, 0, 8, 2]),
            (26, refused(StockRefusal::InsufficientStock), [10, 0, 8, 2]),
            (60, released(None, "h3", 7), [10, 7, 1, 2]),
            (61, released(Some("x4"), "h4", 1), [10, 8, 0, 2]),
            (62, adjust("gone", -7), [3, 1, 0, 2]),
            (62, low, [3, 1, 0, 2]),
            (63, define("define again", ProductTerms { low_stock: None, ..terms() }), [3, 1, 0, 2]),
        ],
        None,
    );
}

#[test]
fn holds_are_told_with_their_ends() {
    let mut ledger = StockLedger::new();
    for ((time, fact, counts), version) in beginning().into_iter().zip(1..) {
        ledger.apply(&event(time, version, fact, counts)).unwrap();
    }
    assert_eq!(ledger.holds().count(), 2);
    assert_eq!(ledger.hold(request("h1").hold()).unwrap().end, None);
    assert_eq!(ledger.hold(request("h2").hold()).unwrap().end, Some(HoldEnd::Committed { returned: 0 }));
    assert_eq!(ledger.requests(), 5);
    assert_eq!(ledger.levels().map(|(sku, level)| (sku.as_str(), level.held)).collect::<Vec<_>>(), [("tea", 3)]);
}

#[test]
fn before_the_definition_everything_is_refused_and_nothing_is_counted() {
    let refused_product = |reason| InventoryFact::ProductRefused { request: request("r"), reason };
    let cases = [
        (0, refused(StockRefusal::UnknownProduct), None),
        (0, refused_product(StockRefusal::UnknownProduct), None),
        (0, refused_product(StockRefusal::InvalidTerms), None),
        (1, refused(StockRefusal::UnknownProduct), Some(Rule::GaplessVersions)),
        (0, refused(StockRefusal::NotHeld), Some(Rule::NothingBeforeTheDefinition)),
        (0, adjust("a", 1), Some(Rule::NothingBeforeTheDefinition)),
        (2, define("d", terms()), Some(Rule::GaplessVersions)),
        (1, define("d", ProductTerms { name: String::new(), ..terms() }), Some(Rule::PromisesAreKept)),
    ];
    for (version, fact, expected) in cases {
        let judged = StockLedger::new().apply(&event(1, version, fact.clone(), [0; 4]));
        assert_eq!(judged.err().map(|violation| violation.rule), expected, "{fact:?}");
    }
}

#[test]
fn every_rule_has_a_log_that_breaks_it() {
    let seller = |name: &str| ProductTerms { seller: SellerId::new(name).unwrap(), ..terms() };
    let mut misnamed = held("h3", 1, 20);
    if let InventoryFact::StockHeld { hold, .. } = &mut misnamed {
        *hold = request("h9").hold();
    }
    let mut foreign = committed("c1", "h1", 3);
    if let InventoryFact::StockCommitted { order, .. } = &mut foreign {
        *order = self::order("order-2");
    }
    let low = |threshold| InventoryFact::StockLow { threshold };
    let cases: Vec<(Rule, Vec<Line>)> = vec![
        (Rule::OneDecisionPerRequest, vec![(20, adjust("stock", 1), [11, 6, 3, 2])]),
        (Rule::TimeNeverRunsBack, vec![(13, adjust("a", 1), [11, 6, 3, 2])]),
        (Rule::StockIdentity, vec![(20, adjust("a", 1), [11, 5, 3, 2])]),
        (Rule::StockIdentity, vec![(20, held("h3", 6, 20), [10, 0, 8, 2])]),
        (Rule::StockIdentity, vec![(20, adjust("a", -6), [4, 0, 3, 2])]),
        (Rule::NumbersFollowFacts, vec![(20, adjust("a", 1), [12, 7, 3, 2])]),
        (Rule::IdsAreDerived, vec![(20, misnamed, [10, 4, 4, 2])]),
        // of another order, of fewer units, twice, too late, too early, never held, more than left, none
        (Rule::LegalMoves, vec![(20, foreign, [10, 5, 0, 5])]),
        (Rule::LegalMoves, vec![(20, committed("c1", "h1", 2), [10, 5, 1, 4])]),
        (Rule::LegalMoves, vec![(20, committed("c3", "h2", 2), [10, 5, 1, 4])]),
        (Rule::LegalMoves, vec![(60, committed("c1", "h1", 3), [10, 5, 0, 5])]),
        (Rule::LegalMoves, vec![(59, released(None, "h1", 3), [10, 8, 0, 2])]),
        (Rule::LegalMoves, vec![(20, released(Some("x"), "h9", 3), [10, 8, 0, 2])]),
        (Rule::LegalMoves, vec![(20, released(Some("x"), "h2", 2), [10, 7, 1, 2])]),
        (Rule::LegalMoves, vec![(20, returned("b", "h2", 3, 3), [10, 8, 3, 0])]),
        (Rule::LegalMoves, vec![(20, returned("b", "h2", 2, 1), [10, 7, 3, 0])]),
        (Rule::LegalMoves, vec![(20, returned("b", "h1", 1, 1), [10, 6, 3, 1])]),
        (Rule::LegalMoves, vec![(60, held("h3", 1, 60), [10, 4, 4, 2])]),
        // the price of another instant, another seller
        (Rule::PromisesAreKept, vec![(20, held("h3", 1, 50), [10, 4, 4, 2])]),
        (Rule::PromisesAreKept, vec![(20, define("d", seller("seller-2")), [10, 5, 3, 2])]),
        (Rule::RefusalsAreTrue, vec![(20, refused(StockRefusal::UnknownProduct), [10, 5, 3, 2])]),
        (
            Rule::RefusalsAreTrue,
            vec![
                (20, adjust("a", 1_000), [1_010, 1_005, 3, 2]),
                (21, refused(StockRefusal::InsufficientStock), [1_010, 1_005, 3, 2]),
            ],
        ),
        // without need, with another number, not at all, twice
        (Rule::LowStockIsTold, vec![(20, low(2), [10, 5, 3, 2])]),
        (Rule::LowStockIsTold, vec![(20, held("h3", 4, 20), [10, 1, 7, 2]), (20, low(3), [10, 1, 7, 2])]),
        (Rule::LowStockIsTold, vec![(20, held("h3", 4, 20), [10, 1, 7, 2]), (20, adjust("a", 5), [15, 6, 7, 2])]),
        (
            Rule::LowStockIsTold,
            vec![
                (20, held("h3", 4, 20), [10, 1, 7, 2]),
                (20, low(2), [10, 1, 7, 2]),
                (21, held("h4", 1, 21), [10, 0, 8, 2]),
                (21, low(2), [10, 0, 8, 2]),
            ],
        ),
    ];
    let mut broken = std::collections::BTreeSet::from([Rule::NothingBeforeTheDefinition, Rule::GaplessVersions]);
    for (rule, lines) in cases {
        check(lines, rule);
        broken.insert(rule);
    }
    assert_eq!(broken.into_iter().collect::<Vec<_>>(), Rule::ALL);
}

#[test]
fn a_gap_in_the_versions_is_seen() {
    let mut ledger = StockLedger::new();
    ledger.apply(&event(1, 1, define("d", terms()), [0; 4])).unwrap();
    let violation = ledger.apply(&event(2, 3, adjust("a", 5), [5, 5, 0, 0])).unwrap_err();
    assert_eq!(violation.rule, Rule::GaplessVersions);
    assert_eq!(violation.to_string(), "gapless_versions is broken by stock_adjusted, version 3 of product tea");
}

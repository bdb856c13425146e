//! Tests of the test: sound logs hold every promise, and each defect breaks the promise it is a defect of.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

use std::collections::BTreeSet;

use events::calendar::Day;
use events::ids::{OrderId, RequestId, SellerId, Sku};
use events::money::{BasisPoints, Money};
use events::orders::{OrderEvent, OrderFact, OrderState};
use events::settlement::{
    Basis, CommissionRule, DayTotals, Fee, LineKind, PostedLine, RuleMatch, SellerPolicy, Settled, SettlementEvent,
    SettlementFact, Source as Place, Statement,
};
use events::time::Timestamp;
use projections::{Projection, Source};

use super::{GROSS, OWED, SETTLEMENT, STATEMENTS, Settling};
use crate::verify::saga::fixture::{self, Fixture};
use crate::verify::verdict::Verdict;

/// An order of two units with a coupon is bought, settled, and one unit comes back; another order expires.
struct Books {
    fixture: Fixture,
    facts: Vec<SettlementEvent>,
}

fn seller() -> SellerId {
    SellerId::new("seller").unwrap()
}

fn day() -> Day {
    Day::FIRST
}

fn policy() -> SellerPolicy {
    let rule =
        CommissionRule { applies_to: RuleMatch::Seller, fee: Fee::Rate(BasisPoints::new(1_000)), minimum: Money::ZERO };
    SellerPolicy { basis: Basis::Paid, commission: vec![rule], ..SellerPolicy::default() }
}

fn books() -> Books {
    let fixture = fixture::fixture();
    let order = fixture.bought();
    let (paid, refunded) = (&fixture.orders[3], &fixture.orders[6]);
    let sku = Sku::new("tea").unwrap();
    let OrderFact::OrderPriced { lines, .. } = &fixture.orders[1].fact else { unreachable!() };
    let (sold, terms) = (lines[0].amounts, policy().terms_of(&sku, None));
    let settled = |back| Settled::of(&sold, 2, back, None, &terms).unwrap();
    let source = Place { partition: 0, offset: 4 };
    let posting = |kind, refund, at, number, quantity, amounts| SettlementFact::LinesPosted {
        day: day(),
        kind,
        order: order.clone(),
        refund,
        reached_at: at,
        policy: 1,
        source,
        lines: vec![PostedLine { number, sku: sku.clone(), quantity, terms, amounts }],
    };
    let contra = settled(1).minus(&settled(0)).unwrap();
    let totals = DayTotals::default().with(&settled(0)).and_then(|totals| totals.with(&contra)).unwrap();
    let statement = Statement::close(totals, 1, &policy(), day(), Money::ZERO).unwrap();
    let set = SettlementFact::PolicySet { request: request("policy"), number: 1, from: day(), policy: policy() };
    let facts = [
        (Timestamp::from_millis(0), set),
        (paid.at, posting(LineKind::Sale, None, paid.at, 1, 2, settled(0))),
        (refunded.at, posting(LineKind::Contra, Some(1), refunded.at, 2, -1, contra)),
        (refunded.at, SettlementFact::DayUpdated { day: day(), totals }),
        (refunded.at, SettlementFact::DayClosed { request: Some(request("close")), day: day(), statement }),
    ];
    let event = |(place, (at, fact)): (usize, (Timestamp, SettlementFact))| SettlementEvent {
        seller: seller(),
        version: place as u64 + 1,
        at,
        fact,
    };
    let facts = facts.into_iter().enumerate().map(event).collect();
    Books { fixture, facts }
}

fn request(name: &str) -> RequestId {
    RequestId::of("operator", "route", name)
}

impl Books {
    fn rows(&self) -> Projection {
        let mut rows = self.fixture.rows();
        for (offset, event) in self.facts.iter().enumerate() {
            rows.apply(event, Source { partition: 0, offset: i64::try_from(offset).unwrap() });
        }
        rows
    }

    fn settling(&self) -> (Settling, Verdict) {
        let (mut settling, mut verdict) = (Settling::default(), Verdict::default());
        self.fixture.orders.iter().for_each(|event| settling.order(event));
        let source = Source { partition: 0, offset: 0 };
        self.facts.iter().for_each(|event| settling.settlement(event, source, &mut verdict));
        (settling, verdict)
    }

    fn verdict(&self) -> Verdict {
        let (settling, mut verdict) = self.settling();
        settling.judge(&self.rows(), &mut verdict);
        verdict
    }

    fn rests(&self) -> bool {
        self.settling().0.rests(&self.rows())
    }

    fn lines(&mut self, place: usize) -> &mut Vec<PostedLine> {
        let SettlementFact::LinesPosted { lines, .. } = &mut self.facts[place].fact else { panic!("no lines") };
        lines
    }
}

#[test]
fn sound_logs_hold_every_promise() {
    let books = books();
    let verdict = books.verdict();
    assert!(verdict.holds(), "{verdict}");
    let promises: BTreeSet<_> = verdict.proof.keys().copied().collect();
    assert_eq!(promises, BTreeSet::from([SETTLEMENT, OWED, STATEMENTS, GROSS]));
    assert_eq!((verdict.counts.statements, verdict.counts.statement_lines), (1, 2));
    assert!(books.rests());
}

#[test]
fn where_nothing_was_sold_nothing_is_promised() {
    let fixture = Fixture { inventory: Vec::new(), orders: Vec::new(), coupons: Vec::new(), payments: Vec::new() };
    let nothing = Books { fixture, facts: Vec::new() };
    assert!(nothing.verdict().proof.is_empty() && nothing.rests());
}

#[test]
fn what_is_not_posted_or_not_told_yet_does_not_rest() {
    for kept in [1, 2, 3] {
        let mut books = books();
        books.facts.truncate(kept);
        assert!(!books.rests(), "{kept} facts");
    }
}

#[test]
fn a_step_that_may_count_by_none_of_the_policies_need_not_be_posted() {
    let mut books = books();
    books.facts.truncate(1);
    let SettlementFact::PolicySet { policy, .. } = &mut books.facts[0].fact else { unreachable!() };
    policy.basis = Basis::Shipped;
    assert!(books.rests(), "{}", books.verdict());
    // And by a policy of which it is not sure whether it held, both are right.
    books.facts.clear();
    assert!(books.rests(), "{}", books.verdict());
}

#[test]
fn each_defect_breaks_its_promise() {
    type Defect = fn(&mut Books);
    let table: [(&str, &str, Defect); 9] = [
        ("a version is left out", SETTLEMENT, |books| books.facts[4].version = 9),
        ("a line that is not balanced", GROSS, |books| books.lines(1)[0].amounts.due = Money::new(1)),
        ("a line is never posted", OWED, |books| books.facts.truncate(1)),
        ("a refund is never posted", OWED, |books| books.facts.truncate(2)),
        ("more is owed than was sold", OWED, |books| books.lines(1)[0].amounts.net = Money::new(1_000_000)),
        ("a line of an order that nobody placed", OWED, |books| {
            let SettlementFact::LinesPosted { order, .. } = &mut books.facts[1].fact else { unreachable!() };
            *order = OrderId::new("nobodys").unwrap();
        }),
        ("a line is posted though its order was never paid", OWED, |books| {
            books.fixture.orders.retain(|event| !matches!(event.fact, OrderFact::OrderPaid { .. }));
        }),
        ("a refund is posted at another time than it was made", OWED, |books| {
            let SettlementFact::LinesPosted { reached_at, .. } = &mut books.facts[2].fact else { unreachable!() };
            *reached_at = Timestamp::from_millis(1);
        }),
        ("a statement that is not the sum of its lines", STATEMENTS, |books| {
            let SettlementFact::DayClosed { statement, .. } = &mut books.facts[4].fact else { unreachable!() };
            statement.totals.lines = 3;
        }),
    ];
    for (defect, promise, apply) in table {
        let mut books = books();
        apply(&mut books);
        let verdict = books.verdict();
        assert_eq!(verdict.proof.get(promise), Some(&false), "{defect} does not break {promise}: {verdict}");
        assert!(verdict.counterexamples.contains_key(promise), "{defect} has no counterexample");
    }
}

/// The fixture's orders are what these tests take them for.
#[test]
fn the_story_pays_one_order_and_gives_a_unit_back() {
    let fixture = fixture::fixture();
    let is = |place: usize, state: OrderState, kind: &str| {
        let OrderEvent { state: found, fact, .. } = &fixture.orders[place];
        assert_eq!((*found, fact.kind()), (Some(state), kind));
    };
    is(3, OrderState::Paid, "order_paid");
    is(6, OrderState::Paid, "refund_completed");
}

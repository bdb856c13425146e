//! The ledger reads right logs to the end, and finds what is wrong in those that are not: each row takes the right log, breaks one
//! thing, and names the rule that must notice.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on should fail")]

use events::calendar::{Day, ZoneName};
use events::ids::{OrderId, RequestId, SellerId, Sku};
use events::money::{BasisPoints, Money};
use events::orders::LineAmounts;
use events::settlement::{
    CommissionRule, DayTotals, Fee, LineKind, LineTerms, PostedLine, RuleMatch, SellerPolicy, Settled, SettlementEvent,
    SettlementFact, SettlementRefusal, Source, Statement,
};
use events::time::Timestamp;

use super::{SettlementLedger, SettlementRule};

/// 2026-11-23 10:00 in Seoul.
const MORNING: i64 = 1_795_359_600_000 + 10 * HOUR;
const HOUR: i64 = 3_600_000;
const NEXT_NIGHT: i64 = 1_795_359_600_000 + 24 * HOUR + 600_000;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn seller() -> SellerId {
    SellerId::new("seller-1").unwrap()
}

fn request(name: &str) -> RequestId {
    RequestId::derive(&[name.as_bytes()])
}

fn policy() -> SellerPolicy {
    let fee = Fee::Rate(BasisPoints::new(1_000));
    let rule = CommissionRule { applies_to: RuleMatch::Seller, fee, minimum: Money::ZERO };
    SellerPolicy { commission: vec![rule], ..SellerPolicy::default() }
}

fn terms() -> LineTerms {
    policy().terms_of(&Sku::new("tea").unwrap(), None)
}

fn whole() -> LineAmounts {
    LineAmounts::of_lines(&[Money::new(10_000)], Money::new(2_000), BasisPoints::new(5_000)).unwrap().remove(0)
}

fn left(refunded: u32) -> Settled {
    Settled::of(&whole(), 3, refunded, None, &terms()).unwrap()
}

fn posted(number: u64, kind: LineKind, on: &str, at: i64, quantity: i32, amounts: Settled) -> SettlementFact {
    let line = PostedLine { number, sku: Sku::new("tea").unwrap(), quantity, terms: terms(), amounts };
    SettlementFact::LinesPosted {
        day: day(on),
        kind,
        order: OrderId::new("order-1").unwrap(),
        refund: (kind == LineKind::Contra).then_some(1),
        reached_at: Timestamp::from_millis(at),
        policy: 1,
        source: Source { partition: 0, offset: 7 },
        lines: vec![line],
    }
}

/// A policy, a sale, a stated day, its close, and everything taken back on the next day, which is carried on.
fn history() -> Vec<SettlementEvent> {
    let sold = DayTotals { lines: 1, amounts: left(0) };
    let first = left(1).minus(&left(0)).unwrap();
    let rest = left(3).minus(&left(1)).unwrap();
    let back = DayTotals::default().with(&first).unwrap().with(&rest).unwrap();
    let close = |totals, on, carried| Statement::close(totals, 1, &policy(), day(on), Money::new(carried)).unwrap();
    let (monday, tuesday) = ("2026-11-23", "2026-11-24");
    let next = NEXT_NIGHT + HOUR;
    let facts = [
        (MORNING, SettlementFact::PolicySet { request: request("p"), number: 1, from: day(monday), policy: policy() }),
        (MORNING + 1, posted(1, LineKind::Sale, monday, MORNING, 3, left(0))),
        (MORNING + 900, SettlementFact::DayUpdated { day: day(monday), totals: sold }),
        (NEXT_NIGHT, SettlementFact::DayClosed { request: None, day: day(monday), statement: close(sold, monday, 0) }),
        (next, posted(2, LineKind::Contra, tuesday, next, -1, first)),
        (next, posted(3, LineKind::Contra, tuesday, next, -2, rest)),
        (
            next,
            SettlementFact::CloseRefused {
                request: request("c1"),
                day: day(monday),
                reason: SettlementRefusal::DayClosed,
            },
        ),
        (
            next + 1,
            SettlementFact::DayClosed {
                request: Some(request("c2")),
                day: day(tuesday),
                statement: close(back, tuesday, 0),
            },
        ),
        (
            next + 2,
            SettlementFact::CloseRefused {
                request: request("c3"),
                day: day("2026-11-25"),
                reason: SettlementRefusal::DayAhead,
            },
        ),
        (next + 3, SettlementFact::PolicyRefused { request: request("p2"), reason: SettlementRefusal::InvalidPolicy }),
    ];
    let event =
        |(version, (at, fact))| SettlementEvent { seller: seller(), version, at: Timestamp::from_millis(at), fact };
    (1..).zip(facts).map(event).collect()
}

/// The first rule that the log breaks, and where.
fn judge(history: &[SettlementEvent]) -> Option<(usize, SettlementRule)> {
    let mut ledger = SettlementLedger::new();
    (0..).zip(history).find_map(|(place, event)| ledger.apply(event).err().map(|violation| (place, violation.rule)))
}

#[test]
fn a_right_log_is_right_and_tells_what_is_owed() {
    let mut ledger = SettlementLedger::new();
    for event in history() {
        ledger.apply(&event).unwrap();
    }
    let book = ledger.seller(&seller()).unwrap();
    let statements: Vec<_> = book.statements().map(|(_, statement)| statement.payable.minor()).collect();
    assert_eq!(statements, [8_100, 0]);
    assert_eq!(book.carried(), Money::new(-8_100));
    let lines: Vec<_> = book.lines().map(|(_, _, line)| (line.sold, line.left, line.amounts)).collect();
    assert_eq!(lines, [(3, 0, Settled::default())]);
    assert_eq!(ledger.requests(), 5);
}

#[test]
fn before_a_seller_is_known_there_are_only_refusals() {
    let event = |version, fact| SettlementEvent { seller: seller(), version, at: Timestamp::from_millis(1), fact };
    let close = |reason| SettlementFact::CloseRefused { request: request("c"), day: day("2026-11-23"), reason };
    let table = [
        (event(0, close(SettlementRefusal::UnknownSeller)), None),
        (event(0, close(SettlementRefusal::DayAhead)), Some(SettlementRule::RefusalsAreTrue)),
        (event(0, history()[1].fact.clone()), Some(SettlementRule::GaplessVersions)),
        (event(2, history()[0].fact.clone()), Some(SettlementRule::GaplessVersions)),
    ];
    for (event, rule) in table {
        assert_eq!(judge(std::slice::from_ref(&event)).map(|(_, rule)| rule), rule, "{event:?}");
    }
}

/// Breaks one thing of one fact.
type Break = fn(&mut SettlementEvent);

fn line(event: &mut SettlementEvent) -> &mut PostedLine {
    let SettlementFact::LinesPosted { lines, .. } = &mut event.fact else { panic!("no lines") };
    &mut lines[0]
}

fn statement(event: &mut SettlementEvent) -> &mut Statement {
    let SettlementFact::DayClosed { statement, .. } = &mut event.fact else { panic!("no statement") };
    statement
}

fn on(event: &mut SettlementEvent) -> &mut Day {
    match &mut event.fact {
        SettlementFact::PolicySet { from, .. } => from,
        SettlementFact::LinesPosted { day, .. }
        | SettlementFact::CloseRefused { day, .. }
        | SettlementFact::DayClosed { day, .. } => day,
        other => panic!("{other:?} has no day"),
    }
}

fn is_found(table: &[(usize, SettlementRule, Break)]) {
    for (place, rule, change) in table {
        let mut broken = history();
        change(&mut broken[*place]);
        assert_eq!(judge(&broken), Some((*place, *rule)));
    }
}

#[test]
fn a_broken_line_is_found_where_it_is_broken() {
    is_found(&[
        (1, SettlementRule::GaplessVersions, |event| event.version = 3),
        (2, SettlementRule::TimeNeverRunsBack, |event| event.at = Timestamp::from_millis(MORNING)),
        (4, SettlementRule::GaplessLines, |event| line(event).number = 3),
        (1, SettlementRule::LineIdentity, |event| line(event).amounts.due = Money::new(7_999)),
        (1, SettlementRule::LineIdentity, |event| line(event).amounts.net = Money::new(8_101)),
        (1, SettlementRule::TermsFollowPolicy, |event| line(event).terms.fee = Fee::Rate(BasisPoints::new(999))),
        (4, SettlementRule::TermsFollowPolicy, |event| line(event).terms.minimum = Money::new(1)),
        (1, SettlementRule::PostingsAddUp, |event| line(event).quantity = 0),
        (5, SettlementRule::PostingsAddUp, |event| line(event).quantity = -3),
        (5, SettlementRule::PostingsAddUp, |event| {
            let amounts = &mut line(event).amounts;
            amounts.base = Money::new(amounts.base.minor() + 1);
            amounts.net = Money::new(amounts.net.minor() + 1);
        }),
        (4, SettlementRule::ClosedDaysNeverChange, |event| *on(event) = day("2026-11-23")),
        (1, SettlementRule::DaysFollowTime, |event| *on(event) = day("2026-11-24")),
    ]);
}

#[test]
fn a_broken_day_is_found_where_it_is_broken() {
    is_found(&[
        (2, SettlementRule::TotalsFollowLines, |event| {
            let SettlementFact::DayUpdated { totals, .. } = &mut event.fact else { panic!("no day is stated") };
            totals.lines = 2;
        }),
        (7, SettlementRule::TotalsFollowLines, |event| statement(event).totals.amounts.due = Money::ZERO),
        (3, SettlementRule::ClosedInTime, |event| event.at = Timestamp::from_millis(MORNING + 2 * HOUR)),
        (7, SettlementRule::ClosedInTime, |event| {
            let SettlementFact::DayClosed { request, .. } = &mut event.fact else { panic!("no day is closed") };
            *request = None;
        }),
        (3, SettlementRule::StatementsAddUp, |event| statement(event).payable = Money::new(8_101)),
        (3, SettlementRule::StatementsAddUp, |event| statement(event).pay_outs.clear()),
        (7, SettlementRule::StatementsAddUp, |event| statement(event).carried_out = Money::ZERO),
        (7, SettlementRule::ClosedDaysNeverChange, |event| *on(event) = day("2026-11-23")),
    ]);
    let mut twice = history();
    twice.insert(3, SettlementEvent { version: 4, at: Timestamp::from_millis(MORNING + 1_800), ..twice[2].clone() });
    assert_eq!(judge(&twice), Some((3, SettlementRule::SnapshotsAreApart)));
}

#[test]
fn a_broken_decision_is_found_where_it_is_broken() {
    is_found(&[
        (7, SettlementRule::OneDecisionPerRequest, |event| {
            let SettlementFact::DayClosed { request: id, .. } = &mut event.fact else { panic!("no day is closed") };
            *id = Some(request("c1"));
        }),
        (0, SettlementRule::PromisesAreKept, |event| *on(event) = day("2026-11-21")),
        (0, SettlementRule::PromisesAreKept, |event| {
            let SettlementFact::PolicySet { policy, .. } = &mut event.fact else { panic!("no policy") };
            policy.time_zone = ZoneName::new("Mars/Olympus");
        }),
        (6, SettlementRule::RefusalsAreTrue, |event| *on(event) = day("2026-11-24")),
        (8, SettlementRule::RefusalsAreTrue, |event| *on(event) = day("2026-11-24")),
        (9, SettlementRule::RefusalsAreTrue, |event| {
            let (request, day) = (request("c9"), day("2026-11-25"));
            event.fact = SettlementFact::CloseRefused { request, day, reason: SettlementRefusal::UnknownSeller };
        }),
    ]);
}

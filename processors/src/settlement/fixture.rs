//! For tests: the settlement topology on the test driver. Every fact that any test brings about goes through [`SettlementLedger`],
//! and what the stores hold must be what the facts amount to, so that no test can pass over a broken promise.

use std::collections::BTreeMap;

use audit::ledgers::settlement::SettlementLedger;
use events::calendar::{Day, ZoneName};
use events::money::{BasisPoints, Money};
use events::orders::LineAmounts;
use events::request::Outcome;
use events::settlement::{
    Basis, CommissionRule, Fee, PostedLine, RefundedLine, RuleMatch, SellerPolicy, SettlementCommand, SettlementEvent,
    SettlementFact, SoldLine, Statement, Vat,
};
use events::time::Timestamp;
use events::topics;
use streams::driver::DriverError;

use super::{stores, topology};
use crate::kit::table::TableKey;
use crate::kit::testing::driver::{self, Driver};
pub(crate) use crate::kit::testing::names::{order, request, seller, sku};

const HOUR: i64 = 3_600_000;

pub(crate) struct Fixture {
    pub(crate) driver: Driver,
    pub(crate) ledger: SettlementLedger,
}

/// What one command led to; operators get a reply.
pub(crate) type Effect = driver::Effect<SettlementEvent>;

pub(crate) fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// An instant of Seoul: `2026-11-23 10:30`, or with seconds.
pub(crate) fn at(text: &str) -> i64 {
    let (date, clock) = text.split_once(' ').unwrap();
    let parts: Vec<i64> = clock.split(':').map(|part| part.parse().unwrap()).collect();
    let seconds = parts[0] * 3_600 + parts[1] * 60 + parts.get(2).unwrap_or(&0);
    i64::from(day(date).number()) * 24 * HOUR - 9 * HOUR + seconds * 1_000
}

/// A line that costs so much in all, with a coupon of which the platform bears this share.
pub(crate) fn line(name: &str, quantity: u32, gross: i64, discount: i64, platform: u16) -> SoldLine {
    let lines = LineAmounts::of_lines(&[Money::new(gross)], Money::new(discount), BasisPoints::new(platform));
    let amounts = lines.unwrap().remove(0);
    SoldLine { sku: sku(name), category: None, quantity, refunded: 0, supply_price: None, amounts }
}

/// One unit of tea for so much.
pub(crate) fn tea(gross: i64) -> SoldLine {
    line("tea", 1, gross, 0, 0)
}

pub(crate) fn reached(of: &str, basis: Basis, at_ms: i64, lines: Vec<SoldLine>) -> SettlementCommand {
    let at = Timestamp::from_millis(at_ms);
    SettlementCommand::LinesReached { seller: seller("seller-1"), order: order(of), basis, at, lines }
}

pub(crate) fn refunded(of: &str, refund: u16, at_ms: i64, lines: &[(&str, u32)]) -> SettlementCommand {
    let at = Timestamp::from_millis(at_ms);
    let lines = lines.iter().map(|(name, refunded)| RefundedLine { sku: sku(name), refunded: *refunded }).collect();
    SettlementCommand::LinesRefunded { seller: seller("seller-1"), order: order(of), refund, at, lines }
}

pub(crate) fn set_policy(name: &str, policy: SellerPolicy) -> SettlementCommand {
    SettlementCommand::SetPolicy { request: request(name), seller: seller("seller-1"), policy }
}

pub(crate) fn close_day(name: &str, on: &str) -> SettlementCommand {
    SettlementCommand::CloseDay { request: request(name), seller: seller("seller-1"), day: day(on) }
}

/// Ten percent of everything once it is confirmed, no tax.
pub(crate) fn policy() -> SellerPolicy {
    SellerPolicy { commission: vec![rule(RuleMatch::Seller, 1_000)], vat: Vat::None, ..SellerPolicy::default() }
}

pub(crate) fn rule(applies_to: RuleMatch, points: u16) -> CommissionRule {
    CommissionRule { applies_to, fee: Fee::Rate(BasisPoints::new(points)), minimum: Money::ZERO }
}

pub(crate) fn in_zone(name: &str) -> SellerPolicy {
    SellerPolicy { time_zone: ZoneName::new(name), ..policy() }
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self { driver: Driver::new(topology()), ledger: SettlementLedger::new() }
    }

    /// A fixture with a seller who is settled by this policy from this instant on.
    pub(crate) fn with(policy: SellerPolicy, at_ms: i64) -> Self {
        let mut fixture = Self::new();
        let effect = fixture.send(&set_policy("first policy", policy), at_ms).unwrap();
        assert!(matches!(effect.reply.unwrap().outcome, Outcome::PolicyApplied { .. }));
        fixture
    }

    /// Sends a command. Operators get a reply.
    pub(crate) fn send(&mut self, command: &SettlementCommand, at_ms: i64) -> Result<Effect, DriverError> {
        self.driver.send(command, at_ms)?;
        Ok(Effect { events: self.events(), reply: self.driver.reply(command.request(), command) })
    }

    /// Sends what must be a record of the inbox, and reads its facts.
    pub(crate) fn happen(&mut self, command: &SettlementCommand, at_ms: i64) -> Vec<SettlementEvent> {
        let effect = self.send(command, at_ms).unwrap();
        assert!(self.driver.take_dead_letters().is_empty(), "{command:?}");
        effect.events
    }

    /// Lets time pass until nothing is due any more.
    pub(crate) fn tick(&mut self, at_ms: i64) -> Vec<SettlementEvent> {
        self.driver.pass(at_ms, 4);
        self.events()
    }

    /// The facts since the last call, each judged by the ledger; the tables must amount to the same.
    pub(crate) fn events(&mut self) -> Vec<SettlementEvent> {
        let events = self.driver.facts(&topics::SETTLEMENT_EVENTS);
        for event in &events {
            if let Err(violation) = self.ledger.apply(event) {
                panic!("{violation}: {event:?}");
            }
        }
        self.compare();
        events
    }

    /// Every statement of the seller, in order.
    pub(crate) fn statements(&self) -> Vec<(Day, Statement)> {
        let book = self.ledger.seller(&seller("seller-1"));
        book.map_or(vec![], |book| book.statements().map(|(day, statement)| (day, statement.clone())).collect())
    }

    /// What the stores hold of sellers is what the facts amount to.
    fn compare(&self) {
        for (id, kept) in self.driver.rows(0, &stores::SELLERS).unwrap() {
            let Some(book) = self.ledger.seller(&id) else {
                assert_eq!(kept.version, 0, "{id}");
                continue;
            };
            let open = kept.days.iter().filter(|open| open.totals.lines > 0);
            let open: BTreeMap<Day, _> = open.map(|open| (open.day, open.totals)).collect();
            assert_eq!(open, book.open_days().map(|(day, totals)| (day, *totals)).collect(), "{id}");
            assert_eq!(kept.carried, book.carried(), "{id}");
            assert_eq!(kept.closed, book.statements().last().map(|(day, _)| day), "{id}");
            let mut lines = BTreeMap::new();
            for (key, sold) in self.driver.rows(0, &stores::LINES).unwrap() {
                for line in sold.lines {
                    let settled = line.settled(line.refunded).unwrap();
                    lines.insert((key.bytes().into_owned(), line.sku.clone()), (line.left(), settled));
                }
            }
            for (order, sku, line) in book.lines() {
                if let Some(kept) = lines.get(&(stores::LinesKey::new(&id, order).bytes().into_owned(), sku.clone())) {
                    assert_eq!(*kept, (line.left, line.amounts), "{id} {order} {sku}");
                }
            }
        }
    }
}

/// The lines of all postings, with their days.
pub(crate) fn posted(events: &[SettlementEvent]) -> Vec<(Day, PostedLine)> {
    let lines = |event: &SettlementEvent| match &event.fact {
        SettlementFact::LinesPosted { day, lines, .. } => lines.iter().map(|line| (*day, line.clone())).collect(),
        _ => vec![],
    };
    events.iter().flat_map(lines).collect()
}

/// Day and net of all postings.
pub(crate) fn nets(events: &[SettlementEvent]) -> Vec<(String, i64)> {
    posted(events).into_iter().map(|(day, line)| (day.to_string(), line.amounts.net.minor())).collect()
}

pub(crate) fn kinds(events: &[SettlementEvent]) -> Vec<&'static str> {
    events.iter().map(|event| event.fact.kind()).collect()
}

/// Why a command was refused, as its reply says.
pub(crate) fn refusal(effect: &Effect) -> Option<&'static str> {
    match effect.reply.as_ref()?.outcome {
        Outcome::SettlementRefused { reason } => Some(reason.code()),
        _ => None,
    }
}

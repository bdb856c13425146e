//! The contract of the settlement processor with its topics; lines that no order has; the record that a posting names.

use events::money::Money;
use events::settlement::{Basis, SettlementCommand, SettlementFact, SoldLine, Source};
use events::topics;

use super::fixture::{Fixture, at, line, policy, reached, refunded, request, seller, set_policy, tea};
use super::topology;
use crate::kit::testing::contract::{Contract, contract_tests};

contract_tests!(
    contract,
    "\
processor settlement
  reads  settlement.inbox
  keeps  sellers in settlement.changelog
  keeps  policies in settlement.changelog
  keeps  requests in settlement.changelog
  keeps  lines in settlement.changelog
  keeps  strangers in settlement.changelog
  writes ingress.replies
  writes settlement.events
  poison dead-letters
  parked processors.control
"
);

fn contract() -> Contract<SettlementCommand> {
    let policy_of =
        |name| SettlementCommand::SetPolicy { request: request(name), seller: seller(name), policy: policy() };
    let noon = at("2026-11-23 12:00");
    let spread = ["a", "b", "c", "d", "e", "f"].map(policy_of);
    Contract::new(topology, &topics::SETTLEMENT_EVENTS, noon, set_policy("p", policy()), spread)
        .unreplied(reached("order-1", Basis::Paid, noon, vec![tea(1)]))
        .unreplied(reached("order-1", Basis::Confirmed, noon, vec![tea(1)]))
}

#[test]
fn lines_that_no_order_has_go_to_the_dead_letters_and_change_nothing() {
    type Break = fn(&mut Vec<SoldLine>);
    let table: [(&str, Break); 9] = [
        ("no lines", Vec::clear),
        ("more lines than an order has", |lines| {
            *lines = (0..51).map(|n| line(&format!("p{n}"), 1, 1, 0, 0)).collect()
        }),
        ("a product twice", |lines| lines.push(lines[0].clone())),
        ("no units", |lines| lines[0].quantity = 0),
        ("too many units", |lines| lines[0].quantity = 1_001),
        ("more refunded than sold", |lines| lines[0].refunded = 2),
        ("amounts that do not add up", |lines| lines[0].amounts.due = Money::new(1)),
        ("a negative supply price", |lines| lines[0].supply_price = Some(Money::new(-1))),
        ("an absurd amount", |lines| {
            lines[0].amounts.gross = Money::new(i64::MAX);
            lines[0].amounts.due = Money::new(i64::MAX);
        }),
    ];
    let noon = at("2026-11-23 12:00");
    for (name, change) in table {
        let mut fixture = Fixture::new();
        let mut lines = vec![tea(1_000)];
        change(&mut lines);
        assert_eq!(
            fixture.send(&reached("order-1", Basis::Confirmed, noon, lines), noon).unwrap().events,
            [],
            "{name}"
        );
        assert_eq!(fixture.driver.take_dead_letters().len(), 1, "{name}");
    }
    for instant in [-1, i64::MAX] {
        let mut fixture = Fixture::new();
        fixture.send(&reached("order-1", Basis::Confirmed, instant, vec![tea(1)]), noon).unwrap();
        fixture.send(&refunded("order-1", 1, instant, &[("tea", 1)]), noon).unwrap();
        assert_eq!(fixture.driver.take_dead_letters().len(), 2, "{instant}");
    }
}

#[test]
fn a_posting_names_the_record_that_led_to_it() {
    let noon = at("2026-11-23 12:00");
    let mut fixture = Fixture::with(policy(), noon);
    let mut found = vec![];
    for name in ["order-1", "order-2"] {
        let events = fixture.happen(&reached(name, Basis::Confirmed, noon, vec![tea(1_000)]), noon);
        found.extend(events.into_iter().filter_map(|event| match event.fact {
            SettlementFact::LinesPosted { source, reached_at, .. } => Some((source, reached_at.as_millis())),
            _ => None,
        }));
    }
    let [(first, at_first), (second, _)] = found[..] else { panic!("{found:?}") };
    assert_eq!((first.partition, at_first), (0, noon));
    assert_eq!(second, Source { partition: 0, offset: second.offset });
    assert!(second.offset > first.offset, "{first:?} {second:?}");
}

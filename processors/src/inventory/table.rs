//! The words in which the rule tests of inventory are written:
//!
//! ```text
//! <second>  <what happens>  =>  <reply or answer> [+ <facts that followed>]  <available/held/sold>
//! ```
//!
//! `again` before an answer says that no fact was stated. A request has a name of its own unless `as=` gives one, and a repeat
//! is a row with the name of an earlier one.

use events::hold::ReleaseCause;
use events::ids::SellerId;
use events::inventory::{InventoryCommand, InventoryEvent, ProductTerms, StockAnswer, StockLevel};
use events::request::{Outcome, Reply};

use super::fixture::{Effect, Fixture, order, request, sku, terms};
use crate::kit::testing::player::{self, Row};

/// Plays a table, with and without crashes.
pub(crate) fn check(table: &str) {
    player::check(table, Fixture::new, |fixture| &mut fixture.driver, play);
}

fn play(fixture: &mut Fixture, row: &Row<'_>) -> String {
    let found = if row.words[0] == "tick" {
        let events = fixture.tick(row.at_ms);
        let answers: Vec<String> = fixture.answers().iter().map(|(_, _, _, answer)| answer_in_words(answer)).collect();
        format!("({}) answered ({})", kinds(&events).join(" "), answers.join(", "))
    } else {
        let command = command(row);
        let Effect { events, reply, answer } = fixture.send(&command, row.at_ms).unwrap();
        let answer = match (&reply, &answer) {
            (Some(reply), None) => reply_in_words(reply),
            (None, Some(answer)) => answer_in_words(answer),
            _ => unreachable!("a merchant or an order sent it"),
        };
        match events.as_slice() {
            [] => format!("again {answer}"),
            [decision] => {
                assert_eq!(decision.fact.request(), Some(command.request()));
                answer
            }
            [_, more @ ..] => format!("{answer} + {}", kinds(more).join(" ")),
        }
    };
    let level = fixture.ledger.level(&sku(row.argument("on").unwrap_or("tea")));
    let numbers =
        level.map_or(String::new(), |StockLevel { available, held, sold, .. }| format!(" {available}/{held}/{sold}"));
    found + &numbers
}

fn reply_in_words(reply: &Reply) -> String {
    match &reply.outcome {
        Outcome::ProductApplied { version, stock, .. } => format!("applied {version} {}", stock.available),
        Outcome::ProductRefused { reason } => reason.code().to_owned(),
        other => unreachable!("a product's command is not {}", other.kind()),
    }
}

fn answer_in_words(answer: &StockAnswer) -> String {
    match answer {
        StockAnswer::Held { quantity, unit, until, .. } => {
            format!("held {quantity} at {} until {}", unit.unit_price, until.as_millis() / 1000)
        }
        StockAnswer::Committed { .. } => "committed".into(),
        StockAnswer::Released { cause: ReleaseCause::Released, .. } => "released".into(),
        StockAnswer::Released { cause: ReleaseCause::Lapsed, .. } => "lapsed".into(),
        StockAnswer::Returned { returned, .. } => format!("returned {returned}"),
        StockAnswer::Refused { reason } => reason.code().to_owned(),
    }
}

fn kinds(events: &[InventoryEvent]) -> Vec<&'static str> {
    events.iter().map(|event| event.fact.kind()).collect()
}

/// Terms as a row writes them.
fn written_terms(row: &Row<'_>) -> ProductTerms {
    let usual = terms();
    ProductTerms {
        seller: row.argument("seller").map_or(usual.seller, |name| SellerId::new(name).unwrap()),
        name: row.argument("name").map_or(usual.name, Into::into),
        list_price: row.money("list").unwrap_or(usual.list_price),
        sale: row.sale(),
        low_stock: row.number("low"),
        ..usual
    }
}

fn command(row: &Row<'_>) -> InventoryCommand {
    let (request, sku) = (row.request(), sku(row.argument("on").unwrap_or("tea")));
    let hold = || self::request(row.words[1]).hold();
    match row.words[0] {
        "define" => InventoryCommand::DefineProduct { request, sku, terms: written_terms(row) },
        "adjust" => InventoryCommand::AdjustStock { request, sku, change: row.word(1) },
        "hold" => InventoryCommand::Hold {
            request,
            sku,
            order: order(row.argument("order").unwrap_or("order-1")),
            quantity: row.word(1),
            until: row.instant("until").expect("until when"),
        },
        "commit" => InventoryCommand::Commit { request, sku, hold: hold() },
        "release" => InventoryCommand::Release { request, sku, hold: hold() },
        "return" => InventoryCommand::Return { request, sku, hold: hold(), returned: row.word(2) },
        other => panic!("no such word: {other}"),
    }
}

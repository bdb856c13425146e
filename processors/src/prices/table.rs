//! The words in which the rule tests of prices are written:
//!
//! ```text
//! <second>  own | offer | withdraw | tick  =>  <reply, or nothing>  <best price, if it is stated anew>
//! ```
//!
//! A best price is written `<price> by <whose> of <offers compared> until <second>`, with `sale` before it while the sale is on.

use events::inventory::SalePrice;
use events::money::Money;
use events::prices::{BestPrice, PriceCommand, Winner};
use events::request::Outcome;
use events::time::Window;

use super::fixture::Fixture;
use crate::kit::testing::names::{at, request, sku, source};
use crate::kit::testing::player::{self, Row};

/// Our price of tea, and a lower one for a while.
pub(crate) fn own(version: u64, list_price: i64, sale: Option<(i64, i64, i64)>) -> PriceCommand {
    let sale = sale.map(|(price, from, until)| SalePrice {
        price: Money::new(price),
        window: Window { from: at(from), until: at(until) },
    });
    PriceCommand::OwnPrice { sku: sku("tea"), version, at: at(0), list_price: Money::new(list_price), sale }
}

/// An offer of tea, seen at this second and fresh for so many.
pub(crate) fn offer(name: &str, price: i64, seen: i64, fresh: u32) -> PriceCommand {
    PriceCommand::Offer {
        request: Some(request(name)),
        sku: sku("tea"),
        source: source(name),
        price: Money::new(price),
        seen_at: at(seen),
        fresh_ms: fresh * 1000,
        until: None,
    }
}

pub(crate) fn withdraw(name: &str) -> PriceCommand {
    PriceCommand::WithdrawOffer { request: Some(request(name)), sku: sku("tea"), source: source(name) }
}

/// A fixture in which tea has this list price.
pub(crate) fn with_tea(list_price: i64) -> Fixture {
    let mut fixture = Fixture::new();
    fixture.send(&own(1, list_price, None), 0).unwrap();
    fixture
}

/// The same command about the product with this name.
pub(crate) fn under(name: &str, mut command: PriceCommand) -> PriceCommand {
    match &mut command {
        PriceCommand::OwnPrice { sku, .. }
        | PriceCommand::Offer { sku, .. }
        | PriceCommand::WithdrawOffer { sku, .. } => {
            *sku = self::sku(name);
        }
    }
    command
}

/// The same command, without a request: nobody waits for a reply.
pub(crate) fn silent(mut command: PriceCommand) -> PriceCommand {
    if let PriceCommand::Offer { request, .. } | PriceCommand::WithdrawOffer { request, .. } = &mut command {
        *request = None;
    }
    command
}

/// Plays a table, with and without crashes.
pub(crate) fn check(table: &str) {
    player::check(table, Fixture::new, |fixture| &mut fixture.driver, play);
}

fn play(fixture: &mut Fixture, row: &Row<'_>) -> String {
    let (best, reply) = match row.words[0] {
        "tick" => (fixture.tick(row.at_ms), None),
        _ => {
            let effect = fixture.send(&command(row), row.at_ms).unwrap();
            (effect.events, effect.reply)
        }
    };
    let reply = reply.map(|reply| match reply.outcome {
        Outcome::OfferApplied { version, .. } => format!("applied {version}"),
        Outcome::OfferRefused { reason } => reason.code().to_owned(),
        other => unreachable!("an offer is not {}", other.kind()),
    });
    reply.into_iter().chain(best.iter().map(in_words)).collect::<Vec<_>>().join(" ")
}

fn in_words(best: &BestPrice) -> String {
    let sale = if best.on_sale { "sale " } else { "" };
    let by = match &best.by {
        Winner::Own => "us",
        Winner::Offer { source } => source.as_str(),
    };
    let until = best.valid_until.map_or("ever".into(), |until| (until.as_millis() / 1000).to_string());
    format!("{sale}{} by {by} of {} until {until}", best.price, best.offers)
}

fn command(row: &Row<'_>) -> PriceCommand {
    match row.words[..] {
        ["own", ..] => {
            let (list_price, version) = (Money::new(row.word(1)), row.number("version").expect("a version"));
            PriceCommand::OwnPrice { sku: sku("tea"), version, at: at(0), list_price, sale: row.sale() }
        }
        ["offer", name, ..] => {
            let seen = row.number("seen").unwrap_or(row.at_ms / 1000);
            match offer(name, row.word(2), seen, row.number("fresh").unwrap_or(30)) {
                PriceCommand::Offer { request, sku, source, price, seen_at, fresh_ms, .. } => {
                    let until = row.instant("until");
                    PriceCommand::Offer { request, sku, source, price, seen_at, fresh_ms, until }
                }
                other => other,
            }
        }
        ["withdraw", name] => withdraw(name),
        ref other => panic!("no such words: {other:?}"),
    }
}

//! The words in which the rule tests of coupons are written:
//!
//! ```text
//! <second>  <what happens>  =>  <answer> [+ <facts that followed>]  <remaining/granted/held/redeemed/expired/revoked>
//! ```
//!
//! `again` before an answer says that no fact was stated. A request has a name of its own unless `as=` gives one, and a repeat
//! is a row with the name of an earlier one.

use events::coupons::{CampaignTerms, CouponCommand, CouponEvent, Discount, Eligibility, Restoration, StockCount};
use events::ids::Segment;
use events::money::{BasisPoints, Money};
use events::request::{Fingerprint, Outcome};

use super::fixture::{Effect, Fixture, campaign, request, shopper, terms};
use crate::kit::testing::names::order;
use crate::kit::testing::player::{self, Row};

/// Plays a table, with and without crashes.
pub(crate) fn check(table: &str) {
    player::check(table, Fixture::new, |fixture| &mut fixture.driver, play);
}

fn play(fixture: &mut Fixture, row: &Row<'_>) -> String {
    let (found, events) = if row.words[0] == "tick" {
        let events = fixture.tick(row.at_ms);
        (format!("({})", kinds(&events).join(" ")), events)
    } else {
        let command = command(fixture, row);
        let Effect { events, reply, .. } = fixture.send(&command, row.at_ms).unwrap();
        let answer = match &reply.outcome {
            Outcome::Granted { expires_at, .. } => format!("granted until {}", expires_at.as_millis() / 1000),
            Outcome::Applied { .. } => "applied".to_owned(),
            Outcome::Refused { reason } => reason.code().to_owned(),
            other => unreachable!("a campaign's command is not {}", other.kind()),
        };
        let found = match events.as_slice() {
            [] => format!("again {answer}"),
            [decision] => {
                assert_eq!(decision.fact.request(), Some(command.request()));
                answer
            }
            [_, more @ ..] => format!("{answer} + {}", kinds(more).join(" ")),
        };
        (found, events)
    };
    // Refusals for a campaign that does not exist carry no numbers worth showing.
    let stated = events.last().filter(|event| event.version > 0).map(|event| event.stock);
    let stock = stated.or_else(|| fixture.ledger.stock(&campaign(row.argument("on").unwrap_or("sale"))));
    let counts = stock.map_or(String::new(), |stock| {
        let StockCount { remaining, granted, held, redeemed, expired, revoked, .. } = stock;
        format!(" {remaining}/{granted}/{held}/{redeemed}/{expired}/{revoked}")
    });
    found + &counts
}

fn kinds(events: &[CouponEvent]) -> Vec<&'static str> {
    events.iter().map(|event| event.fact.kind()).collect()
}

/// Segments as a row writes them: `vip,gold`.
fn segments(text: &str) -> Vec<Segment> {
    text.split(',').map(|segment| Segment::new(segment).unwrap()).collect()
}

/// Terms as a row writes them.
fn written_terms(row: &Row<'_>) -> CampaignTerms {
    let usual = terms();
    CampaignTerms {
        stock: row.number("stock").unwrap_or(usual.stock),
        claim: row.window("claim").unwrap_or(usual.claim),
        usable: row.window("use").unwrap_or(usual.usable),
        per_shopper: row.number("each").unwrap_or(usual.per_shopper),
        eligibility: row.argument("for").map_or(Eligibility::Everyone, |text| Eligibility::Segments(segments(text))),
        discount: match (row.number("percent"), row.money("cap")) {
            (Some(percent), cap) => Discount::Percent { share: BasisPoints::new(percent), cap },
            (None, _) => row.money("fixed").map_or(usual.discount, |amount| Discount::Fixed { amount }),
        },
        minimum_spend: row.money("minimum").unwrap_or(usual.minimum_spend),
        budget: row.money("budget"),
        platform_share: usual.platform_share,
        seller_initiated: usual.seller_initiated,
        restoration: row.number("restore").map_or(Restoration::Never, |times| Restoration::WithinUseWindow { times }),
    }
}

fn command(fixture: &Fixture, row: &Row<'_>) -> CouponCommand {
    let campaign = campaign(row.argument("on").unwrap_or("sale"));
    let request = row.request();
    let who = || shopper(row.words[1]);
    let coupon = || match row.argument("coupon") {
        Some(claim) => self::request(claim).coupon(),
        None => fixture.latest.get(&who()).copied().unwrap_or(request.coupon()),
    };
    let hold = || self::request(row.argument("hold").expect("which hold")).hold();
    let order = || order(row.argument("order").unwrap_or("order-1"));
    match row.words[0] {
        "define" => CouponCommand::DefineCampaign { request, campaign, terms: written_terms(row) },
        "pause" => CouponCommand::PauseCampaign { request, campaign },
        "resume" => CouponCommand::ResumeCampaign { request, campaign },
        "end" => CouponCommand::EndCampaign { request, campaign },
        "claim" => CouponCommand::Claim {
            request,
            fingerprint: Fingerprint::from_u64(row.number("saying").unwrap_or(7)),
            campaign,
            shopper: who(),
            segments: row.argument("in").map_or(vec![], segments),
        },
        "hold" => CouponCommand::Hold {
            request,
            campaign,
            coupon: coupon(),
            shopper: who(),
            order: order(),
            spend: row.money("spend").unwrap_or(Money::new(10_000)),
            until: row.instant("until").expect("until when"),
        },
        "redeem" => CouponCommand::Redeem { request, campaign, coupon: coupon(), shopper: who(), hold: hold() },
        "release" => CouponCommand::Release { request, campaign, coupon: coupon(), shopper: who(), hold: hold() },
        "restore" => CouponCommand::Restore { request, campaign, coupon: coupon(), shopper: who(), order: order() },
        "revoke" => CouponCommand::Revoke { request, campaign, coupon: coupon(), shopper: who() },
        other => panic!("no such word: {other}"),
    }
}

//! For tests: the coupon topology on the test driver, and the small language of the tables. Every fact that any test brings
//! about goes through [`CouponLedger`], so that no table can pass over a broken promise.
//!
//! ```text
//! <second>  <what happens>  =>  <answer> [+ <facts that followed>]  <remaining/granted/held/redeemed/expired/revoked>
//! ```
//!
//! `again` before an answer says that no fact was stated. A request has a name of its own unless `as=` gives one, and a repeat
//! is a row with the name of an earlier one.

use std::collections::BTreeMap;

use audit::ledgers::coupons::CouponLedger;
use events::codec::{decode, encode};
use events::coupons::{CampaignTerms, CouponAnswer, CouponCommand, CouponEvent, Discount, Eligibility, Restoration};
use events::envelope::Envelope;
use events::ids::{CampaignId, CouponId, OrderId, RequestId, Segment, ShopperId};
use events::money::{BasisPoints, Money};
use events::orders::OrderCommand;
use events::request::{Fingerprint, Outcome, Reply};
use events::time::{Timestamp, Window};
use events::topics;
use streams::driver::{DriverError, TestDriver};

use super::topology;

/// The partition of replies that every test asks for.
const REPLY_TO: i32 = 3;

pub(crate) struct Fixture {
    pub(crate) driver: TestDriver,
    pub(crate) ledger: CouponLedger,
    latest: BTreeMap<ShopperId, CouponId>,
}

/// What one command led to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Effect {
    pub(crate) events: Vec<CouponEvent>,
    pub(crate) reply: Reply,
    /// What the order that asked was told; orders ask for holds and their ends only.
    pub(crate) answer: Option<CouponAnswer>,
    /// What orders were told unasked.
    pub(crate) notices: Vec<(OrderId, CouponAnswer)>,
}

/// The order that every test asks for, whatever it asks.
pub(crate) fn asking() -> OrderId {
    OrderId::new("order-that-asks").unwrap()
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

pub(crate) fn request(name: &str) -> RequestId {
    RequestId::derive(&[name.as_bytes()])
}

pub(crate) fn campaign(name: &str) -> CampaignId {
    CampaignId::new(name).unwrap()
}

pub(crate) fn shopper(name: &str) -> ShopperId {
    ShopperId::new(name).unwrap()
}

/// Terms that a table changes where it cares.
pub(crate) fn terms() -> CampaignTerms {
    CampaignTerms {
        stock: 2,
        claim: Window { from: at(10), until: at(60) },
        usable: Window { from: at(10), until: at(100) },
        per_shopper: 1,
        eligibility: Eligibility::Everyone,
        discount: Discount::Fixed { amount: Money::new(500) },
        minimum_spend: Money::ZERO,
        budget: None,
        platform_share: BasisPoints::WHOLE,
        seller_initiated: false,
        restoration: Restoration::Never,
    }
}

pub(crate) fn claim(name: &str, on: &str, who: &str) -> CouponCommand {
    CouponCommand::Claim {
        request: request(name),
        fingerprint: Fingerprint::from_u64(7),
        campaign: campaign(on),
        shopper: shopper(who),
        segments: vec![],
    }
}

pub(crate) fn define(name: &str, on: &str, terms: CampaignTerms) -> CouponCommand {
    CouponCommand::DefineCampaign { request: request(name), campaign: campaign(on), terms }
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self {
            driver: TestDriver::with_partitions(topology().unwrap(), 1),
            ledger: CouponLedger::new(),
            latest: BTreeMap::new(),
        }
    }

    /// Sends a command and reads what it led to.
    pub(crate) fn send(&mut self, command: &CouponCommand, at_ms: i64) -> Result<Effect, DriverError> {
        let context = Envelope { reply_to: Some(REPLY_TO), answer_to: Some(asking()), ..Envelope::default() };
        let (value, envelope) = encode(command, &context).unwrap();
        let headers: Vec<(&str, Vec<u8>)> = envelope.to_headers();
        let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (*name, value.as_slice())).collect();
        self.driver.pipe(command.campaign().as_str().as_bytes(), &value, &headers, at_ms)?;
        let events = self.events();
        let replies = self.driver.take(topics::INGRESS_REPLIES.name());
        assert_eq!(replies.len(), 1, "every command that asks is answered once: {command:?}");
        assert_eq!(replies[0].partition, Some(REPLY_TO));
        let envelope =
            Envelope::from_headers(replies[0].headers.iter().map(|(name, value)| (name.as_str(), value.as_ref())));
        let reply: Reply = decode(replies[0].value.as_deref(), &envelope).unwrap();
        assert_eq!(reply.request, command.request());
        if let Outcome::Granted { coupon, shopper, .. } = &reply.outcome {
            self.latest.insert(shopper.clone(), *coupon);
        }
        let mut notices = vec![];
        let mut answer = None;
        for (order, asked, told) in self.told() {
            match asked {
                None => notices.push((order, told)),
                Some(asked) => {
                    assert_eq!((order, asked), (asking(), command.request()));
                    assert!(answer.replace(told).is_none(), "answered once: {command:?}");
                }
            }
        }
        assert_eq!(answer.is_some(), super::answers::is_asked_for_by(command), "{command:?}");
        Ok(Effect { events, reply, answer, notices })
    }

    /// What orders were told since the last look: who, in answer to which request, what.
    pub(crate) fn told(&mut self) -> Vec<(OrderId, Option<RequestId>, CouponAnswer)> {
        let read = |outgoing: streams::record::Outgoing| {
            let headers = outgoing.headers.iter().map(|(name, value)| (name.as_str(), value.as_ref()));
            let envelope = Envelope::from_headers(headers);
            assert_eq!((envelope.answer_to.clone(), envelope.reply_to), (None, None), "an answer is not answered");
            let command: OrderCommand = decode(outgoing.value.as_deref(), &envelope).unwrap();
            assert_eq!(outgoing.partition, None, "the key decides where an order is");
            assert_eq!(outgoing.key.as_deref(), Some(command.order().as_str().as_bytes()));
            match command {
                OrderCommand::CouponAnswered { order, request, answer } => (order, request, answer),
                other => panic!("an order was told {other:?}"),
            }
        };
        self.driver.take(topics::ORDERS_INBOX.name()).into_iter().map(read).collect()
    }

    /// Lets time pass until nothing is due any more; every sweep gets the ticks it needs.
    pub(crate) fn tick(&mut self, at_ms: i64) -> Vec<CouponEvent> {
        for step in 0..10 {
            self.driver.advance_to(at_ms + step).unwrap();
        }
        self.events()
    }

    /// The facts since the last look, each judged by the ledger.
    pub(crate) fn events(&mut self) -> Vec<CouponEvent> {
        let events = self.driver.take(topics::COUPONS_EVENTS.name());
        let read = |outgoing: streams::record::Outgoing| -> CouponEvent {
            let headers = outgoing.headers.iter().map(|(name, value)| (name.as_str(), value.as_ref()));
            let event: CouponEvent = decode(outgoing.value.as_deref(), &Envelope::from_headers(headers)).unwrap();
            assert_eq!(outgoing.partition, Some(0), "facts go to the task's own partition");
            assert_eq!(outgoing.key.as_deref(), Some(event.campaign.as_str().as_bytes()));
            event
        };
        let events: Vec<CouponEvent> = events.into_iter().map(read).collect();
        for event in &events {
            if let Err(violation) = self.ledger.apply(event) {
                panic!("{violation}: {event:?}");
            }
        }
        events
    }
}

/// Plays a table twice: as it is, and with a crash after every row. Both must say what the table says.
pub(crate) fn check(table: &str) {
    for crash in [Crash::Never, Crash::AfterEveryRow] {
        play(table, crash);
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Crash {
    Never,
    AfterEveryRow,
}

fn play(table: &str, crash: Crash) {
    let mut fixture = Fixture::new();
    let rows = table.lines().map(str::trim).enumerate().filter(|(_, row)| !row.is_empty() && !row.starts_with('#'));
    for (number, row) in rows {
        let (what, expected) = row.split_once("=>").expect("a row has an arrow");
        let mut words = what.split_whitespace();
        let second: i64 = words.next().unwrap().parse().expect("a row begins with a second");
        let words: Vec<&str> = words.collect();
        let found = happen(&mut fixture, second, &words, number);
        let expected = expected.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(found, expected, "\nrow {number} ({crash:?}): {row}\n");
        if crash == Crash::AfterEveryRow {
            fixture.driver.crash_and_restore().unwrap();
        }
    }
    assert!(fixture.driver.take_dead_letters().is_empty());
}

fn happen(fixture: &mut Fixture, second: i64, words: &[&str], row: usize) -> String {
    let on = argument(words, "on").unwrap_or("sale");
    let (told, events) = if words[0] == "tick" {
        let events = fixture.tick(second * 1000);
        (format!("({})", kinds(&events).join(" ")), events)
    } else {
        let command = command(fixture, words, row);
        let Effect { events, reply, .. } = fixture.send(&command, second * 1000).unwrap();
        let answer = match &reply.outcome {
            Outcome::Granted { expires_at, .. } => format!("granted until {}", expires_at.as_millis() / 1000),
            Outcome::Applied { .. } => "applied".to_owned(),
            Outcome::Refused { reason } => reason.code().to_owned(),
            other => unreachable!("a campaign's command is not {}", other.kind()),
        };
        let told = match events.as_slice() {
            [] => format!("again {answer}"),
            [decision] => {
                assert_eq!(decision.fact.request(), Some(command.request()));
                answer
            }
            [_, more @ ..] => format!("{answer} + {}", kinds(more).join(" ")),
        };
        (told, events)
    };
    // Refusals for a campaign that does not exist carry no numbers worth showing.
    let stated = events.last().filter(|event| event.version > 0).map(|event| event.stock);
    let stock = stated.or_else(|| fixture.ledger.stock(&campaign(on)));
    let counts = stock.map_or(String::new(), |stock| {
        let events::coupons::StockCount { remaining, granted, held, redeemed, expired, revoked, .. } = stock;
        format!(" {remaining}/{granted}/{held}/{redeemed}/{expired}/{revoked}")
    });
    told + &counts
}

fn kinds(events: &[CouponEvent]) -> Vec<&'static str> {
    events.iter().map(|event| event.fact.kind()).collect()
}

fn argument<'a>(words: &[&'a str], name: &str) -> Option<&'a str> {
    words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
}

fn number<T: std::str::FromStr>(words: &[&str], name: &str) -> Option<T> {
    argument(words, name).map(|text| text.parse().ok().unwrap_or_else(|| panic!("{name}={text}")))
}

fn window(words: &[&str], name: &str, otherwise: Window) -> Window {
    argument(words, name).map_or(otherwise, |text| {
        let (from, until) = text.split_once("..").expect("a window is written 10..60");
        Window { from: at(from.parse().unwrap()), until: at(until.parse().unwrap()) }
    })
}

/// Terms as a row writes them.
fn written_terms(words: &[&str]) -> CampaignTerms {
    let usual = terms();
    CampaignTerms {
        stock: number(words, "stock").unwrap_or(usual.stock),
        claim: window(words, "claim", usual.claim),
        usable: window(words, "use", usual.usable),
        per_shopper: number(words, "each").unwrap_or(usual.per_shopper),
        eligibility: argument(words, "for").map_or(Eligibility::Everyone, |text| {
            Eligibility::Segments(text.split(',').map(|segment| Segment::new(segment).unwrap()).collect())
        }),
        discount: match (number(words, "percent"), number(words, "cap")) {
            (Some(percent), cap) => Discount::Percent { share: BasisPoints::new(percent), cap: cap.map(Money::new) },
            (None, _) => {
                number(words, "fixed").map_or(usual.discount, |won| Discount::Fixed { amount: Money::new(won) })
            }
        },
        minimum_spend: number(words, "minimum").map_or(usual.minimum_spend, Money::new),
        budget: number(words, "budget").map(Money::new),
        platform_share: usual.platform_share,
        seller_initiated: usual.seller_initiated,
        restoration: number(words, "restore")
            .map_or(Restoration::Never, |times| Restoration::WithinUseWindow { times }),
    }
}

fn command(fixture: &Fixture, words: &[&str], row: usize) -> CouponCommand {
    let campaign = campaign(argument(words, "on").unwrap_or("sale"));
    let line = format!("row {row}");
    let request = request(argument(words, "as").unwrap_or(&line));
    let who = || shopper(words[1]);
    let coupon = || match argument(words, "coupon") {
        Some(claim) => self::request(claim).coupon(),
        None => fixture.latest.get(&who()).copied().unwrap_or(request.coupon()),
    };
    let hold = || self::request(argument(words, "hold").expect("which hold")).hold();
    let order = || OrderId::new(argument(words, "order").unwrap_or("order-1")).unwrap();
    match words[0] {
        "define" => CouponCommand::DefineCampaign { request, campaign, terms: written_terms(words) },
        "pause" => CouponCommand::PauseCampaign { request, campaign },
        "resume" => CouponCommand::ResumeCampaign { request, campaign },
        "end" => CouponCommand::EndCampaign { request, campaign },
        "claim" => CouponCommand::Claim {
            request,
            fingerprint: Fingerprint::from_u64(number(words, "saying").unwrap_or(7)),
            campaign,
            shopper: who(),
            segments: argument(words, "in")
                .map_or(vec![], |text| text.split(',').map(|segment| Segment::new(segment).unwrap()).collect()),
        },
        "hold" => CouponCommand::Hold {
            request,
            campaign,
            coupon: coupon(),
            shopper: who(),
            order: order(),
            spend: Money::new(number(words, "spend").unwrap_or(10_000)),
            until: at(number(words, "until").expect("until when")),
        },
        "redeem" => CouponCommand::Redeem { request, campaign, coupon: coupon(), shopper: who(), hold: hold() },
        "release" => CouponCommand::Release { request, campaign, coupon: coupon(), shopper: who(), hold: hold() },
        "restore" => CouponCommand::Restore { request, campaign, coupon: coupon(), shopper: who(), order: order() },
        "revoke" => CouponCommand::Revoke { request, campaign, coupon: coupon(), shopper: who() },
        other => panic!("no such word: {other}"),
    }
}

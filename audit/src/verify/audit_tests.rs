//! Tests of the tests: a sound log holds every promise, and each defect breaks exactly the promise it is a defect of.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use events::coupons::{
    CampaignTerms, CouponCommand, CouponEvent, CouponFact, Discount, Eligibility, Refusal, Restoration, StockCount,
};
use events::ids::{CampaignId, RequestId, ShopperId};
use events::money::{BasisPoints, Money};
use events::request::Fingerprint;
use events::time::{Timestamp, Window};
use projections::Source;

use super::audit::{ANSWERS, ASKED, Audit, DECIDED, NOT_ACCEPTED, SOLD_OUT, Whole};
use super::client_answers::Clients;
use super::verdict::Verdict;
use crate::client_log::{Answered, Entry, Send, Subject};

/// A log by hand: two coupons, three shoppers, the third too late.
#[derive(Clone)]
struct Fixture {
    commands: Vec<CouponCommand>,
    events: Vec<CouponEvent>,
    answered: Vec<Entry>,
}

fn campaign() -> CampaignId {
    CampaignId::new("c").unwrap()
}

fn shopper(number: u32) -> ShopperId {
    ShopperId::new(&format!("s{number}")).unwrap()
}

fn request(number: u32) -> RequestId {
    RequestId::of("caller", "route", &number.to_string())
}

fn terms() -> CampaignTerms {
    let window = Window { from: Timestamp::from_millis(0), until: Timestamp::from_millis(1_000_000) };
    CampaignTerms {
        stock: 2,
        claim: window,
        usable: window,
        per_shopper: 1,
        eligibility: Eligibility::Everyone,
        discount: Discount::Fixed { amount: Money::new(1) },
        minimum_spend: Money::ZERO,
        budget: None,
        platform_share: BasisPoints::WHOLE,
        seller_initiated: false,
        restoration: Restoration::Never,
    }
}

fn claim(number: u32) -> CouponCommand {
    CouponCommand::Claim {
        request: request(number),
        fingerprint: Fingerprint::from_u64(1),
        campaign: campaign(),
        shopper: shopper(number),
        segments: Vec::new(),
    }
}

fn event(version: u64, granted: u32, fact: CouponFact) -> CouponEvent {
    CouponEvent {
        campaign: campaign(),
        version,
        at: Timestamp::from_millis(i64::try_from(version).unwrap()),
        stock: StockCount { stock: 2, remaining: 2 - granted, granted, ..StockCount::default() },
        fact,
    }
}

fn grant(number: u32) -> CouponFact {
    CouponFact::CouponGranted {
        request: request(number),
        coupon: request(number).coupon(),
        shopper: shopper(number),
        expires_at: terms().usable.until,
    }
}

fn refuse(number: u32, reason: Refusal) -> CouponFact {
    CouponFact::ClaimRefused { request: request(number), shopper: shopper(number), reason }
}

fn answered(number: u32, answered: Answered) -> Entry {
    Entry {
        request: request(number),
        subject: Subject::Claim(campaign()),
        shopper: shopper(number),
        scenario: None,
        send: Send::First,
        attempts: 1,
        scheduled_us: 0,
        sent_us: 0,
        answered_us: 0,
        answered,
    }
}

fn granted(number: u32) -> Answered {
    Answered::Granted { coupon: request(number).coupon() }
}

fn fixture() -> Fixture {
    let define = CouponCommand::DefineCampaign { request: request(0), campaign: campaign(), terms: terms() };
    Fixture {
        commands: vec![define, claim(1), claim(2), claim(2), claim(3)],
        events: vec![
            event(1, 0, CouponFact::CampaignDefined { request: request(0), terms: terms() }),
            event(2, 1, grant(1)),
            event(3, 2, grant(2)),
            event(4, 2, refuse(3, Refusal::SoldOut)),
        ],
        answered: vec![
            answered(1, granted(1)),
            answered(2, Answered::Unknown { last: "reset".into() }),
            answered(2, granted(2)),
            answered(3, Answered::Refused { reason: Refusal::SoldOut }),
            answered(3, Answered::NotAccepted { status: 409, code: "SOLD_OUT".into() }),
            answered(4, Answered::NotAccepted { status: 409, code: "SOLD_OUT".into() }),
            answered(5, Answered::Unknown { last: "reset".into() }),
        ],
    }
}

fn verdict(fixture: Fixture) -> Verdict {
    let mut audit = Audit::default();
    fixture.commands.iter().for_each(|command| audit.command(Some(command.request())));
    for (event, offset) in fixture.events.iter().zip(0..) {
        audit.coupon(event, Source { partition: 0, offset });
    }
    audit.judge(Whole::Yes);
    let mut clients = Clients::default();
    fixture.answered.into_iter().for_each(|entry| clients.take(entry));
    audit.judge_clients(&clients);
    audit.verdict
}

#[test]
fn a_sound_log_holds_every_promise() {
    let verdict = verdict(fixture());
    assert!(verdict.holds(), "{verdict}");
    let counts = verdict.counts;
    assert_eq!((counts.commands, counts.requests, counts.events), (5, 4, 4));
    assert_eq!((counts.campaigns, counts.coupons, counts.client_log_entries), (1, 2, 7));
}

#[test]
fn each_defect_breaks_its_promise() {
    type Defect = fn(&mut Fixture);
    let table: [(&str, &str, Defect); 15] = [
        ("a command without a decision", DECIDED, |fixture| drop(fixture.events.remove(3))),
        ("a request decided twice", "one_decision_per_request", |fixture| {
            let again = CouponEvent { version: 5, ..fixture.events[3].clone() };
            fixture.events.push(again);
        }),
        ("a decision nobody asked for", ASKED, |fixture| drop(fixture.commands.remove(1))),
        ("sold out while something remains", SOLD_OUT, |fixture| {
            fixture.events[2] = event(3, 1, refuse(2, Refusal::SoldOut));
        }),
        ("answered granted, decided refused", ANSWERS, |fixture| fixture.answered[3] = answered(3, granted(3))),
        ("answered refused, decided granted", ANSWERS, |fixture| {
            fixture.answered[0] = answered(1, Answered::Refused { reason: Refusal::SoldOut });
        }),
        ("answered another reason", ANSWERS, |fixture| {
            fixture.answered[3] = answered(3, Answered::Refused { reason: Refusal::Closed });
        }),
        ("answered another coupon", ANSWERS, |fixture| fixture.answered[0] = answered(1, granted(2))),
        ("answered granted, and nothing is in the log", ANSWERS, |fixture| {
            fixture.answered[5] = answered(4, granted(4))
        }),
        ("answered two different things", ANSWERS, |fixture| {
            fixture.answered.push(answered(1, Answered::Refused { reason: Refusal::AlreadyClaimed }));
        }),
        ("refused at ingress and decided all the same", NOT_ACCEPTED, |fixture| {
            fixture.answered[0] = answered(1, Answered::NotAccepted { status: 429, code: "X".into() });
        }),
        ("refused at ingress and in the inbox all the same", NOT_ACCEPTED, |fixture| fixture.commands.push(claim(4))),
        ("a version is left out", "gapless_versions", |fixture| fixture.events[3].version = 5),
        ("a coupon out of nothing", "stock_identity", |fixture| fixture.events[2].stock.granted = 3),
        ("a shopper has more coupons than the terms allow", "limit_per_shopper", |fixture| {
            if let CouponFact::CouponGranted { shopper: owner, .. } = &mut fixture.events[2].fact {
                *owner = shopper(1);
            }
        }),
    ];
    for (defect, promise, apply) in table {
        let mut fixture = fixture();
        apply(&mut fixture);
        let verdict = verdict(fixture);
        assert!(!verdict.holds(), "{defect} is not found");
        assert_eq!(verdict.proof.get(promise), Some(&false), "{defect} does not break {promise}: {verdict}");
        assert!(verdict.counterexamples.contains_key(promise), "{defect} has no counterexample");
    }
}

#[test]
fn a_log_whose_beginning_is_gone_may_hold_decisions_of_commands_that_are_gone() {
    let mut audit = Audit::default();
    audit.coupon(&fixture().events[0], Source { partition: 0, offset: 9 });
    audit.judge(Whole::BeginningGone);
    assert!(audit.verdict.holds(), "{}", audit.verdict);
}

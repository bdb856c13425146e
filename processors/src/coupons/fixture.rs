//! For tests: the coupon topology on the test driver. Every fact goes through [`CouponLedger`], so that no test can pass over a broken
//! promise.

use std::collections::BTreeMap;

use audit::ledgers::coupons::CouponLedger;
use events::coupons::{CampaignTerms, CouponAnswer, CouponCommand, CouponEvent, Discount, Eligibility, Restoration};
use events::ids::{CouponId, OrderId, RequestId, ShopperId};
use events::money::{BasisPoints, Money};
use events::orders::OrderCommand;
use events::request::{Fingerprint, Outcome, Reply};
use events::time::Window;
use events::topics;
use streams::driver::DriverError;

use super::topology;
use crate::kit::testing::driver::{Driver, sending_order};
pub(crate) use crate::kit::testing::names::{at, campaign, request, shopper};

pub(crate) struct Fixture {
    pub(crate) driver: Driver,
    pub(crate) ledger: CouponLedger,
    /// The coupon that each shopper was granted last.
    pub(crate) latest: BTreeMap<ShopperId, CouponId>,
}

/// What one command led to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Effect {
    pub(crate) events: Vec<CouponEvent>,
    pub(crate) reply: Reply,
    /// The answer to the order; orders send holds and their ends only.
    pub(crate) answer: Option<CouponAnswer>,
    /// Answers to orders that sent no command.
    pub(crate) notices: Vec<(OrderId, CouponAnswer)>,
}

/// Terms that a test changes where they matter to it.
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
        Self { driver: Driver::new(topology()), ledger: CouponLedger::new(), latest: BTreeMap::new() }
    }

    /// Sends a command.
    pub(crate) fn send(&mut self, command: &CouponCommand, at_ms: i64) -> Result<Effect, DriverError> {
        self.driver.send(command, at_ms)?;
        let events = self.events();
        let reply = self.driver.reply(Some(command.request()), command).expect("every command gets a reply");
        if let Outcome::Granted { coupon, shopper, .. } = &reply.outcome {
            self.latest.insert(shopper.clone(), *coupon);
        }
        let mut notices = vec![];
        let mut answer = None;
        for (order, request, given) in self.answers() {
            match request {
                None => notices.push((order, given)),
                Some(request) => {
                    assert_eq!((order, request), (sending_order(), command.request()));
                    assert!(answer.replace(given).is_none(), "answered once: {command:?}");
                }
            }
        }
        assert_eq!(answer.is_some(), super::answers::is_from_orders(command), "{command:?}");
        Ok(Effect { events, reply, answer, notices })
    }

    /// The answers to orders since the last call: to which order, to which request, what.
    pub(crate) fn answers(&mut self) -> Vec<(OrderId, Option<RequestId>, CouponAnswer)> {
        self.driver.answers(|answer| match answer {
            OrderCommand::CouponAnswered { order, request, answer } => Some((order, request, answer)),
            _ => None,
        })
    }

    /// Lets time pass until nothing is due any more; an expiry in several rounds gets the ticks it needs.
    pub(crate) fn tick(&mut self, at_ms: i64) -> Vec<CouponEvent> {
        self.driver.pass(at_ms, 10);
        self.events()
    }

    /// The facts since the last call, each judged by the ledger.
    pub(crate) fn events(&mut self) -> Vec<CouponEvent> {
        let events = self.driver.facts(&topics::COUPONS_EVENTS);
        for event in &events {
            if let Err(violation) = self.ledger.apply(event) {
                panic!("{violation}: {event:?}");
            }
        }
        events
    }
}

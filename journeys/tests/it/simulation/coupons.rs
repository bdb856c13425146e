//! Coupons: a load claims, repeats, holds, redeems and releases; operators define, pause and end.

use std::collections::{BTreeMap, BTreeSet};

use audit::ledgers::coupons::CouponLedger;
use events::coupons::{CampaignTerms, CouponCommand, CouponEvent, Discount, Eligibility, Restoration};
use events::ids::{CampaignId, OrderId, RequestId, ShopperId};
use events::money::{BasisPoints, Money};
use events::orders::OrderCommand;
use events::request::Fingerprint;
use events::time::{Timestamp, Window};
use events::topics;
use fastrand::Rng;
use processors::coupons::topology;
use streams::record::Outgoing;
use streams::simulated::{BEGINNING, FaultCounts, Simulation};

use super::{PARTITIONS, SINK_PARTITIONS, Subject, committed, explore, read, record};

/// Seeds of an ordinary run: some seconds on two cores.
const SEEDS: u64 = 4_000;

pub(super) const COUPONS: Subject =
    Subject { topology, inbox: topics::COUPONS_INBOX.name(), events: topics::COUPONS_EVENTS.name() };

/// Sends commands as shoppers and operators do, and remembers what it may refer to later.
#[derive(Default)]
struct Load {
    requests: u64,
    sent: Vec<CouponCommand>,
    /// How often each request of an order was sent with an address for its answer.
    asked: BTreeMap<RequestId, usize>,
}

impl Load {
    fn request(&mut self) -> RequestId {
        self.requests += 1;
        RequestId::of("crowd", "any", &self.requests.to_string())
    }

    /// One of the first `many` campaigns; three are ever defined.
    fn any_campaign(rng: &mut Rng, many: u8) -> CampaignId {
        campaign(rng.u8(0..many))
    }

    fn define(&mut self, rng: &mut Rng, number: u8) -> CouponCommand {
        let at = |after: i64| Timestamp::from_millis(BEGINNING + after);
        CouponCommand::DefineCampaign {
            request: self.request(),
            campaign: campaign(number),
            terms: CampaignTerms {
                stock: rng.u32(3..12),
                claim: Window { from: at(0), until: at(rng.i64(2_000..60_000)) },
                usable: Window { from: at(0), until: at(60_000 + rng.i64(0..60_000)) },
                per_shopper: rng.u8(1..3),
                eligibility: Eligibility::Everyone,
                discount: Discount::Fixed { amount: Money::new(1_000) },
                minimum_spend: Money::new(5_000),
                budget: rng.bool().then(|| Money::new(rng.i64(3_000..15_000))),
                platform_share: BasisPoints::WHOLE,
                seller_initiated: false,
                restoration: Restoration::WithinUseWindow { times: 1 },
            },
        }
    }

    fn claim(&mut self, rng: &mut Rng) -> CouponCommand {
        CouponCommand::Claim {
            request: self.request(),
            fingerprint: Fingerprint::from_u64(rng.u64(0..1 << 50)),
            campaign: Self::any_campaign(rng, 4),
            shopper: ShopperId::new(&format!("shopper-{}", rng.u8(0..12))).expect("an id"),
            segments: Vec::new(),
        }
    }

    /// Something about a coupon that an earlier claim may have been granted, or about a hold that an earlier command may have
    /// obtained. Often it was not: then the refusal is what is tested.
    fn follow_up(&mut self, rng: &mut Rng, now: i64) -> Option<CouponCommand> {
        let earlier = rng.choice(&self.sent)?.clone();
        let request = self.request();
        match earlier {
            CouponCommand::Claim { request: claimed, campaign, shopper, .. } => Some(if rng.u8(0..10) == 0 {
                CouponCommand::Revoke { request, campaign, coupon: claimed.coupon(), shopper }
            } else {
                CouponCommand::Hold {
                    request,
                    campaign,
                    coupon: claimed.coupon(),
                    shopper,
                    order: OrderId::new(&format!("order-{}", self.requests)).expect("an id"),
                    spend: Money::new(rng.i64(4_000..20_000)),
                    until: Timestamp::from_millis(now + rng.i64(1..5_000)),
                }
            }),
            CouponCommand::Hold { request: held, campaign, coupon, shopper, order, .. } => {
                let hold = held.hold();
                Some(match rng.u8(0..3) {
                    0 => CouponCommand::Redeem { request, campaign, coupon, shopper, hold },
                    1 => CouponCommand::Release { request, campaign, coupon, shopper, hold },
                    _ => CouponCommand::Restore { request, campaign, coupon, shopper, order },
                })
            }
            _ => None,
        }
    }

    fn operate(&mut self, rng: &mut Rng) -> CouponCommand {
        let (request, campaign) = (self.request(), Self::any_campaign(rng, 3));
        match rng.u8(0..4) {
            0 => CouponCommand::PauseCampaign { request, campaign },
            1 => CouponCommand::EndCampaign { request, campaign },
            _ => CouponCommand::ResumeCampaign { request, campaign },
        }
    }

    fn next(&mut self, rng: &mut Rng, now: i64) -> CouponCommand {
        let number = self.sent.len();
        let command = match rng.u8(0..20) {
            _ if number < 3 => self.define(rng, u8::try_from(number).expect("few")),
            0 | 1 => self.sent[rng.usize(0..number)].clone(),
            2..=8 => self.follow_up(rng, now).unwrap_or_else(|| self.claim(rng)),
            9 => self.operate(rng),
            _ => self.claim(rng),
        };
        self.sent.push(command.clone());
        command
    }

    /// The command with the addresses that it asks to be answered at.
    fn send(&mut self, rng: &mut Rng, now: i64) -> Outgoing {
        let command = self.next(rng, now);
        let reply_to = rng.bool().then(|| rng.i32(0..SINK_PARTITIONS));
        let answer_to = (rng.u8(0..4) > 0).then(|| OrderId::new(&format!("asking-{}", rng.u8(0..20))).expect("an id"));
        let is_of_orders = matches!(
            command,
            CouponCommand::Hold { .. }
                | CouponCommand::Redeem { .. }
                | CouponCommand::Release { .. }
                | CouponCommand::Restore { .. }
        );
        if answer_to.is_some() && is_of_orders {
            *self.asked.entry(command.request()).or_default() += 1;
        }
        record(COUPONS.inbox, &command, reply_to, answer_to)
    }
}

fn campaign(number: u8) -> CampaignId {
    CampaignId::new(&format!("campaign-{number}")).expect("an id")
}

/// Every rule at every prefix, and every request decided, once.
fn judge_facts(simulation: &Simulation, load: &Load) -> Result<(), String> {
    let mut decided = 0;
    for partition in 0..PARTITIONS {
        let mut ledger = CouponLedger::new();
        for record in committed(simulation.cluster(), COUPONS.events, partition)? {
            let event: CouponEvent = read(&record)?;
            ledger.apply(&event).map_err(|violation| violation.to_string())?;
        }
        decided += ledger.requests();
    }
    let asked: BTreeSet<RequestId> = load.sent.iter().map(CouponCommand::request).collect();
    (decided == asked.len()).then_some(()).ok_or_else(|| format!("{} asked, {decided} decided", asked.len()))
}

fn check(seed: u64) -> Result<FaultCounts, String> {
    let mut load = Load::default();
    let simulation = COUPONS.simulate(seed, Rng::with_seed(seed), |rng, now| load.send(rng, now))?;
    judge_facts(&simulation, &load)?;
    COUPONS.judge_answers(&simulation, &load.asked, |told| match told {
        OrderCommand::CouponAnswered { request, .. } => *request,
        _ => None,
    })?;
    COUPONS.judge_replay(&simulation)?;
    COUPONS.judge_state(&simulation)?;
    Ok(simulation.cluster().fault_counts())
}

#[test]
fn coupons_are_decided_exactly_once_whatever_happens() {
    explore(SEEDS, check);
}

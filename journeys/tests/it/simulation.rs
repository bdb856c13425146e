//! The coupon processor as it ships, on the simulated cluster: two instances, a crowd that claims, repeats, holds, redeems and
//! releases, while instances are killed, paused, doubled and cut off. After the faults end, what read-committed readers see
//! must be right at every prefix, complete, and equal to what one undisturbed processor makes of the same inbox, byte for byte.
//!
//! `TIMESALE_SEED=n` replays a seed, `TIMESALE_SEEDS=n` looks at so many.

use std::collections::BTreeSet;

use events::codec::{decode, encode};
use events::coupons::{CampaignTerms, CouponCommand, CouponEvent, CouponLedger, Discount, Eligibility, Restoration};
use events::envelope::Envelope;
use events::ids::{CampaignId, OrderId, RequestId, ShopperId};
use events::money::{BasisPoints, Money};
use events::request::Fingerprint;
use events::time::{Timestamp, Window};
use events::topics;
use fastrand::Rng;
use processors::coupons::topology;
use streams::driver::TestDriver;
use streams::processor::StoreId;
use streams::record::{Outgoing, Record};
use streams::simulated::{BEGINNING, FaultCounts, FaultRates, Isolation, Seeds, Setup, Simulation};

const PARTITIONS: i32 = 2;
const COMMANDS: usize = 120;
/// Seeds of an ordinary run: some seconds on two cores.
const SEEDS: u64 = 4_000;

/// Sends commands as shoppers and operators do, and remembers what it may refer to later.
struct Crowd {
    rng: Rng,
    requests: u64,
    sent: Vec<CouponCommand>,
}

impl Crowd {
    fn request(&mut self) -> RequestId {
        self.requests += 1;
        RequestId::of("crowd", "any", &self.requests.to_string())
    }

    /// One of the first `many` campaigns; three are ever defined.
    fn any_campaign(&mut self, many: u8) -> CampaignId {
        campaign(self.rng.u8(0..many))
    }

    fn define(&mut self, number: u8) -> CouponCommand {
        let at = |after: i64| Timestamp::from_millis(BEGINNING + after);
        CouponCommand::DefineCampaign {
            request: self.request(),
            campaign: campaign(number),
            terms: CampaignTerms {
                stock: self.rng.u32(3..12),
                claim: Window { from: at(0), until: at(self.rng.i64(2_000..60_000)) },
                usable: Window { from: at(0), until: at(60_000 + self.rng.i64(0..60_000)) },
                per_shopper: self.rng.u8(1..3),
                eligibility: Eligibility::Everyone,
                discount: Discount::Fixed { amount: Money::new(1_000) },
                minimum_spend: Money::new(5_000),
                budget: self.rng.bool().then(|| Money::new(self.rng.i64(3_000..15_000))),
                platform_share: BasisPoints::WHOLE,
                restoration: Restoration::WithinUseWindow { times: 1 },
            },
        }
    }

    fn claim(&mut self) -> CouponCommand {
        CouponCommand::Claim {
            request: self.request(),
            fingerprint: Fingerprint::from_u64(self.rng.u64(0..1 << 50)),
            campaign: self.any_campaign(4),
            shopper: ShopperId::new(&format!("shopper-{}", self.rng.u8(0..12))).expect("an id"),
            segments: Vec::new(),
        }
    }

    /// Something about a coupon that an earlier claim may have been granted, or about a hold that an earlier command may have
    /// obtained. Often it was not: then the refusal is what is tested.
    fn follow_up(&mut self, now: i64) -> Option<CouponCommand> {
        let earlier = self.rng.choice(&self.sent)?.clone();
        let request = self.request();
        match earlier {
            CouponCommand::Claim { request: claimed, campaign, shopper, .. } => Some(if self.rng.u8(0..10) == 0 {
                CouponCommand::Revoke { request, campaign, coupon: claimed.coupon(), shopper }
            } else {
                CouponCommand::Hold {
                    request,
                    campaign,
                    coupon: claimed.coupon(),
                    shopper,
                    order: OrderId::new(&format!("order-{}", self.requests)).expect("an id"),
                    spend: Money::new(self.rng.i64(4_000..20_000)),
                    until: Timestamp::from_millis(now + self.rng.i64(1..5_000)),
                }
            }),
            CouponCommand::Hold { request: held, campaign, coupon, shopper, order, .. } => {
                let hold = held.hold();
                Some(match self.rng.u8(0..3) {
                    0 => CouponCommand::Redeem { request, campaign, coupon, shopper, hold },
                    1 => CouponCommand::Release { request, campaign, coupon, shopper, hold },
                    _ => CouponCommand::Restore { request, campaign, coupon, shopper, order },
                })
            }
            _ => None,
        }
    }

    fn operate(&mut self) -> CouponCommand {
        let (request, campaign) = (self.request(), self.any_campaign(3));
        match self.rng.u8(0..4) {
            0 => CouponCommand::PauseCampaign { request, campaign },
            1 => CouponCommand::EndCampaign { request, campaign },
            _ => CouponCommand::ResumeCampaign { request, campaign },
        }
    }

    fn next(&mut self, now: i64) -> CouponCommand {
        let number = self.sent.len();
        let command = match self.rng.u8(0..20) {
            _ if number < 3 => self.define(u8::try_from(number).expect("few")),
            0 | 1 => self.sent[self.rng.usize(0..number)].clone(),
            2..=8 => self.follow_up(now).unwrap_or_else(|| self.claim()),
            9 => self.operate(),
            _ => self.claim(),
        };
        self.sent.push(command.clone());
        command
    }
}

fn campaign(number: u8) -> CampaignId {
    CampaignId::new(&format!("campaign-{number}")).expect("an id")
}

fn record(command: &CouponCommand, reply_to: Option<i32>) -> Outgoing {
    let context = Envelope { reply_to, ..Envelope::default() };
    let (value, envelope) = encode(command, &context).expect("encodes");
    Outgoing {
        topic: topics::COUPONS_INBOX.name().into(),
        partition: None,
        key: Some(command.campaign().to_string().into_bytes().into()),
        value: Some(value.into()),
        headers: envelope.to_headers().into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect(),
    }
}

fn committed(simulation: &Simulation, topic: &str, partition: i32) -> Result<Vec<Record>, String> {
    simulation.cluster().records(topic, partition, Isolation::ReadCommitted).map_err(|error| error.to_string())
}

/// Every rule at every prefix, and every request decided, once.
fn judge_facts(simulation: &Simulation, crowd: &Crowd) -> Result<(), String> {
    let mut decided = 0;
    for partition in 0..PARTITIONS {
        let mut ledger = CouponLedger::new();
        for record in committed(simulation, topics::COUPONS_EVENTS.name(), partition)? {
            let envelope = Envelope::from_headers(record.header_pairs());
            let event: CouponEvent = decode(record.value.as_deref(), &envelope).map_err(|error| error.to_string())?;
            ledger.apply(&event).map_err(|violation| violation.to_string())?;
        }
        decided += ledger.requests();
    }
    let asked: BTreeSet<RequestId> = crowd.sent.iter().map(CouponCommand::request).collect();
    (decided == asked.len()).then_some(()).ok_or_else(|| format!("{} asked, {decided} decided", asked.len()))
}

/// One undisturbed processor makes the same of the same inbox, byte for byte.
fn judge_replay(simulation: &Simulation) -> Result<(), String> {
    let mut driver = TestDriver::with_partitions(topology().map_err(|error| error.to_string())?, PARTITIONS);
    for partition in 0..PARTITIONS {
        for record in committed(simulation, topics::COUPONS_INBOX.name(), partition)? {
            let headers: Vec<(&str, &[u8])> = record.header_pairs().collect();
            driver
                .pipe_to(partition, record.key.as_deref(), record.value.as_deref(), &headers, record.timestamp)
                .map_err(|error| error.to_string())?;
        }
        let replayed: Vec<_> = driver
            .take(topics::COUPONS_EVENTS.name())
            .into_iter()
            .map(|outgoing| (outgoing.key, outgoing.value))
            .collect();
        let decided: Vec<_> = committed(simulation, topics::COUPONS_EVENTS.name(), partition)?
            .into_iter()
            .map(|record| (record.key, record.value))
            .collect();
        if let Some(place) =
            (0..replayed.len().max(decided.len())).find(|place| replayed.get(*place) != decided.get(*place))
        {
            return Err(format!(
                "partition {partition}: fact {place} was {:?}, replayed it is {:?}",
                decided.get(place),
                replayed.get(place)
            ));
        }
    }
    Ok(())
}

/// What the next owner would restore is what the owner has.
fn judge_state(simulation: &Simulation) -> Result<(), String> {
    let stores = topology().map_err(|error| error.to_string())?.stores().len();
    for partition in 0..PARTITIONS {
        for store in (0..stores).filter_map(|place| u8::try_from(place).ok()).map(StoreId) {
            let restored = simulation.changelog_entries(partition, store).map_err(|error| error.to_string())?;
            let Some(held) = simulation.entries(partition, store) else {
                return Err(format!("partition {partition} has no owner"));
            };
            if let Some(place) =
                (0..held.len().max(restored.len())).find(|place| held.get(*place) != restored.get(*place))
            {
                return Err(format!(
                    "partition {partition}: entry {place} of {store:?} is {:?}, the changelog says {:?}",
                    held.get(place).map(|(key, value)| (String::from_utf8_lossy(key), String::from_utf8_lossy(value))),
                    restored
                        .get(place)
                        .map(|(key, value)| (String::from_utf8_lossy(key), String::from_utf8_lossy(value))),
                ));
            }
        }
    }
    Ok(())
}

fn check(seed: u64) -> Result<FaultCounts, String> {
    let mut rng = Rng::with_seed(seed);
    let topology = topology().map_err(|error| error.to_string())?;
    let setup = Setup { partitions: PARTITIONS, sink_partitions: 8, ..Setup::default() };
    let simulation = Simulation::new(seed, topology, setup).map_err(|error| error.to_string())?;
    simulation.cluster().set_faults(FaultRates::swarm(&mut rng));
    let mut crowd = Crowd { rng, requests: 0, sent: Vec::new() };
    for _ in 0..COMMANDS {
        let command = crowd.next(simulation.cluster().now());
        let reply_to = crowd.rng.bool().then(|| crowd.rng.i32(0..8));
        simulation.cluster().produce(record(&command, reply_to)).map_err(|error| error.to_string())?;
        simulation.run(crowd.rng.usize(0..8));
    }
    simulation.heal();
    simulation.quiesce(50_000).map_err(|error| error.to_string())?;
    judge_facts(&simulation, &crowd)?;
    judge_replay(&simulation)?;
    judge_state(&simulation)?;
    Ok(simulation.cluster().fault_counts())
}

#[test]
fn coupons_are_decided_exactly_once_whatever_happens() {
    let explored = Seeds::from_env(SEEDS).explore(check);
    eprintln!("{} seeds in {:?}, faults {:?}", explored.seeds, explored.took, explored.faults);
    if let Some(failure) = explored.failure {
        panic!("TIMESALE_SEED={}: {}", failure.seed, failure.reason);
    }
    assert!(explored.faults.values().sum::<u64>() > explored.seeds, "a run that broke nothing shows nothing");
}

//! Prices: inventory defines products, other shops offer and withdraw, all of it also twice, late, and absurd.

use std::collections::BTreeMap;

use audit::ledgers::prices::PriceLedger;
use events::ids::{OfferSource, RequestId, Sku};
use events::inventory::SalePrice;
use events::money::Money;
use events::prices::{BestPrice, PriceCommand};
use events::time::{Timestamp, Window};
use events::topics;
use fastrand::Rng;
use streams::record::Outgoing;
use streams::simulated::{FaultCounts, Simulation};

use super::{PARTITIONS, SINK_PARTITIONS, Subject, committed, explore, judge_replies, read, record};

/// Seeds of an ordinary run: some seconds on two cores.
const SEEDS: u64 = 1_000;

const PRICES: Subject = Subject {
    topology: || processors::prices::topology(|_| {}),
    inbox: topics::PRICES_INBOX.name(),
    events: topics::PRICES_BEST.name(),
};

/// Says what inventory, connectors and operators say.
#[derive(Default)]
struct Load {
    requests: u64,
    versions: u64,
    sent: Vec<PriceCommand>,
    /// How often each request was sent with an address for its reply.
    asked: BTreeMap<RequestId, usize>,
}

impl Load {
    fn define(&mut self, rng: &mut Rng, sku: Sku, now: i64) -> PriceCommand {
        self.versions += u64::from(rng.u8(0..4) > 0);
        let at = |after: i64| Timestamp::from_millis(now + after);
        let window = Window { from: at(rng.i64(-1_000..2_000)), until: at(rng.i64(2_000..6_000)) };
        let sale = rng.bool().then(|| SalePrice { price: Money::new(rng.i64(500..900)), window });
        let list_price = Money::new(rng.i64(900..1_500));
        PriceCommand::OwnPrice { sku, version: self.versions, at: Timestamp::from_millis(now), list_price, sale }
    }

    fn request(&mut self, rng: &mut Rng) -> Option<RequestId> {
        self.requests += 1;
        rng.bool().then(|| RequestId::of("crowd", "prices", &self.requests.to_string()))
    }

    fn offer(&mut self, rng: &mut Rng, sku: Sku, now: i64) -> PriceCommand {
        let absurd = rng.u8(0..15) == 0;
        PriceCommand::Offer {
            request: self.request(rng),
            sku,
            source: source(rng),
            price: Money::new(if absurd { rng.i64(-5..5) } else { rng.i64(400..1_600) }),
            seen_at: Timestamp::from_millis(now + rng.i64(-2_000..if absurd { 90_000 } else { 500 })),
            fresh_ms: rng.u32(0..5_000),
            until: rng.bool().then(|| Timestamp::from_millis(now + rng.i64(-100..4_000))),
        }
    }

    /// Of four products three are ever defined.
    fn next(&mut self, rng: &mut Rng, now: i64) -> PriceCommand {
        let number = self.sent.len();
        let command = match rng.u8(0..20) {
            _ if number < 3 => self.define(rng, sku(number), now),
            0 | 1 => self.sent[rng.usize(0..number)].clone(),
            2 | 3 => {
                let sku = sku(rng.usize(0..3));
                self.define(rng, sku, now)
            }
            4 | 5 => {
                let (request, source) = (self.request(rng), source(rng));
                PriceCommand::WithdrawOffer { request, sku: sku(rng.usize(0..4)), source }
            }
            _ => {
                let sku = sku(rng.usize(0..4));
                self.offer(rng, sku, now)
            }
        };
        self.sent.push(command.clone());
        command
    }

    fn send(&mut self, rng: &mut Rng, now: i64) -> Outgoing {
        let command = self.next(rng, now);
        let reply_to = rng.bool().then(|| rng.i32(0..SINK_PARTITIONS));
        if let (Some(request), Some(_)) = (command.request(), reply_to) {
            *self.asked.entry(request).or_default() += 1;
        }
        record(PRICES.inbox, &command, reply_to, None)
    }
}

fn sku(number: usize) -> Sku {
    Sku::new(&format!("product-{number}")).expect("an id")
}

fn source(rng: &mut Rng) -> OfferSource {
    OfferSource::new(&format!("shop-{}", rng.u8(0..20))).expect("an id")
}

/// Every rule for every value; and at rest what was stated last is what commands and time have led to.
fn judge_facts(simulation: &Simulation) -> Result<(), String> {
    for partition in 0..PARTITIONS {
        let mut ledger = PriceLedger::new();
        for record in committed(simulation.cluster(), PRICES.inbox, partition)? {
            let at = Timestamp::from_millis(record.timestamp);
            match record.value {
                Some(_) => ledger.apply(&read::<PriceCommand>(&record)?, at),
                None => ledger.pass(at),
            }
        }
        for record in committed(simulation.cluster(), PRICES.events, partition)? {
            let best: BestPrice = read(&record)?;
            ledger.take(&best).map_err(|violation| violation.to_string())?;
        }
        if let Some(violation) = ledger.settle().first() {
            return Err(format!("{violation}: {:?} is due", ledger.due(&violation.sku)));
        }
        let now = Timestamp::from_millis(simulation.cluster().now());
        if let Some(stale) = ledger.stated().find(|best| !best.is_valid_at(now)) {
            return Err(format!("at rest {stale:?} is still stated"));
        }
    }
    Ok(())
}

fn check(seed: u64) -> Result<FaultCounts, String> {
    let mut load = Load::default();
    let simulation = PRICES.simulate(seed, Rng::with_seed(seed), |rng, now| load.send(rng, now))?;
    judge_facts(&simulation)?;
    judge_replies(simulation.cluster(), &load.asked)?;
    PRICES.judge_replay(&simulation)?;
    PRICES.judge_state(&simulation)?;
    Ok(simulation.cluster().fault_counts())
}

#[test]
fn prices_are_decided_exactly_once_whatever_happens() {
    explore(SEEDS, check);
}

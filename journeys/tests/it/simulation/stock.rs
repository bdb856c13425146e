//! Stock: many orders hold, commits, releases and brings units back, merchants define and adjust, all of it also twice.

use std::collections::{BTreeMap, BTreeSet};

use audit::ledgers::inventory::StockLedger;
use events::ids::{OrderId, RequestId, SellerId, Sku};
use events::inventory::{InventoryCommand, InventoryEvent, ProductTerms, SalePrice};
use events::money::Money;
use events::orders::OrderCommand;
use events::time::{Timestamp, Window};
use events::topics;
use fastrand::Rng;
use processors::inventory::topology;
use streams::processor::{Context, Processor, StoreId, Timer, Verdict};
use streams::record::{Outgoing, Record};
use streams::simulated::{BEGINNING, FaultCounts, Seeds, Simulation};
use streams::topology::Topology;

use super::tamper::{Mutation, Tampering};
use super::{PARTITIONS, SINK_PARTITIONS, Subject, committed, explore, live, read, record};

/// Seeds of an ordinary run: some seconds on two cores.
const SEEDS: u64 = 2_000;
/// Seeds within which a bug must be found.
const SEEDS_WITH_A_BUG: u64 = 50;
/// In a run with late repeats: what comes first, and what comes between it and its repeats, all of it about one product.
const FIRST: usize = 20;
const BETWEEN: usize = 75;

pub(super) const STOCK: Subject =
    Subject { topology, inbox: topics::INVENTORY_INBOX.name(), events: topics::INVENTORY_EVENTS.name() };

/// Sends commands as merchants and orders do, and remembers what it may refer to later.
#[derive(Default)]
struct Load {
    requests: u64,
    sent: Vec<InventoryCommand>,
    /// How often each request of an order was sent with an address for its answer.
    asked: BTreeMap<RequestId, usize>,
}

impl Load {
    fn request(&mut self) -> RequestId {
        self.requests += 1;
        RequestId::of("crowd", "stock", &self.requests.to_string())
    }

    fn define(&mut self, rng: &mut Rng, number: u8) -> InventoryCommand {
        let at = |after: i64| Timestamp::from_millis(BEGINNING + after);
        let window = Window { from: at(0), until: at(rng.i64(1_000..30_000)) };
        InventoryCommand::DefineProduct {
            request: self.request(),
            sku: sku(number),
            terms: ProductTerms {
                seller: SellerId::new(&format!("seller-{}", number % 2)).expect("an id"),
                name: format!("product {number}"),
                category: None,
                list_price: Money::new(rng.i64(1_000..3_000)),
                sale: rng.bool().then_some(SalePrice { price: Money::new(900), window }),
                supply_price: None,
                low_stock: rng.bool().then(|| rng.u32(1..5)),
            },
        }
    }

    fn adjust(&mut self, rng: &mut Rng) -> InventoryCommand {
        let (request, sku) = (self.request(), sku(rng.u8(0..3)));
        InventoryCommand::AdjustStock { request, sku, change: rng.i64(-4..12) }
    }

    /// Of four products three are ever defined.
    fn hold(&mut self, rng: &mut Rng, now: i64) -> InventoryCommand {
        let request = self.request();
        InventoryCommand::Hold {
            request,
            sku: sku(rng.u8(0..4)),
            order: OrderId::new(&format!("order-{}", self.requests)).expect("an id"),
            quantity: rng.u32(1..4),
            until: Timestamp::from_millis(now + rng.i64(1..5_000)),
        }
    }

    /// Something about a hold that an earlier command may have obtained. Often it was not: then the refusal is what is tested.
    fn follow_up(&mut self, rng: &mut Rng) -> Option<InventoryCommand> {
        let (sku, hold) = match rng.choice(&self.sent)? {
            InventoryCommand::Hold { request, sku, .. } => (sku.clone(), request.hold()),
            InventoryCommand::Commit { sku, hold, .. } => (sku.clone(), *hold),
            _ => return None,
        };
        let request = self.request();
        Some(match rng.u8(0..4) {
            0 | 1 => InventoryCommand::Commit { request, sku, hold },
            2 => InventoryCommand::Release { request, sku, hold },
            _ => InventoryCommand::Return { request, sku, hold, returned: rng.u32(0..4) },
        })
    }

    fn next(&mut self, rng: &mut Rng, now: i64) -> InventoryCommand {
        let number = self.sent.len();
        let command = match rng.u8(0..20) {
            _ if number < 3 => self.define(rng, u8::try_from(number).expect("few")),
            0 | 1 => self.sent[rng.usize(0..number)].clone(),
            2..=10 => self.follow_up(rng).unwrap_or_else(|| self.hold(rng, now)),
            11 => {
                let number = rng.u8(0..3);
                self.define(rng, number)
            }
            12..=14 => self.adjust(rng),
            _ => self.hold(rng, now),
        };
        self.sent.push(command.clone());
        command
    }

    /// First some changes of one product, then more others than a former build remembered, then the first ones again.
    fn next_late(&mut self, rng: &mut Rng) -> InventoryCommand {
        let number = self.sent.len();
        let command = match number {
            0 => self.define(rng, 0),
            _ if number < FIRST + BETWEEN => {
                let (request, sku) = (self.request(), sku(0));
                InventoryCommand::AdjustStock { request, sku, change: rng.i64(-4..12) }
            }
            _ => self.sent[rng.usize(0..FIRST)].clone(),
        };
        self.sent.push(command.clone());
        command
    }

    /// The command with the addresses that it asks to be answered at.
    fn send(&mut self, rng: &mut Rng, now: i64) -> Outgoing {
        let command = self.next(rng, now);
        let reply_to = rng.bool().then(|| rng.i32(0..SINK_PARTITIONS));
        let answer_to = (rng.u8(0..4) > 0).then(|| OrderId::new(&format!("asking-{}", rng.u8(0..20))).expect("an id"));
        let is_of_orders =
            !matches!(command, InventoryCommand::DefineProduct { .. } | InventoryCommand::AdjustStock { .. });
        if answer_to.is_some() && is_of_orders {
            *self.asked.entry(command.request()).or_default() += 1;
        }
        record(STOCK.inbox, &command, reply_to, answer_to)
    }
}

fn sku(number: u8) -> Sku {
    Sku::new(&format!("product-{number}")).expect("an id")
}

/// Every rule at every prefix, every request decided, once, and at rest no hold outlives its time.
fn judge_facts(simulation: &Simulation, load: &Load) -> Result<(), String> {
    let mut decided = 0;
    for partition in 0..PARTITIONS {
        let mut ledger = StockLedger::new();
        for record in committed(simulation.cluster(), STOCK.events, partition)? {
            let event: InventoryEvent = read(&record)?;
            ledger.apply(&event).map_err(|violation| violation.to_string())?;
        }
        let now = Timestamp::from_millis(simulation.cluster().now());
        if let Some((hold, _)) = ledger.holds().find(|(_, hold)| hold.end.is_none() && hold.until <= now) {
            return Err(format!("at rest {hold} has not lapsed"));
        }
        decided += ledger.requests();
    }
    let asked: BTreeSet<RequestId> = load.sent.iter().map(InventoryCommand::request).collect();
    (decided == asked.len()).then_some(()).ok_or_else(|| format!("{} asked, {decided} decided", asked.len()))
}

fn check(seed: u64) -> Result<FaultCounts, String> {
    let mut load = Load::default();
    let simulation = STOCK.simulate(seed, Rng::with_seed(seed), |rng, now| load.send(rng, now))?;
    judge_facts(&simulation, &load)?;
    STOCK.judge_answers(&simulation, &load.asked, |told| match told {
        OrderCommand::StockAnswered { request, .. } => *request,
        _ => None,
    })?;
    STOCK.judge_replay(&simulation)?;
    STOCK.judge_state(&simulation)?;
    Ok(simulation.cluster().fault_counts())
}

#[test]
fn stock_is_decided_exactly_once_whatever_happens() {
    explore(SEEDS, check);
}

/// A run whose last commands repeat its first ones: no request may be decided twice.
fn check_late_repeats(seed: u64, topology: Topology) -> Result<FaultCounts, String> {
    let mut load = Load::default();
    let simulation = live(seed, topology, Rng::with_seed(seed), |rng, _| {
        let command = load.next_late(rng);
        record(STOCK.inbox, &command, None, None)
    })?;
    judge_facts(&simulation, &load)?;
    Ok(simulation.cluster().fault_counts())
}

#[test]
fn a_late_repeat_moves_no_stock_a_second_time() {
    explore(SEEDS, |seed| check_late_repeats(seed, STOCK.topology()?));
}

/// Forgets accepted requests once many others came.
struct ForgetsAccepted {
    inner: Box<dyn Processor>,
    records: usize,
}

/// The store of requests, and what the keys of accepted ones begin with.
const REQUESTS: (StoreId, u8) = (StoreId(4), b'R');

impl Processor for ForgetsAccepted {
    fn process(&mut self, record: &Record, context: &mut dyn Context) -> Result<(), Verdict> {
        self.records += 1;
        let mutation = Hide { accepted: self.records > FIRST + BETWEEN };
        self.inner.process(record, &mut Tampering { context, mutation })
    }

    fn punctuate(&mut self, timer: &Timer, context: &mut dyn Context) -> Result<(), Verdict> {
        self.inner.punctuate(timer, context)
    }
}

struct Hide {
    accepted: bool,
}

impl Mutation for Hide {
    fn find<'a>(&'a self, store: StoreId, key: &[u8], found: Option<&'a [u8]>) -> Option<&'a [u8]> {
        let hidden = self.accepted && store == REQUESTS.0 && key.first() == Some(&REQUESTS.1);
        found.filter(|_| !hidden)
    }

    fn spoil(&mut self, outgoing: Outgoing) -> Vec<Outgoing> {
        vec![outgoing]
    }
}

#[test]
fn a_processor_that_forgets_accepted_requests_is_found() {
    let forgetful = || {
        let wrap = |inner| -> Box<dyn Processor> { Box::new(ForgetsAccepted { inner, records: 0 }) };
        STOCK.topology().map(|sound| sound.wrapped(wrap))
    };
    let explored = Seeds::new(1, SEEDS_WITH_A_BUG).explore(|seed| check_late_repeats(seed, forgetful()?));
    let failure = explored.failure.expect("the bug is found");
    assert!(failure.reason.contains("one_decision_per_request"), "{}", failure.reason);
}

//! The shop: three processors, two instances each, on one cluster, with a load before it and a provider behind it.

use std::collections::BTreeMap;

use events::orders::{OrderEvent, OrderState};
use events::topics;
use fastrand::Rng;
use processors::policy;
use streams::record::Outgoing;
use streams::simulated::{BEGINNING, Clock, Cluster, FaultRates, Setup, Simulation, Timestamps};
use streams::topology::Topology;

use super::super::{PARTITIONS, SINK_PARTITIONS};
use super::judge::{Books, messages};
use super::load::Load;
use super::provider::Provider;

const HOUR_MS: i64 = 60 * 60 * 1000;
/// Rounds within which everybody is back after a pause that outlasts every session, and has done what was due meanwhile.
const ROUNDS_AFTER_A_PAUSE: u32 = 20;

/// Key and value of a record.
pub(super) type Words = (Option<Vec<u8>>, Option<Vec<u8>>);

/// The words of a record.
pub(super) fn words(key: &Option<impl AsRef<[u8]>>, value: &Option<impl AsRef<[u8]>>) -> Words {
    (key.as_ref().map(|key| key.as_ref().to_vec()), value.as_ref().map(|value| value.as_ref().to_vec()))
}

/// The shop, and the fixture around it.
pub(super) struct Shop {
    pub(super) cluster: Cluster,
    /// Coupons, stock, orders.
    pub(super) processors: Vec<Simulation>,
    pub(super) provider: Provider,
    pub(super) load: Load,
    /// What people and the provider wrote, by topic.
    pub(super) written: BTreeMap<String, Vec<Words>>,
    rng: Rng,
    /// Up to which offset the load has seen the orders, all partitions together.
    seen: i64,
}

impl Shop {
    /// Opens with these orders: the ones that ship, or some with a bug in them.
    pub(super) fn open(seed: u64, orders: Topology) -> Result<Self, String> {
        let cluster = Cluster::new(seed, Clock::Injected(BEGINNING));
        let inboxes = [
            topics::COUPONS_INBOX.name(),
            topics::INVENTORY_INBOX.name(),
            topics::ORDERS_INBOX.name(),
            topics::PAYMENTS_INBOX.name(),
            topics::SETTLEMENT_INBOX.name(),
            topics::PRICES_INBOX.name(),
        ];
        for inbox in inboxes {
            cluster.create_topic(inbox, PARTITIONS, Timestamps::LogAppendTime);
        }
        cluster.create_topic(topics::INGRESS_REPLIES.name(), SINK_PARTITIONS, Timestamps::CreateTime);
        let topologies = [
            processors::coupons::topology().map_err(|error| error.to_string())?,
            processors::inventory::topology().map_err(|error| error.to_string())?,
            orders,
        ];
        let mut processors = vec![];
        for topology in topologies {
            let setup = Setup { partitions: PARTITIONS, sink_partitions: PARTITIONS, ..Setup::default() };
            processors.push(Simulation::on(&cluster, topology, setup).map_err(|error| error.to_string())?);
        }
        let rng = Rng::with_seed(seed ^ 0xc0de);
        let (provider, load, written) = (Provider::new(), Load::default(), BTreeMap::new());
        Ok(Self { cluster, processors, provider, load, written, rng, seen: 0 })
    }

    /// So many things are done by the load, while everything breaks.
    pub(super) fn live(&mut self, acts: usize) -> Result<(), String> {
        for outgoing in self.load.opening(&mut self.rng) {
            self.write(outgoing)?;
        }
        self.run(30)?;
        self.cluster.set_faults(FaultRates::swarm(&mut self.rng));
        for _ in 0..acts {
            self.look()?;
            if let Some(outgoing) = self.load.next(&mut self.rng, self.cluster.now()) {
                self.write(outgoing)?;
            }
            // Nothing happens for a while, now and then.
            if self.rng.u8(0..80) == 0 {
                self.cluster.advance(self.rng.i64(0..60_000));
            }
            let steps = self.rng.usize(0..24);
            self.run(steps)?;
        }
        Ok(())
    }

    /// The faults end, and everything goes on until every order has come to its end.
    pub(super) fn settle(&mut self) -> Result<Books, String> {
        for processor in &self.processors {
            processor.heal();
        }
        if self.rng.u8(0..6) == 0 {
            self.wait_in_vain()?;
        }
        self.provider.heal();
        // A look-up of a payment whose answer was lost is repeated, and no fact says that it is under way. So the end is there
        // when the longest pause before such a repetition has passed, and nobody called the provider in it.
        let (mut calls_before, mut look_from) = (None, 0);
        for round in 0..1_500 {
            if let Some(alarm) = self.processors.iter().find_map(|processor| processor.alarms().into_iter().next()) {
                return Err(format!("an instance stopped for good: {alarm}"));
            }
            self.run(40)?;
            let rests = self.processors.iter().all(|processor| processor.unfinished().is_none());
            if round >= look_from && rests && !self.provider.is_busy(&self.cluster)? {
                let books = Books::read(&self.cluster)?;
                if books.open().next().is_some() {
                    self.help(&books)?;
                } else if calls_before == Some(self.provider.calls()) {
                    return Ok(books);
                } else {
                    (calls_before, look_from) = (Some(self.provider.calls()), round + ROUNDS_AFTER_A_PAUSE);
                    self.cluster.advance(policy::PAYMENT_ANSWERED_WITHIN_MS);
                }
            }
            // Nobody has to wait for the deadlines in real steps; sessions outlast a pause as short as this.
            if round % 2 == 0 {
                self.cluster.advance(400);
            }
        }
        let books = Books::read(&self.cluster)?;
        let open: Vec<_> = books.open().take(1).collect();
        let unfinished = self.processors.iter().find_map(Simulation::unfinished);
        Err(format!("does not come to rest: {open:?}, {unfinished:?}"))
    }

    /// The provider is away for longer than any hold lasts. Everybody else goes on, and asks it again and again.
    fn wait_in_vain(&mut self) -> Result<(), String> {
        let back_at = self.cluster.now() + policy::HOLD_LIMIT_MS + HOUR_MS;
        self.provider.leave(back_at);
        while self.cluster.now() < back_at {
            self.cluster.advance(self.rng.i64(HOUR_MS..8 * HOUR_MS));
            for _ in 0..20 {
                self.run(40)?;
                if self.processors.iter().all(|processor| processor.unfinished().is_none()) {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Somebody says where the money goes that could not be given back.
    fn help(&mut self, books: &Books) -> Result<(), String> {
        self.look()?;
        let stuck = books.open().filter(|(_, order)| order.state() == OrderState::Refunding && order.awaited() == 0);
        for (id, _) in stuck {
            if let Some(outgoing) = self.load.bring_account(id) {
                self.write(outgoing)?;
            }
        }
        Ok(())
    }

    /// Everybody goes on for so many steps.
    fn run(&mut self, steps: usize) -> Result<(), String> {
        for _ in 0..steps {
            let which = self.rng.usize(0..self.processors.len());
            self.processors[which].run(1);
        }
        let arrived = self.provider.step(&self.cluster, &mut self.rng)?;
        arrived.into_iter().try_for_each(|outgoing| self.write(outgoing))
    }

    fn write(&mut self, outgoing: Outgoing) -> Result<(), String> {
        self.written.entry(outgoing.topic.to_string()).or_default().push(words(&outgoing.key, &outgoing.value));
        self.cluster.produce(outgoing).map(drop).map_err(|error| error.to_string())
    }

    /// The load looks at the orders.
    fn look(&mut self) -> Result<(), String> {
        let mut stable = 0;
        for partition in 0..PARTITIONS {
            let offsets = self.cluster.offsets(topics::ORDERS_EVENTS.name(), partition);
            stable += offsets.map_err(|error| error.to_string())?.last_stable;
        }
        if stable != self.seen {
            self.seen = stable;
            for event in messages::<OrderEvent>(&self.cluster, topics::ORDERS_EVENTS.name())? {
                self.load.see(event);
            }
        }
        Ok(())
    }
}

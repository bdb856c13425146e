//! Orders and operators: lines reach their steps in any order, units are refunded, policies are set, good ones and bad ones, and days
//! are closed, too early and too late; all of it also twice. Now and then hours pass.

use std::collections::BTreeMap;

use events::calendar::Day;
use events::ids::{OrderId, RequestId, SellerId, Sku};
use events::money::{BasisPoints, Money};
use events::orders::LineAmounts;
use events::request::RETRY_WINDOW_MS;
use events::settlement::{Basis, RefundedLine, SettlementCommand, SoldLine};
use events::time::Timestamp;
use fastrand::Rng;
use streams::record::Outgoing;
use streams::simulated::Cluster;

use super::super::{SINK_PARTITIONS, record};
use super::{SETTLEMENT, policies};

const HOUR_MS: i64 = 60 * 60 * 1000;
/// Days before holidays in Seoul and before the clocks change in New York.
const OPENINGS: [(i32, u8, u8); 2] = [(2026, 9, 22), (2026, 10, 30)];
/// Where sellers want their days to begin; nothing is ever sold by the last one.
const ZONES: [&str; 4] = ["Asia/Seoul", "UTC", "America/New_York", "Asia/Seoul"];
const PRODUCTS: [&str; 3] = ["tea", "rice", "salt"];

#[derive(Default)]
pub(super) struct Load {
    requests: u64,
    sent: Vec<SettlementCommand>,
    sales: Vec<Sale>,
    /// When each request was sent first, and how often with an address for its reply.
    pub(super) asked: BTreeMap<RequestId, (i64, usize)>,
    /// How many records are none that an order writes.
    pub(super) garbage: usize,
}

/// A seller's part of an order.
struct Sale {
    seller: SellerId,
    order: OrderId,
    /// As they are by now.
    lines: Vec<SoldLine>,
    refunds: u16,
}

impl Sale {
    fn reached(&self, rng: &mut Rng, now: i64) -> SettlementCommand {
        let at = happened(rng, now);
        let basis = Basis::ALL[rng.usize(0..Basis::ALL.len())];
        let (seller, order, lines) = (self.seller.clone(), self.order.clone(), self.lines.clone());
        SettlementCommand::LinesReached { seller, order, basis, at, lines }
    }

    /// Some units, or all that are left.
    fn refund(&mut self, rng: &mut Rng, now: i64) -> SettlementCommand {
        let at = happened(rng, now);
        self.refunds += 1;
        let all = rng.bool();
        for line in &mut self.lines {
            let left = line.quantity - line.refunded;
            line.refunded += if all { left } else { rng.u32(0..=left) };
        }
        let told = |line: &SoldLine| RefundedLine { sku: line.sku.clone(), refunded: line.refunded };
        let (seller, order, refund) = (self.seller.clone(), self.order.clone(), self.refunds);
        SettlementCommand::LinesRefunded { seller, order, refund, at, lines: self.lines.iter().map(told).collect() }
    }
}

impl Load {
    pub(super) fn send(&mut self, rng: &mut Rng, cluster: &Cluster) -> Outgoing {
        self.wait(rng, cluster);
        let now = cluster.now();
        let command = self.next(rng, now);
        let reply_to = rng.bool().then(|| rng.i32(0..SINK_PARTITIONS));
        if let Some(request) = command.request() {
            let (_, awaited) = self.asked.entry(request).or_insert((now, 0));
            *awaited += usize::from(reply_to.is_some());
        }
        self.sent.push(command.clone());
        record(SETTLEMENT.inbox, &command, reply_to, None)
    }

    /// Time passes, now and then so much that a day is over.
    fn wait(&self, rng: &mut Rng, cluster: &Cluster) {
        let opening = OPENINGS[rng.usize(0..OPENINGS.len())];
        cluster.advance(match rng.u8(0..24) {
            _ if self.sent.is_empty() => {
                let day = Day::of(opening.0, opening.1, opening.2).expect("a date");
                i64::from(day.number()) * 24 * HOUR_MS - cluster.now()
            }
            0 => rng.i64(0..20 * HOUR_MS),
            1..=3 => rng.i64(0..3_000),
            _ => 0,
        });
    }

    fn next(&mut self, rng: &mut Rng, now: i64) -> SettlementCommand {
        let number = self.sent.len();
        match rng.u8(0..40) {
            _ if number < 2 => self.set_policy(rng, number, now),
            0..=3 => self.repeat(rng, now),
            4 => self.contradict(rng, now),
            5..=7 => {
                let seller = rng.usize(0..ZONES.len());
                self.set_policy(rng, seller, now)
            }
            8..=11 => self.close_day(rng, now),
            12 => self.nonsense(rng, now),
            13..=20 if !self.sales.is_empty() => {
                let sale = rng.usize(0..self.sales.len());
                self.sales[sale].refund(rng, now)
            }
            21..=30 if !self.sales.is_empty() => {
                let sale = rng.usize(0..self.sales.len());
                self.sales[sale].reached(rng, now)
            }
            _ => self.sell(rng, now),
        }
    }

    fn request(&mut self) -> RequestId {
        self.requests += 1;
        RequestId::of("crowd", "settlement", &self.requests.to_string())
    }

    /// Whether the request may be sent again.
    fn is_remembered(&self, request: RequestId, now: i64) -> bool {
        self.asked.get(&request).is_some_and(|(first, _)| now - first < RETRY_WINDOW_MS)
    }

    /// Orders say things again at any time, operators as long as they may.
    fn repeat(&mut self, rng: &mut Rng, now: i64) -> SettlementCommand {
        let again = self.sent[rng.usize(0..self.sent.len())].clone();
        if again.request().is_some_and(|request| !self.is_remembered(request, now)) {
            return self.sell(rng, now);
        }
        self.garbage += usize::from(is_garbage(&again));
        again
    }

    /// Something else under a request that was sent before.
    fn contradict(&mut self, rng: &mut Rng, now: i64) -> SettlementCommand {
        let before = self.sent.iter().filter_map(|sent| Some((sent.request()?, sent.seller().clone())));
        let before: Vec<_> = before.filter(|(request, _)| self.is_remembered(*request, now)).collect();
        match rng.choice(before) {
            Some((request, seller)) => {
                SettlementCommand::SetPolicy { request, seller, policy: policies::good(rng, ZONES[0], now) }
            }
            None => self.sell(rng, now),
        }
    }

    fn set_policy(&mut self, rng: &mut Rng, number: usize, now: i64) -> SettlementCommand {
        let mut policy = policies::good(rng, ZONES[number], now);
        policies::spoil(rng, &mut policy, ZONES[(number + 1) % ZONES.len()]);
        SettlementCommand::SetPolicy { request: self.request(), seller: seller(number), policy }
    }

    fn close_day(&mut self, rng: &mut Rng, now: i64) -> SettlementCommand {
        let seller = seller(rng.usize(0..ZONES.len()));
        SettlementCommand::CloseDay { request: self.request(), seller, day: policies::about_today(rng, now) }
    }

    /// No order has no lines.
    fn nonsense(&mut self, rng: &mut Rng, now: i64) -> SettlementCommand {
        self.garbage += 1;
        let (seller, order) = (seller(rng.usize(0..ZONES.len())), order(0));
        let at = Timestamp::from_millis(now);
        SettlementCommand::LinesReached { seller, order, basis: Basis::Confirmed, at, lines: vec![] }
    }

    /// Two sellers may have lines of one order.
    fn sell(&mut self, rng: &mut Rng, now: i64) -> SettlementCommand {
        let number = self.sales.len();
        let seller = match self.sales.last() {
            Some(before) if number % 2 == 1 && before.seller != seller(2) => seller(2),
            _ => seller(rng.usize(0..2)),
        };
        let many = rng.usize(1..=PRODUCTS.len());
        let lines = PRODUCTS[..many].iter().map(|name| line(rng, name)).collect();
        let sale = Sale { seller, order: order(number), lines, refunds: 0 };
        let reached = sale.reached(rng, now);
        self.sales.push(sale);
        reached
    }
}

pub(super) fn is_garbage(command: &SettlementCommand) -> bool {
    matches!(command, SettlementCommand::LinesReached { lines, .. } if lines.is_empty())
}

fn seller(number: usize) -> SellerId {
    SellerId::new(&format!("seller-{number}")).expect("an id")
}

/// Two sales in a row may be one order's; half of the orders have ids that derive from a request.
fn order(number: usize) -> OrderId {
    match number / 2 {
        number if number % 2 == 0 => OrderId::new(&format!("order-{number}")).expect("an id"),
        number => RequestId::of("crowd", "orders", &number.to_string()).order(),
    }
}

/// An instant at which an order came somewhere: seldom long ago, sometimes by a clock that is ahead.
fn happened(rng: &mut Rng, now: i64) -> Timestamp {
    let ago = match rng.u8(0..8) {
        0 => rng.i64(0..72 * HOUR_MS),
        1 => rng.i64(0..3 * HOUR_MS),
        2 => rng.i64(-500..0),
        _ => rng.i64(0..500),
    };
    Timestamp::from_millis(now - ago)
}

fn line(rng: &mut Rng, name: &str) -> SoldLine {
    let gross = rng.i64(100..60_000);
    let (discount, share) = (rng.i64(0..=gross / 2), BasisPoints::new(rng.u16(0..=10_000)));
    let amounts = LineAmounts::of_lines(&[Money::new(gross)], Money::new(discount), share).expect("amounts").remove(0);
    SoldLine {
        sku: Sku::new(name).expect("an id"),
        category: rng.bool().then(policies::food),
        quantity: rng.u32(1..6),
        refunded: 0,
        supply_price: (rng.u8(0..5) == 0).then(|| Money::new(rng.i64(0..5_000))),
        amounts,
    }
}

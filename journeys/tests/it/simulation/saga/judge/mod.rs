//! The books compared: what orders say, what stock and coupons say, what the provider says, what people were told. Each book is
//! judged by its ledger at every prefix, and at the end all of them must tell one story.

mod coupons;
mod money;
mod requests;
mod stock;

use std::collections::BTreeMap;

use audit::ledgers::coupons::CouponLedger;
use audit::ledgers::inventory::StockLedger;
use audit::ledgers::orders::{LedgerOrder, OrderLedger};
use events::codec::Message;
use events::coupons::CouponEvent;
use events::ids::{OrderId, Sku};
use events::inventory::InventoryEvent;
use events::orders::{Goods, OrderEvent, OrderFact, RefundCause};
use events::topics;
use streams::simulated::Cluster;

use super::super::{committed, read};
use super::load::Load;
use super::provider::Ledger;

/// The ledgers of everything that was stated.
#[derive(Default)]
pub(super) struct Books {
    orders: OrderLedger,
    stock: StockLedger,
    coupons: CouponLedger,
    pub(super) order_events: Vec<OrderEvent>,
    coupon_events: Vec<CouponEvent>,
    /// How many facts of each kind there are.
    pub(super) facts: BTreeMap<&'static str, u64>,
}

/// Every committed message of a topic, partition by partition.
pub(super) fn messages<M: Message>(cluster: &Cluster, topic: &str) -> Result<Vec<M>, String> {
    let partitions = cluster.partitions(topic).map_err(|error| error.to_string())?;
    let mut messages = vec![];
    for partition in 0..partitions {
        for record in committed(cluster, topic, partition)? {
            messages.push(read(&record)?);
        }
    }
    Ok(messages)
}

impl Books {
    /// Reads everything, and judges it at every prefix.
    pub(super) fn read(cluster: &Cluster) -> Result<Self, String> {
        let mut books = Self::default();
        for event in messages::<OrderEvent>(cluster, topics::ORDERS_EVENTS.name())? {
            books.orders.apply(&event).map_err(|violation| violation.to_string())?;
            books.count(event.fact.kind());
            books.order_events.push(event);
        }
        for event in messages::<InventoryEvent>(cluster, topics::INVENTORY_EVENTS.name())? {
            books.stock.apply(&event).map_err(|violation| violation.to_string())?;
            books.count(event.fact.kind());
        }
        for event in messages::<CouponEvent>(cluster, topics::COUPONS_EVENTS.name())? {
            books.coupons.apply(&event).map_err(|violation| violation.to_string())?;
            books.count(event.fact.kind());
            books.coupon_events.push(event);
        }
        Ok(books)
    }

    fn count(&mut self, kind: &'static str) {
        *self.facts.entry(kind).or_default() += 1;
    }

    /// Orders that have not come to their end, or wait for an answer.
    pub(super) fn open(&self) -> impl Iterator<Item = (&OrderId, &LedgerOrder)> {
        self.orders.orders().filter(|(_, order)| !order.state().is_terminal() || order.awaited() > 0)
    }

    /// How many orders ended in which state.
    pub(super) fn ends(&self) -> BTreeMap<&'static str, u64> {
        let mut ends = BTreeMap::new();
        for (_, order) in self.orders.orders() {
            *ends.entry(order.state().name()).or_default() += 1;
        }
        ends
    }

    /// Whether all books tell one story, now that everything is at rest.
    pub(super) fn agree(&self, cluster: &Cluster, provider: &Ledger, load: &Load) -> Result<(), String> {
        let dead = cluster.partitions(topics::DEAD_LETTERS.name()).map_err(|error| error.to_string())?;
        for partition in 0..dead {
            if let Some(letter) = committed(cluster, topics::DEAD_LETTERS.name(), partition)?.first() {
                return Err(format!("a processor could not read what another wrote: {letter:?}"));
            }
        }
        let given_back = GivenBack::of(&self.order_events);
        money::agree(&self.orders, &self.order_events, provider)?;
        stock::agree(&self.orders, &self.stock, &given_back)?;
        coupons::agree(&self.orders, &self.coupon_events, &given_back)?;
        requests::agree(cluster, &self.orders, &self.order_events, load)
    }
}

/// What refunds were made of, as the facts tell it.
#[derive(Default)]
struct GivenBack {
    /// Units that came back with the money, of each order and product.
    units: BTreeMap<(OrderId, Sku), u32>,
    /// Why money was given back, of each order.
    causes: BTreeMap<OrderId, Vec<RefundCause>>,
}

impl GivenBack {
    fn of(events: &[OrderEvent]) -> Self {
        let mut given_back = Self::default();
        let mut goods_of: BTreeMap<(&OrderId, u16), Goods> = BTreeMap::new();
        for event in events {
            match &event.fact {
                OrderFact::RefundStarted { refund, goods, .. } => {
                    goods_of.insert((&event.order, *refund), *goods);
                }
                OrderFact::RefundCompleted { refund, lines, cause, .. } => {
                    given_back.causes.entry(event.order.clone()).or_default().push(*cause);
                    if goods_of.get(&(&event.order, *refund)) == Some(&Goods::Returned) {
                        for line in lines {
                            let units = given_back.units.entry((event.order.clone(), line.sku.clone()));
                            *units.or_default() += line.quantity;
                        }
                    }
                }
                _ => {}
            }
        }
        given_back
    }
}

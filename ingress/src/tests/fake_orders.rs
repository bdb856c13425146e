//! Postgres' place, taken by memory: what the sinks would have written.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use events::ids::{OrderId, RequestId, Sku};
use events::orders::{OrderAmounts, OrderEvent, OrderFact, OrderState};
use events::time::Timestamp;
use projections::{OrderDetails, OrderRow, ProductRow, TimelineRow};

use super::fixture::shopper;
use crate::reads::{OrderRead, OrderReader, ReadError, Reading};

#[derive(Clone, Default)]
pub(super) struct MemoryShop(Arc<Mutex<Rows>>);

#[derive(Default)]
struct Rows {
    is_away: bool,
    products: BTreeMap<Sku, ProductRow>,
    orders: BTreeMap<OrderId, OrderRead>,
    order_stream: Vec<TimelineRow>,
}

impl MemoryShop {
    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap()
    }

    pub(super) fn set_away(&self, is_away: bool) {
        self.rows().is_away = is_away;
    }

    pub(super) fn put_product(&self, row: ProductRow) {
        self.rows().products.insert(row.sku.clone(), row);
    }

    /// Writes what the sinks would.
    pub(super) fn write(&self, event: OrderEvent) {
        let mut rows = self.rows();
        let OrderEvent { order, version, at, shopper, state, amounts, awaited, deadline, fact } = event;
        let (state, shopper) = (state.unwrap(), shopper.unwrap());
        let row = OrderRow {
            order: order.clone(),
            partition: 0,
            version,
            shopper,
            state,
            amounts,
            awaited,
            deadline,
            details: OrderDetails::default(),
            updated_at: at,
        };
        rows.orders.insert(order.clone(), OrderRead { row, lines: Vec::new() });
        rows.order_stream.push(TimelineRow { order, version, at, state, amounts, awaited, deadline, fact });
    }

    fn read<T>(&self, read: impl FnOnce(&Rows) -> T) -> Result<T, ReadError> {
        let rows = self.rows();
        if rows.is_away { Err(ReadError::Slow) } else { Ok(read(&rows)) }
    }
}

impl OrderReader for MemoryShop {
    fn product<'a>(&'a self, sku: &'a Sku) -> Reading<'a, Option<ProductRow>> {
        Box::pin(async move { self.read(|rows| rows.products.get(sku).cloned()) })
    }

    fn order<'a>(&'a self, order: &'a OrderId) -> Reading<'a, Option<OrderRead>> {
        Box::pin(async move { self.read(|rows| rows.orders.get(order).cloned()) })
    }

    fn order_stream<'a>(&'a self, order: &'a OrderId, after: u64, most: u16) -> Reading<'a, Vec<TimelineRow>> {
        let of_order = move |row: &&TimelineRow| row.order == *order && row.version > after;
        Box::pin(async move {
            self.read(|rows| rows.order_stream.iter().filter(of_order).take(most.into()).cloned().collect())
        })
    }
}

/// The order that tests watch; kim's.
pub(super) fn watched() -> OrderId {
    RequestId::derive(&[b"watched"]).order()
}

/// Its so-many-th event.
pub(super) fn event(version: u64, state: OrderState, fact: OrderFact) -> OrderEvent {
    OrderEvent {
        order: watched(),
        version,
        at: Timestamp::from_millis(1_000),
        shopper: Some(shopper("kim")),
        state: Some(state),
        amounts: OrderAmounts::default(),
        awaited: 0,
        deadline: None,
        fact,
    }
}

/// An event that says nothing but that there was one.
pub(super) fn step(version: u64) -> OrderEvent {
    event(version, OrderState::Holding, OrderFact::StepsAnswered)
}

/// An event after which nothing follows.
pub(super) fn end(version: u64) -> OrderEvent {
    event(version, OrderState::Expired, OrderFact::OrderExpired)
}

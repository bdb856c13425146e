//! What Postgres holds of products and orders, as a trait, so that tests can put memory in its place.

use std::pin::Pin;

use events::ids::{OrderId, SellerId, Sku};
use events::money::Money;
use events::orders::LineAmounts;
use projections::{OrderRow, ProductRow, TimelineRow};

use super::ReadError;

/// A read that is under way.
pub(crate) type Reading<'a, T> = Pin<Box<dyn Future<Output = Result<T, ReadError>> + Send + 'a>>;

/// Reads products and orders.
pub(crate) trait OrderReader: Send + Sync {
    /// A product.
    fn product<'a>(&'a self, sku: &'a Sku) -> Reading<'a, Option<ProductRow>>;

    /// An order with its lines.
    fn order<'a>(&'a self, order: &'a OrderId) -> Reading<'a, Option<OrderRead>>;

    /// What has happened to an order after that version, the oldest first, at most so much.
    fn order_stream<'a>(&'a self, order: &'a OrderId, after: u64, most: u16) -> Reading<'a, Vec<TimelineRow>>;
}

/// An order as it is read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct OrderRead {
    /// The order.
    pub(crate) row: OrderRow,
    /// Its lines.
    pub(crate) lines: Vec<LineRead>,
}

impl OrderRead {
    /// The same order, where it is by the later of the two.
    pub(super) fn with(self, fresh: OrderRow) -> Self {
        if fresh.version <= self.row.version {
            return self;
        }
        Self { row: OrderRow { details: self.row.details, ..fresh }, lines: self.lines }
    }
}

/// A line of an order as it is read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct LineRead {
    pub(crate) sku: Sku,
    pub(crate) quantity: Option<u32>,
    pub(crate) seller: Option<SellerId>,
    pub(crate) unit_price: Option<Money>,
    pub(crate) amounts: Option<LineAmounts>,
    pub(crate) refunded_quantity: u32,
    pub(crate) refunded: LineAmounts,
}

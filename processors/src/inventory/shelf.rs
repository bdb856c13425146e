//! The stores under their keys: what is where, read and written as what it means.
//!
//! ```text
//! products    <sku>        terms
//! levels      <sku>        version, units
//! requests    <sku>        merchants' requests
//! holds       <hold id>    a hold, and orders' requests about it
//! strangers                requests for no product and no hold    see crate::strangers
//! ```
//!
//! A hold reads a product and writes its level and one hold; terms are read only.

use events::ids::{HoldId, RequestId, Sku};
use events::inventory::StockRefusal;
use events::request::Fingerprint;
use events::time::Timestamp;
use streams::processor::{Context, StoreId};

use super::hold::Hold;
use super::product::Product;
use super::requests::{Decided, Remembered, Requests};
use super::{rows, timers};
use crate::bytes::RowError;
use crate::policy;
use crate::strangers::{Stranger, Strangers};

pub(crate) const PRODUCTS: StoreId = StoreId(0);
pub(crate) const LEVELS: StoreId = StoreId(1);
pub(crate) const REQUESTS: StoreId = StoreId(2);
pub(crate) const HOLDS: StoreId = StoreId(3);
pub(crate) const STRANGERS: StoreId = StoreId(4);

/// Requests for no product and no hold.
const MEMORY: Strangers =
    Strangers { store: STRANGERS, timer_kind: timers::STRANGERS, capacity: policy::REFUSED_STOCK_REQUESTS };

/// Reads a product.
pub(crate) fn product(context: &dyn Context, sku: &Sku) -> Result<Option<Product>, RowError> {
    let key = sku.as_str().as_bytes();
    let Some(terms) = context.get(PRODUCTS, key) else { return Ok(None) };
    let level = context.get(LEVELS, key).ok_or(RowError::Field("lack of units"))?;
    rows::read_product(sku, terms, level).map(Some)
}

/// Writes a product's terms.
pub(crate) fn put_terms(context: &mut dyn Context, product: &Product) {
    context.put(PRODUCTS, product.sku.as_str().as_bytes(), &rows::write_terms(&product.terms));
}

/// Writes a product's version and units.
pub(crate) fn put_level(context: &mut dyn Context, product: &Product) {
    context.put(LEVELS, product.sku.as_str().as_bytes(), &rows::write_level(product));
}

/// Reads what is remembered of merchants' requests about a product.
pub(crate) fn requests(context: &dyn Context, sku: &Sku) -> Result<Requests, RowError> {
    context.get(REQUESTS, sku.as_str().as_bytes()).map_or(Ok(Requests::default()), rows::read_requests)
}

/// Writes what is remembered of merchants' requests about a product.
pub(crate) fn put_requests(context: &mut dyn Context, sku: &Sku, requests: &Requests) {
    context.put(REQUESTS, sku.as_str().as_bytes(), &rows::write_requests(requests));
}

/// Reads a hold.
pub(crate) fn hold(context: &dyn Context, id: HoldId) -> Result<Option<Hold>, RowError> {
    context.get(HOLDS, id.as_bytes()).map(|row| rows::read_hold(id, row)).transpose()
}

/// Writes a hold.
pub(crate) fn put_hold(context: &mut dyn Context, hold: &Hold) {
    context.put(HOLDS, hold.id.as_bytes(), &rows::write_hold(hold));
}

/// Forgets a hold.
pub(crate) fn forget_hold(context: &mut dyn Context, id: HoldId) {
    context.delete(HOLDS, id.as_bytes());
}

/// A request that was refused for lack of a product or a hold.
pub(crate) fn stranger(context: &dyn Context, request: RequestId) -> Result<Option<Remembered>, RowError> {
    let Some(Stranger { request, fingerprint, at, reason }) = MEMORY.find(context, request)? else { return Ok(None) };
    let reason = rows::refusal_of(reason).ok_or(RowError::Field("refusal"))?;
    Ok(Some(Remembered { request, fingerprint, at, decided: Decided::Refused(reason) }))
}

/// Remembers such a request, which was refused for this reason.
pub(crate) fn put_stranger(
    context: &mut dyn Context,
    request: RequestId,
    fingerprint: Fingerprint,
    at: Timestamp,
    reason: StockRefusal,
) -> Result<(), RowError> {
    MEMORY.remember(context, &Stranger { request, fingerprint, at, reason: rows::number_of(reason) })
}

/// Forgets strangers that are old, some at a time.
pub(crate) fn forget_strangers(context: &mut dyn Context, now: Timestamp) -> Result<(), RowError> {
    MEMORY.forget(context, now)
}

//! The stores under their keys: what is where, read and written as what it means.
//!
//! ```text
//! products    <sku>        terms
//! levels      <sku>        version, units
//! requests    <sku>        merchants' requests, as former builds remembered them
//! holds       <hold id>    a hold, and orders' requests about it
//! strangers                requests of merchants, and those for no product and no hold    see crate::kit::request_store
//! ```
//!
//! A hold reads a product and writes its level and one hold; terms are read only.

use events::ids::{HoldId, Sku};
use streams::processor::{Context, StoreId};

use super::hold::Hold;
use super::product::Product;
use super::requests::Decided;
use super::{rows, timers};
use crate::kit::request_store::RequestStore;
use crate::kit::row::RowError;
use crate::policy;

pub(crate) const PRODUCTS: StoreId = StoreId(0);
pub(crate) const LEVELS: StoreId = StoreId(1);
/// Only read: builds before the request store wrote it.
pub(crate) const FORMER_REQUESTS: StoreId = StoreId(2);
pub(crate) const HOLDS: StoreId = StoreId(3);
pub(crate) const REQUEST_STORE: StoreId = StoreId(4);

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

/// Every request that is remembered apart from a hold.
pub(crate) const REQUESTS: RequestStore<Decided> = RequestStore::new(
    REQUEST_STORE,
    timers::FORGET_REQUESTS,
    policy::REFUSED_STOCK_REQUESTS,
    policy::ACCEPTED_REQUESTS,
);

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

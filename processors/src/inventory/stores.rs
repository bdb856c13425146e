//! The tables: what is kept, under which key. A hold reads a product and writes its level and one hold; terms are read only.

use events::ids::{HoldId, Sku};
use events::inventory::ProductTerms;
use streams::processor::{Context, Verdict};

use super::effects;
use super::hold::Hold;
use super::product::{Level, Product};
use super::requests::Decided;
use crate::kit::request_store::{FormerRequests, RequestStore, RequestTable};
use crate::kit::table::Table;
use crate::policy;

/// `<sku>` -> a product's slow half.
pub(crate) const PRODUCTS: Table<Sku, ProductTerms> = Table::new(0, "products");
/// `<sku>` -> a product's fast half.
pub(crate) const LEVELS: Table<Sku, Level> = Table::new(1, "levels");
/// `<sku>` -> merchants' requests, as former builds remembered them. Only read.
pub(crate) const FORMER_REQUESTS: FormerRequests<Sku> = FormerRequests::new(2, "requests");
/// `<hold id>` -> a hold, and orders' requests about it.
pub(crate) const HOLDS: Table<HoldId, Hold> = Table::new(3, "holds");
/// Requests of merchants, and those for no product and no hold. The name is part of the state in the log.
pub(crate) const REQUEST_TABLE: RequestTable = RequestTable::new(4, "strangers");

/// The requests in their table.
pub(crate) const REQUESTS: RequestStore<Decided> = RequestStore::new(
    REQUEST_TABLE,
    effects::FORGET_REQUESTS,
    policy::REFUSED_STOCK_REQUESTS,
    policy::ACCEPTED_REQUESTS,
);

/// Reads a product.
pub(crate) fn product(context: &dyn Context, sku: &Sku) -> Result<Option<Product>, Verdict> {
    let Some(terms) = PRODUCTS.get(context, sku)? else { return Ok(None) };
    let lack = || Verdict::Fatal(format!("product {sku} has terms and no level"));
    let Level { version, stock } = LEVELS.get(context, sku)?.ok_or_else(lack)?;
    Ok(Some(Product { sku: sku.clone(), terms, version, level: stock }))
}

/// Writes a product's version and units.
pub(crate) fn put_level(context: &mut dyn Context, product: &Product) {
    LEVELS.put(context, &product.sku, &Level { version: product.version, stock: product.level });
}

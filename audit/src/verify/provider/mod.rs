//! The payment provider's own books, as it tells them over HTTP, against what orders say: whatever the log believes, money moved
//! there. Reads `GET /v1/transactions`, which the provider and its stand-in both have, and of a stand-in its ledger too.

mod books;
mod reader;

use std::fmt;

use events::time::Timestamp;
use projections::Projection;
use web::kst_time;

use crate::ledgers::orders::OrderLedger;

pub use books::{Books, StubPayment, Transaction};
pub use reader::ProviderError;
use reader::Reader;

/// What the provider has charged and given back is what orders say, and nothing was charged twice.
pub const PROVIDER: &str = "the_provider_has_charged_what_orders_say";

/// Most rows of a page, as the provider has it.
const PAGE: usize = 5_000;
/// Clocks differ, and so do the provider's and the log's days.
const MARGIN_MS: i64 = 24 * 60 * 60 * 1_000;
/// How much of the time before the log's first order is looked at.
const BEFORE_MS: i64 = 60 * 1_000;

/// Where the provider is, and the key to its books.
#[derive(Clone)]
pub struct ProviderSide {
    /// `https://host[:port]`, or `http://` for a stand-in.
    pub base_url: String,
    /// The secret key.
    pub key: String,
}

impl fmt::Debug for ProviderSide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProviderSide({:?}, ..)", self.base_url)
    }
}

/// Reads the provider's books and compares. Answers how many payments it found, and the first difference.
///
/// # Errors
/// [`ProviderError`] when the provider cannot be read.
pub(super) async fn compare(
    side: &ProviderSide,
    rows: &Projection,
    orders: &OrderLedger,
    now: Timestamp,
) -> Result<(u64, Option<String>), ProviderError> {
    let reader = Reader::new(&side.base_url, &side.key)?;
    let placed = rows.orders.values().filter_map(|row| row.details.placed_at).min();
    let from = kst_time::local(placed.unwrap_or(now).plus_millis(-BEFORE_MS).as_millis());
    let until = kst_time::local(now.plus_millis(MARGIN_MS).as_millis());
    let mut books = Books::default();
    let mut after = String::new();
    loop {
        let path = format!("/v1/transactions?startDate={from}&endDate={until}&limit={PAGE}{after}");
        let page: Vec<Transaction> = reader.get(&path).await?;
        let Some(last) = page.last() else { break };
        after = format!("&startingAfter={}", last.transaction_key);
        page.iter().for_each(|row| books.take(row));
    }
    if reader.is_stub() {
        let ledger: books::StubLedger = reader.get("/stub/ledger").await?;
        books.take_ledger(ledger.payments);
    }
    Ok((books.len(), books.differ(orders)))
}

#[cfg(test)]
#[path = "provider_tests.rs"]
mod tests;

//! Facts of `inventory.events` become rows of products and requests.
//!
//! What orders ask for (holds, commits, releases, returns) makes no row of a request: those steps belong to the order, nobody asks
//! what became of one, and there are several of them for every line.

use super::{Fact, Projection, Row, put};
use crate::{ProductRow, RequestKind, RequestRow, RequestStatus, Source, Subject};
use events::inventory::{InventoryEvent, InventoryFact, StockRefusal};

impl Fact for InventoryEvent {
    fn project(&self, source: Source, rows: &mut Projection) {
        // A refusal for a product that does not exist is about no product.
        if self.version > 0 {
            let row = ProductRow {
                sku: self.sku.clone(),
                partition: source.partition,
                version: self.version,
                terms: match &self.fact {
                    InventoryFact::ProductDefined { terms, .. } => Some(terms.clone()),
                    _ => None,
                },
                stock: self.stock,
                updated_at: self.at,
            };
            put(&mut rows.products, row.sku.clone(), row);
        }
        if let Some(row) = request_part(self, source) {
            put(&mut rows.requests, row.request, row);
        }
    }
}

impl Row for ProductRow {
    fn merge(&mut self, later: Self) {
        if later.version > self.version {
            let terms = later.terms.clone().or_else(|| self.terms.take());
            *self = Self { terms, ..later };
        }
    }
}

fn request_part(event: &InventoryEvent, source: Source) -> Option<RequestRow> {
    let (request, refusal): (_, Option<StockRefusal>) = match &event.fact {
        InventoryFact::ProductDefined { request, .. } | InventoryFact::StockAdjusted { request, .. } => {
            (*request, None)
        }
        InventoryFact::ProductRefused { request, reason } => (*request, Some(*reason)),
        InventoryFact::StockHeld { .. }
        | InventoryFact::StockRefused { .. }
        | InventoryFact::StockReleased { .. }
        | InventoryFact::StockCommitted { .. }
        | InventoryFact::StockReturned { .. }
        | InventoryFact::StockLow { .. } => return None,
    };
    Some(RequestRow {
        request,
        subject: Subject::Product(event.sku.clone()),
        shopper: None,
        kind: RequestKind::Product,
        status: if refusal.is_some() { RequestStatus::Refused } else { RequestStatus::Applied },
        reason: refusal.map(|refusal| refusal.code().into()),
        coupon: None,
        decided_at: event.at,
        source,
    })
}

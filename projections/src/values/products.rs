//! How Redis writes a product: a hash.

use std::collections::BTreeMap;

use super::{Fields, ValueError};
use crate::ProductRow;
use events::ids::Sku;
use events::inventory::StockLevel;
use events::time::Timestamp;

impl ProductRow {
    /// The hash's fields to set. The terms are there only if the row knows them; unset fields stay as they are.
    #[must_use]
    pub fn to_redis(&self) -> Vec<(&'static str, String)> {
        let stock = &self.stock;
        let mut fields = vec![
            ("version", self.version.to_string()),
            ("partition", self.partition.to_string()),
            ("received", stock.received.to_string()),
            ("available", stock.available.to_string()),
            ("held", stock.held.to_string()),
            ("sold", stock.sold.to_string()),
            ("updated_at", self.updated_at.as_millis().to_string()),
        ];
        if let Some(terms) = &self.terms {
            // Terms have text keys only, so writing them cannot fail.
            fields.push(("terms", serde_json::to_string(terms).unwrap_or_default()));
        }
        fields
    }

    /// Reads the hash.
    ///
    /// # Errors
    /// [`ValueError`] names the field that is missing or unreadable.
    pub fn from_redis(sku: Sku, fields: &BTreeMap<String, String>) -> Result<Self, ValueError> {
        let fields = Fields { row: "product", fields };
        Ok(Self {
            sku,
            partition: fields.one("partition")?,
            version: fields.one("version")?,
            terms: fields.json("terms")?,
            stock: StockLevel {
                received: fields.one("received")?,
                available: fields.one("available")?,
                held: fields.one("held")?,
                sold: fields.one("sold")?,
            },
            updated_at: Timestamp::from_millis(fields.one("updated_at")?),
        })
    }
}

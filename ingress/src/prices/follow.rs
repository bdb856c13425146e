//! One record of `prices.best`.

use std::sync::Arc;

use events::codec::{self, DecodeError};
use events::envelope::Envelope;
use events::ids::Sku;
use events::prices::BestPrice;
use streams::record::Record;

use super::{Listed, Table, Tag};

/// What became of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Applied {
    /// The table has it.
    Taken,
    /// The product has no price any more.
    Removed,
    /// Nobody can read it. Nothing is shown for its product until something can be.
    Unreadable,
    /// A newer version of this program wrote it; otherwise the same.
    Newer,
}

/// Handles one record. What replaces a price takes it down, whether it can be read or not: to show what is known to be over would
/// be worse than to show nothing.
pub(crate) fn apply(table: &Table, record: &Record) -> Applied {
    let key = record.key.as_deref().and_then(|key| std::str::from_utf8(key).ok()).and_then(|key| Sku::new(key).ok());
    let Some(sku) = key else {
        tracing::warn!(partition = record.partition, offset = record.offset, "a price of no product");
        return Applied::Unreadable;
    };
    if record.value.is_none() {
        table.remove(&sku);
        return Applied::Removed;
    }
    let envelope = Envelope::from_headers(record.header_pairs());
    let read = codec::decode::<BestPrice>(record.value.as_deref(), &envelope);
    let (reason, applied) = match read {
        Ok(best) if best.sku != sku => ("it is another product's".to_owned(), Applied::Unreadable),
        Ok(best) => match Tag::of(&best) {
            Ok(tag) => {
                table.put(sku, Listed::Tag(Arc::new(tag)));
                return Applied::Taken;
            }
            Err(error) => (error.to_string(), Applied::Unreadable),
        },
        Err(error @ DecodeError::Newer { .. }) => (error.to_string(), Applied::Newer),
        Err(error) => (error.to_string(), Applied::Unreadable),
    };
    tracing::warn!(partition = record.partition, offset = record.offset, %sku, reason, "a price cannot be read: none is shown");
    table.put(sku, Listed::Unreadable);
    applied
}

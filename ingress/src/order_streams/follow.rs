//! One record of `orders.events`: of orders that nobody watches not even the value is read.

use events::codec::{self, DecodeError};
use events::envelope::Envelope;
use events::ids::OrderId;
use events::orders::OrderEvent;
use streams::record::Record;

use super::OrderStreams;

/// What became of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Handed {
    /// Whoever watches its order has it.
    On,
    /// Nobody watches its order.
    ToNobody,
    /// It cannot be read here: whoever watches finds it in Postgres, or not at all.
    Unreadable,
}

/// Handles one record.
pub(crate) fn hand_on(order_streams: &OrderStreams, record: &Record) -> Handed {
    if order_streams.len() == 0 {
        return Handed::ToNobody;
    }
    let order =
        record.key.as_deref().and_then(|key| std::str::from_utf8(key).ok()).and_then(|key| OrderId::new(key).ok());
    if !order.is_some_and(|order| order_streams.is_watched(&order)) {
        return Handed::ToNobody;
    }
    let envelope = Envelope::from_headers(record.header_pairs());
    match codec::decode::<OrderEvent>(record.value.as_deref(), &envelope) {
        Ok(event) => {
            order_streams.publish(event);
            Handed::On
        }
        Err(error) => {
            let is_newer = matches!(error, DecodeError::Newer { .. });
            tracing::warn!(partition = record.partition, offset = record.offset, is_newer, %error, "an order's event cannot be read");
            Handed::Unreadable
        }
    }
}

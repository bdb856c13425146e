//! How far a value can be decoded as its topic's type, and the byte at which that fails. Pure.

use events::codec::{self, DecodeError};
use events::coupons::{CouponCommand, CouponEvent};
use events::envelope::Envelope;
use events::inventory::{InventoryCommand, InventoryEvent};
use events::orders::{OrderCommand, OrderEvent};
use events::payments::{PaymentCommand, PaymentEvent};
use events::prices::{BestPrice, PriceCommand};
use events::request::Reply;
use events::settlement::{SettlementCommand, SettlementEvent};
use serde::Serialize;

use super::pointer;

/// Where and why decoding fails.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Failure {
    /// The byte of the value, from 0; none when the reason is not in the value.
    pub byte: Option<usize>,
    /// Its line and its column in bytes, from 1.
    pub line: usize,
    /// See `line`.
    pub column: usize,
    /// The names and numbers on the way to the field that it belongs to. They come from the value.
    #[serde(skip)]
    pub path: Vec<String>,
    /// What is wrong; empty where it is masked.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// Whether what is wrong quotes the value.
    #[serde(skip)]
    pub quotes: bool,
    /// Whether a newer build wrote the value, by its own account.
    pub is_newer: bool,
}

/// Tries each type by its name.
macro_rules! try_types {
    ($name:expr, $value:expr, $envelope:expr, $($type:ident),* $(,)?) => {
        match $name {
            $(stringify!($type) => codec::decode::<$type>($value, $envelope).map(drop),)*
            _ => return None,
        }
    };
}

/// Why a value is none of the type that its topic carries; none when it is one, or when the topic's values have no type.
pub(super) fn failure(value_type: &str, value: Option<&[u8]>, envelope: &Envelope) -> Option<Failure> {
    let tried = try_types!(
        value_type,
        value,
        envelope,
        CouponCommand,
        CouponEvent,
        InventoryCommand,
        InventoryEvent,
        OrderCommand,
        OrderEvent,
        PaymentCommand,
        PaymentEvent,
        SettlementCommand,
        SettlementEvent,
        PriceCommand,
        BestPrice,
        Reply,
    );
    let error = tried.err()?;
    let value = value.unwrap_or_default();
    let (byte, line, column) = match &error {
        DecodeError::Garbage(error) if error.line() > 0 => {
            (Some(byte_of(value, error.line(), error.column(), error.is_eof())), error.line(), error.column())
        }
        // A type that reads a part of the value twice does not say where it failed.
        DecodeError::Garbage(_) | DecodeError::Unmarked(_) | DecodeError::Newer { .. } => (None, 0, 0),
    };
    let path = byte.map_or_else(Vec::new, |byte| pointer::path(value, byte));
    let is_newer = matches!(error, DecodeError::Newer { .. });
    let quotes = matches!(&error, DecodeError::Garbage(error) if error.is_data());
    Some(Failure { byte, line, column, path, why: without_place(&error.to_string()), quotes, is_newer })
}

/// The byte that stands in this line and column, both from 1; the value's end when it ends too early.
fn byte_of(value: &[u8], line: usize, column: usize, is_end: bool) -> usize {
    if is_end {
        return value.len();
    }
    let ends = value.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(place, _)| place + 1);
    let begin = std::iter::once(0).chain(ends).nth(line.saturating_sub(1)).unwrap_or(value.len());
    (begin + column.saturating_sub(1)).min(value.len())
}

/// The sentence without the line and column at its end: they stand beside it.
fn without_place(sentence: &str) -> String {
    sentence.rsplit_once(" at line ").map_or(sentence, |(sentence, _)| sentence).to_owned()
}

//! Typed columns out of a record: of its envelope by name, out of its value by pointer.

use serde::Serialize;

use super::pointers::{Met, Pointers};

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub(crate) enum Kind {
    /// Text; of anything but a JSON string, as it is written.
    Text,
    /// A whole number of 64 bits.
    Int,
    /// A number of 64 bits, floating.
    Float,
    /// True or false.
    Bool,
    /// JSON, as it is written.
    Json,
    /// Milliseconds since 1970, a whole number.
    Time,
}

/// Where a column comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Origin {
    /// The topic's name.
    Topic,
    /// The partition.
    Partition,
    /// The offset.
    Offset,
    /// The record's time.
    Timestamp,
    /// The key, if it is text.
    Key,
    /// The key in base64, if it is no text.
    KeyBytes,
    /// The header `event-type`.
    Event,
    /// The trace id.
    Trace,
    /// All headers, as JSON.
    Headers,
    /// The whole value, if it is JSON.
    Value,
    /// The whole value in base64, if it is no JSON.
    ValueBytes,
    /// What became of the record's transaction.
    Transaction,
    /// A part of the value: the place of its pointer.
    Pointer(usize),
}

/// A column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Column {
    /// Its name.
    pub(crate) name: String,
    /// Where it comes from.
    pub(crate) from: Origin,
    /// What it holds.
    pub(crate) kind: Kind,
}

/// Columns, and the pointers that they need.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Columns {
    /// The columns, in their order.
    pub(crate) columns: Vec<Column>,
    pointers: Pointers,
    count: usize,
}

/// What a cell holds.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Cell {
    /// Nothing: the field is not there, is null, or is not what the column holds.
    Null,
    /// Text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A floating number.
    Float(f64),
    /// True or false.
    Bool(bool),
}

const ENVELOPE: [(&str, Origin, Kind); 12] = [
    ("topic", Origin::Topic, Kind::Text),
    ("partition", Origin::Partition, Kind::Int),
    ("offset", Origin::Offset, Kind::Int),
    ("timestamp", Origin::Timestamp, Kind::Time),
    ("key", Origin::Key, Kind::Text),
    ("key_base64", Origin::KeyBytes, Kind::Text),
    ("event_type", Origin::Event, Kind::Text),
    ("trace", Origin::Trace, Kind::Text),
    ("headers", Origin::Headers, Kind::Json),
    ("value", Origin::Value, Kind::Json),
    ("value_base64", Origin::ValueBytes, Kind::Text),
    ("transaction", Origin::Transaction, Kind::Text),
];

impl Columns {
    /// The envelope's columns, those of tables; with what became of transactions if that is asked for.
    #[must_use]
    pub(crate) fn of_envelope(has_transaction: bool) -> Self {
        let is_shown = |from: &Origin| has_transaction || *from != Origin::Transaction;
        let shown = ENVELOPE.iter().filter(|(_, from, _)| is_shown(from));
        let columns = shown.map(|(name, from, kind)| Column { name: (*name).to_owned(), from: *from, kind: *kind });
        Self { columns: columns.collect(), ..Self::default() }
    }

    /// Reads `NAME=POINTER[:TYPE][,…]`; a name alone is a column of the envelope. A type is `text`, `int`, `float`, `bool`, `json` or `time`.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (mut columns, mut pointers) = (Vec::<Column>::new(), Vec::new());
        for part in text.split(',') {
            let column = match part.split_once('=') {
                Some((name, rest)) => {
                    let (pointer, kind) = typed(rest)?;
                    pointers.push(pointer);
                    Column { name: name.to_owned(), from: Origin::Pointer(pointers.len() - 1), kind }
                }
                None => {
                    let found = ENVELOPE.iter().find(|(name, ..)| *name == part);
                    let (name, from, kind) = found.ok_or_else(|| {
                        format!("{part:?} is no column: NAME=POINTER[:TYPE], or one of {}", names().join(", "))
                    })?;
                    Column { name: (*name).to_owned(), from: *from, kind: *kind }
                }
            };
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            if column.name.is_empty() || column.name.len() > 128 || !column.name.bytes().all(is_name) {
                return Err(format!("{:?} is no name of a column: letters, digits and _", column.name));
            }
            if columns.iter().any(|other| other.name == column.name) {
                return Err(format!("the column {} is named twice", column.name));
            }
            columns.push(column);
        }
        Ok(Self { columns, count: pointers.len(), pointers: Pointers::new(pointers)? })
    }

    /// Whether any column is a part of the value.
    #[must_use]
    pub(crate) fn has_pointers(&self) -> bool {
        self.count > 0
    }

    /// The parts of a value, as they are written, in the order of the pointers.
    ///
    /// # Errors
    /// The value is no JSON.
    pub(crate) fn parts<'v>(&self, value: &'v [u8]) -> Result<Vec<Option<&'v str>>, String> {
        let mut parts = vec![None; self.count];
        let text = std::str::from_utf8(value).map_err(|error| error.to_string())?;
        let mut met = |met: Met<'v>| {
            if let Met::Field(place, raw) = met
                && let Some(part) = parts.get_mut(place)
            {
                *part = Some(raw);
            }
        };
        self.pointers.walk(text, &mut met).map_err(|error| error.to_string())?;
        Ok(parts)
    }
}

fn names() -> Vec<&'static str> {
    ENVELOPE.iter().map(|(name, ..)| *name).collect()
}

fn typed(text: &str) -> Result<(&str, Kind), String> {
    let Some((pointer, kind)) = text.rsplit_once(':') else { return Ok((text, Kind::Text)) };
    let kind = match kind {
        "text" => Kind::Text,
        "int" => Kind::Int,
        "float" => Kind::Float,
        "bool" => Kind::Bool,
        "json" => Kind::Json,
        "time" => Kind::Time,
        other => return Err(format!("{other:?} is no type: text, int, float, bool, json or time")),
    };
    Ok((pointer, kind))
}

/// A part of a value as its column holds it. Beside the cell: whether the part is there and is not what the column holds.
#[must_use]
pub(crate) fn cell(raw: Option<&str>, kind: Kind) -> (Cell, bool) {
    let Some(raw) = raw.filter(|raw| *raw != "null") else { return (Cell::Null, false) };
    let cell = match kind {
        Kind::Json => Some(Cell::Text(raw.to_owned())),
        Kind::Text if raw.starts_with('"') => serde_json::from_str(raw).ok().map(Cell::Text),
        Kind::Text => Some(Cell::Text(raw.to_owned())),
        Kind::Int | Kind::Time => raw.parse().ok().map(Cell::Int),
        Kind::Float => serde_json::from_str(raw).ok().map(Cell::Float),
        Kind::Bool => raw.parse().ok().map(Cell::Bool),
    };
    let is_wrong = cell.is_none();
    (cell.unwrap_or(Cell::Null), is_wrong)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on should fail")]

    use super::*;

    #[test]
    fn columns_have_names_pointers_and_types() {
        let columns = Columns::parse("offset,order=/order,won=/fact/paid/amount:int,first=/lines/0:json").unwrap();
        let names: Vec<&str> = columns.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["offset", "order", "won", "first"]);
        assert_eq!(columns.columns[2].kind, Kind::Int);
        let value = br#"{"order":"o-1","fact":{"paid":{"amount":1200}},"lines":[{"sku":"tea"}]}"#;
        assert_eq!(columns.parts(value).unwrap(), [Some("\"o-1\""), Some("1200"), Some(r#"{"sku":"tea"}"#)]);
        assert!(columns.parts(b"{").is_err());
        for wrong in ["", "a=", "a=b", "a=/b:number", "=/b", "a b=/c", "a=/b,a=/c", "nothing", "offset,offset"] {
            let is_refused = Columns::parse(wrong).is_err();
            assert_eq!(is_refused, wrong != "a=", "{wrong}");
        }
    }

    #[test]
    fn a_part_that_is_not_what_the_column_holds_is_null_and_counted() {
        let table = [
            (Some("12"), Kind::Int, Cell::Int(12), false),
            (Some("\"12\""), Kind::Int, Cell::Null, true),
            (Some("1.5"), Kind::Int, Cell::Null, true),
            (Some("9223372036854775808"), Kind::Int, Cell::Null, true),
            (Some("1.5"), Kind::Float, Cell::Float(1.5), false),
            (Some("true"), Kind::Bool, Cell::Bool(true), false),
            (Some("\"a\\nb\""), Kind::Text, Cell::Text("a\nb".into()), false),
            (Some("[1]"), Kind::Text, Cell::Text("[1]".into()), false),
            (Some("[1]"), Kind::Json, Cell::Text("[1]".into()), false),
            (Some("null"), Kind::Int, Cell::Null, false),
            (None, Kind::Bool, Cell::Null, false),
        ];
        for (raw, kind, expected, is_wrong) in table {
            assert_eq!(cell(raw, kind), (expected, is_wrong), "{raw:?} {kind:?}");
        }
    }
}

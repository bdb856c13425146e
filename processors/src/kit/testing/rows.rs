//! For tests of rows: what is written is read again, also by the next build; what is no row is an error, and a newer row is another one.

use std::fmt::Debug;

use streams::codec::{Codec, Corrupt};
use streams::table::Table;
use streams::wakeup::Wakeup;

use crate::kit::field::Field;
use crate::kit::row::{Reader, Writer};

/// The bytes of a row of this table.
pub(crate) fn write<K, V, C: Codec<K, V>>(_: &Table<K, V, C>, key: &K, value: &V) -> Vec<u8> {
    C::write(key, value)
}

/// Reads a row of this table.
pub(crate) fn read<K, V, C: Codec<K, V>>(_: &Table<K, V, C>, key: &K, bytes: &[u8]) -> Result<V, Corrupt> {
    C::read(key, bytes)
}

/// A row is read as it was written. A newer version is recognised; a row that is cut off or goes on is an error.
pub(crate) fn check<K, V: Debug + PartialEq, C: Codec<K, V>>(table: &Table<K, V, C>, key: &K, value: &V) {
    let row = C::write(key, value);
    assert_eq!(C::read(key, &row).as_ref(), Ok(value), "{table:?}");
    let newer = [&[row[0] + 1], &row[1..]].concat();
    let version = Corrupt::Version { found: row[0] + 1, known: row[0] };
    assert_eq!(C::read(key, &newer), Err(version), "{table:?}: a newer row");
    for length in 0..row.len() {
        assert!(C::read(key, &row[..length]).is_err(), "{table:?}: {length} of {} bytes", row.len());
    }
    assert_eq!(C::read(key, &[row.as_slice(), &[0]].concat()), Err(Corrupt::Length), "{table:?}: a longer row");
}

/// A field has, written in hexadecimal digits, these bytes, and is read as it was written.
pub(crate) fn check_field<T: Field + Debug + PartialEq>(field: &T, bytes: &str) {
    assert_eq!(hex(&field_bytes(field)[1..]), bytes.replace(' ', ""), "{field:?}");
    check_fields([field]);
}

/// Fields are read as they were written.
pub(crate) fn check_fields<'a, T: Field + Debug + PartialEq + 'a>(fields: impl IntoIterator<Item = &'a T>) {
    for field in fields {
        let bytes = field_bytes(field);
        let mut row = Reader::new(&bytes, 1).unwrap();
        assert_eq!(T::read(&mut row).as_ref(), Ok(field));
        assert_eq!(row.finish(), Ok(()), "{field:?}");
    }
}

fn field_bytes(field: &impl Field) -> Vec<u8> {
    let mut row = Writer::new(1, 64);
    field.write(&mut row);
    row.finish()
}

/// Reads any bytes, as they are and marked as a row of version 1: that may fail, and must not panic.
pub(crate) fn read_anything<K, V, C: Codec<K, V>>(_: &Table<K, V, C>, key: &K, bytes: &[u8]) {
    drop(C::read(key, bytes));
    drop(C::read(key, &[&[1], bytes].concat()));
}

/// A timer has this kind and, written in hexadecimal digits, this key; and it is read as it was written. A changelog outlives the
/// build that wrote it.
pub(crate) fn check_wakeup<W: Wakeup + Debug + PartialEq>(wakeup: &W, kind: u8, key: &str) {
    assert_eq!((wakeup.kind(), hex(&wakeup.write())), (kind, key.replace(' ', "")), "{wakeup:?}");
    assert_eq!(W::read(kind, &wakeup.write()).as_ref(), Ok(wakeup));
    let unknown = W::read(99, &wakeup.write());
    assert_eq!(unknown, Err(Corrupt::Field("kind of timer")), "no timer is of kind 99");
}

/// Bytes as hexadecimal digits, as the tests of stored bytes write them.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

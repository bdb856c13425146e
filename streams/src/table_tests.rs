//! Typed tables over a task's stores.

#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use std::borrow::Cow;

use super::Table;
use crate::codec::{Codec, Compact, Corrupt, Json};
use crate::driver::TestDriver;
use crate::group::Group;
use crate::processor::{Context, StoreId, Verdict};
use crate::topology::{Topology, TopologyError};

/// A key of two parts, with a value that carries a version.
type Place = (u16, String);

enum Versioned {}

impl Codec<Place, u8> for Versioned {
    fn key((row, name): &Place) -> Cow<'_, [u8]> {
        Cow::Owned([row.to_be_bytes().as_slice(), name.as_bytes()].concat())
    }

    fn read_key(bytes: &[u8]) -> Result<Place, Corrupt> {
        let (row, name) = bytes.split_first_chunk::<2>().ok_or(Corrupt::Length)?;
        let name = std::str::from_utf8(name).map_err(|_| Corrupt::Field("name"))?;
        Ok((u16::from_be_bytes(*row), name.to_owned()))
    }

    fn write(_: &Place, value: &u8) -> Vec<u8> {
        vec![1, *value]
    }

    fn read(_: &Place, bytes: &[u8]) -> Result<u8, Corrupt> {
        match bytes {
            [1, value] => Ok(*value),
            [found, ..] if *found > 1 => Err(Corrupt::Version { found: *found, known: 1 }),
            _ => Err(Corrupt::Length),
        }
    }
}

const PLACES: Table<Place, u8, Versioned> = Table::new(0, "places");
const SCANNED: Table<String, Vec<Place>, Json> = Table::new(1, "scanned");

/// Each record `<row>/<name>` is a place; any other text scans, `newer` writes a row of a newer build.
fn driver() -> TestDriver {
    let group = Group::new("places").table(&PLACES).table(&SCANNED).records("in", |record, context| {
        let text = String::from_utf8(record.value.clone().unwrap().to_vec()).unwrap();
        match text.split_once('/') {
            Some((row, name)) => {
                let place = (row.parse().unwrap(), name.to_owned());
                let taken = PLACES.get(context, &place)?.unwrap_or(0) + 1;
                PLACES.put(context, &place, &taken);
            }
            None if text == "newer" => context.put(PLACES.id(), &[0, 2, b'z'], &[9, 9]),
            None => scan(&text, context)?,
        }
        Ok(())
    });
    TestDriver::new(group.build().unwrap())
}

/// Keeps what a scan of row 2 gives, at most two at a time, after the name in the text.
fn scan(after: &str, context: &mut dyn Context) -> Result<(), Verdict> {
    let after = [&[0, 2], after.as_bytes()].concat();
    let rows = PLACES.scan(context, &[0, 2], Some(&after), 2)?;
    SCANNED.put(context, &"found".to_owned(), &rows.into_iter().map(|(place, _)| place).collect());
    Ok(())
}

#[test]
fn rows_are_read_as_written_and_scanned_by_prefix() {
    let mut driver = driver();
    for place in ["1/a", "2/a", "2/b", "2/c", "2/b", "3/a"] {
        driver.pipe(b"k", place.as_bytes(), &[], 1).unwrap();
    }
    assert_eq!(driver.row(0, &PLACES, &(2, "b".to_owned())), Ok(Some(2)));
    assert_eq!(driver.row(0, &PLACES, &(9, "b".to_owned())), Ok(None));
    let found = |driver: &TestDriver| driver.row(0, &SCANNED, &"found".to_owned()).unwrap().unwrap();
    driver.pipe(b"k", b"", &[], 1).unwrap();
    assert_eq!(found(&driver), [(2, "a".to_owned()), (2, "b".to_owned())]);
    driver.pipe(b"k", b"b", &[], 1).unwrap();
    assert_eq!(found(&driver), [(2, "c".to_owned())]);
}

#[test]
fn a_row_of_a_newer_build_is_fatal() {
    let mut driver = driver();
    driver.pipe(b"k", b"newer", &[], 1).unwrap();
    let error = driver.pipe(b"k", b"a", &[], 1).unwrap_err().to_string();
    assert_eq!(error, "fatal: a row of table places has version 9, this build knows 1");
    assert!(driver.rows(0, &PLACES).is_err());
}

#[test]
fn a_table_is_a_name_for_a_store() {
    const THIRD: Table<String, u64, Compact> = Table::new(3, "third");
    assert_eq!((THIRD.id(), THIRD.name()), (StoreId(3), "third"));
    let topology = |table: &Table<String, u64>| {
        let builder = Topology::builder("t").source("in").changelog("c").dead_letters("d").store("first");
        builder.table(table).build(|| driver().topology().processor())
    };
    assert!(topology(&Table::new(1, "second")).unwrap().has_store(StoreId(1)));
    assert!(matches!(topology(&THIRD), Err(TopologyError::Misplaced { place: 3, declared: 1, .. })));
}

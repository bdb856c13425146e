//! Strangers are remembered, the newest and for a while; their rows are read as they were written, also by the next build.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on should fail")]

use std::collections::BTreeMap;

use events::ids::RequestId;
use events::request::Fingerprint;
use events::time::Timestamp;
use proptest::prelude::*;
use streams::processor::{Context, StoreId, Timer};
use streams::record::Outgoing;

use super::{Stranger, Strangers, read_stranger, write_stranger};
use crate::bytes::RowError;
use crate::policy;

const THREE: Strangers = Strangers { store: StoreId(0), timer_kind: 9, capacity: 3 };

/// One store in memory, and the timers that were set.
#[derive(Default)]
struct Shelf {
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
    timers: Vec<Timer>,
}

impl Context for Shelf {
    fn log_time(&self) -> i64 {
        0
    }
    fn partition(&self) -> i32 {
        0
    }
    fn get(&self, _: StoreId, key: &[u8]) -> Option<&[u8]> {
        self.rows.get(key).map(Vec::as_slice)
    }
    fn put(&mut self, _: StoreId, key: &[u8], value: &[u8]) {
        self.rows.insert(key.to_vec(), value.to_vec());
    }
    fn delete(&mut self, _: StoreId, key: &[u8]) {
        self.rows.remove(key);
    }
    fn scan(&self, _: StoreId, _: &[u8], _: Option<&[u8]>, _: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        vec![]
    }
    fn forward(&mut self, _: Outgoing) {}
    fn schedule(&mut self, timer: Timer) {
        self.timers.push(timer);
    }
    fn cancel(&mut self, _: &Timer) {}
}

fn stranger(number: u8) -> Stranger {
    Stranger {
        request: RequestId::derive(&[&[number]]),
        fingerprint: Fingerprint::from_u64(u64::MAX),
        at: Timestamp::from_millis(number.into()),
        reason: 2,
    }
}

fn known(shelf: &Shelf, many: u8) -> Vec<u8> {
    (0..many).filter(|number| THREE.find(shelf, stranger(*number).request).unwrap().is_some()).collect()
}

#[test]
fn beyond_the_capacity_the_oldest_is_forgotten() {
    let mut shelf = Shelf::default();
    for number in 0..5 {
        THREE.remember(&mut shelf, &stranger(number)).unwrap();
    }
    assert_eq!(known(&shelf, 5), [2, 3, 4]);
    assert_eq!(THREE.find(&shelf, stranger(4).request), Ok(Some(stranger(4))));
    assert_eq!(shelf.rows.len(), 7, "three requests, three places, one queue");
}

#[test]
fn each_is_forgotten_at_its_time_and_the_next_one_wakes_the_memory() {
    let mut shelf = Shelf::default();
    for number in 0..3 {
        THREE.remember(&mut shelf, &stranger(number)).unwrap();
    }
    let wakes = |shelf: &Shelf| shelf.timers.iter().map(|timer| timer.deadline).collect::<Vec<_>>();
    assert_eq!(wakes(&shelf), [policy::RETRY_WINDOW_MS], "one timer for all");
    THREE.forget(&mut shelf, Timestamp::from_millis(policy::RETRY_WINDOW_MS)).unwrap();
    assert_eq!(known(&shelf, 3), [1, 2]);
    THREE.forget(&mut shelf, Timestamp::from_millis(policy::RETRY_WINDOW_MS + 2)).unwrap();
    assert_eq!(known(&shelf, 3), Vec::<u8>::new());
    assert_eq!(wakes(&shelf), [policy::RETRY_WINDOW_MS, policy::RETRY_WINDOW_MS + 1], "nothing is left to wake for");
}

/// A changelog outlives the build that wrote it: bytes of version 1 as they have always been.
#[test]
fn rows_of_version_1_are_these_bytes() {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let request = hex(stranger(7).request.as_bytes());
    // version, place, request, fingerprint, time in zigzag, reason
    let expected = format!("01 4d {request} ffffffffffffffff 0e 02").replace(' ', "");
    assert_eq!(hex(&write_stranger(&stranger(7), 77)), expected);
    assert_eq!(read_stranger(&write_stranger(&stranger(7), 77)), Ok((stranger(7), 77)));
}

#[test]
fn a_newer_row_is_told_apart_and_a_cut_one_is_refused() {
    let row = write_stranger(&stranger(7), 300);
    let mut newer = row.clone();
    newer[0] = 2;
    assert_eq!(read_stranger(&newer), Err(RowError::Version { found: 2, known: 1 }));
    for length in 0..row.len() {
        assert!(read_stranger(&row[..length]).is_err(), "{length} of {} bytes", row.len());
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let _read = read_stranger(&bytes);
    }
}

//! Refused requests are remembered, the newest and for a while; accepted ones for the whole retry window. Rows are read as they were
//! written, also by the next build.

use std::collections::BTreeMap;

use events::ids::{RequestId, Sku};
use events::request::Fingerprint;
use events::time::Timestamp;
use proptest::prelude::*;
use streams::processor::{Context, StoreId, Timer};
use streams::record::Outgoing;

use super::{FormerRequests, RequestStore, RequestTable, read_row, write_row};
use crate::kit::field::{Field, numbered};
use crate::kit::requests::{Answer, Remembered, Requests, Standing};
use crate::kit::row::{Corrupt, Writer};
use crate::policy;

/// An answer as a processor may have it. Its bytes are those of inventory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Decided {
    Accepted,
    Refused,
}

impl Answer for Decided {
    fn standing(&self) -> Standing {
        match self {
            Self::Accepted => Standing::Accepted,
            Self::Refused => Standing::Refused,
        }
    }
}

numbered!(Decided, "answer" { 0 Accepted, 2 Refused });

const THREE: RequestStore<Decided> = RequestStore::new(RequestTable::new(0, "requests"), 9, 3, 2);

/// One store in memory, and the timers that were set.
#[derive(Default)]
struct OneStore {
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
    timers: Vec<Timer>,
}

impl Context for OneStore {
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

fn refused(number: u8) -> Remembered<Decided> {
    decided(number, Decided::Refused)
}

fn accepted(number: u8) -> Remembered<Decided> {
    decided(number, Decided::Accepted)
}

fn decided(number: u8, answer: Decided) -> Remembered<Decided> {
    Remembered {
        request: RequestId::derive(&[&[number]]),
        fingerprint: Fingerprint::from_u64(u64::MAX),
        at: Timestamp::from_millis(number.into()),
        answer,
    }
}

fn known(store: &OneStore, many: u8) -> Vec<u8> {
    (0..many).filter(|number| THREE.find(store, refused(*number).request).unwrap().is_some()).collect()
}

#[test]
fn beyond_the_capacity_the_oldest_is_forgotten() {
    let mut store = OneStore::default();
    for number in 0..5 {
        THREE.remember(&mut store, &refused(number)).unwrap();
    }
    assert_eq!(known(&store, 5), [2, 3, 4]);
    assert_eq!(THREE.find(&store, refused(4).request), Ok(Some(refused(4))));
    assert_eq!(store.rows.len(), 7, "three requests, three places, one queue");
}

#[test]
fn each_is_forgotten_at_its_time_and_the_next_one_wakes_the_memory() {
    let mut store = OneStore::default();
    for number in 0..3 {
        THREE.remember(&mut store, &refused(number)).unwrap();
    }
    let wakes = |store: &OneStore| store.timers.iter().map(|timer| timer.deadline).collect::<Vec<_>>();
    assert_eq!(wakes(&store), [policy::RETRY_WINDOW_MS], "one timer for all");
    THREE.forget(&mut store, Timestamp::from_millis(policy::RETRY_WINDOW_MS)).unwrap();
    assert_eq!(known(&store, 3), [1, 2]);
    THREE.forget(&mut store, Timestamp::from_millis(policy::RETRY_WINDOW_MS + 2)).unwrap();
    assert_eq!(known(&store, 3), Vec::<u8>::new());
    assert_eq!(wakes(&store), [policy::RETRY_WINDOW_MS, policy::RETRY_WINDOW_MS + 1], "nothing is left to wake for");
}

#[test]
fn what_was_accepted_outlives_every_refusal_and_is_not_replaced() {
    let mut store = OneStore::default();
    THREE.remember(&mut store, &accepted(0)).unwrap();
    (1..100).for_each(|number| THREE.remember(&mut store, &refused(number)).unwrap());
    assert_eq!(known(&store, 100), [0, 97, 98, 99]);
    assert!(THREE.has_room(&store).unwrap());
    THREE.remember(&mut store, &accepted(100)).unwrap();
    assert!(!THREE.has_room(&store).unwrap(), "a third would have to replace one");
    THREE.forget(&mut store, Timestamp::from_millis(policy::RETRY_WINDOW_MS)).unwrap();
    assert!(THREE.has_room(&store).unwrap(), "the first is a day old");
    assert_eq!(THREE.find(&store, accepted(100).request), Ok(Some(accepted(100))));
}

/// What former builds remembered with a product is recognised, and forgotten when all of it is a day old.
#[test]
fn a_list_of_a_former_build_is_read_until_it_is_old() {
    const FORMER: FormerRequests<Sku> = FormerRequests::new(0, "former");
    let mut store = OneStore::default();
    let tea = Sku::new("tea").unwrap();
    let mut row = Writer::new(1, 0);
    Requests(vec![accepted(1), refused(2)]).write(&mut row);
    store.put(StoreId(0), b"tea", &row.finish());
    let mut find = |number: u8, now| {
        THREE.find_also_in(&FORMER, &tea, &mut store, accepted(number).request, Timestamp::from_millis(now)).unwrap()
    };
    assert_eq!(find(1, 9), Some(accepted(1)));
    assert_eq!(find(2, policy::RETRY_WINDOW_MS + 1), Some(refused(2)));
    assert_eq!(find(3, 9), None);
    assert_eq!(find(2, policy::RETRY_WINDOW_MS + 2), None);
    assert_eq!(store.rows, BTreeMap::new());
}

/// A changelog outlives the build that wrote it: bytes of version 1 as they have always been.
#[test]
fn rows_of_version_1_are_these_bytes() {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let request = hex(refused(7).request.as_bytes());
    // version, place, request, fingerprint, time in zigzag, reason
    let expected = format!("01 4d {request} ffffffffffffffff 0e 02").replace(' ', "");
    assert_eq!(hex(&write_row(&refused(7), 77)), expected);
    assert_eq!(read_row(&write_row(&refused(7), 77)), Ok((refused(7), 77)));
}

#[test]
fn a_newer_row_is_recognised_and_a_cut_one_is_refused() {
    let row = write_row(&refused(7), 300);
    let mut newer = row.clone();
    newer[0] = 2;
    assert_eq!(read_row::<Decided>(&newer), Err(Corrupt::Version { found: 2, known: 1 }));
    for length in 0..row.len() {
        assert!(read_row::<Decided>(&row[..length]).is_err(), "{length} of {} bytes", row.len());
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let _read = read_row::<Decided>(&bytes);
    }
}

//! The driver as an author of processors uses it.

#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use super::{DriverError, TestDriver};
use crate::processor::Verdict;
use crate::record::{Outgoing, Record};
use crate::task::dead_letter::header;
use crate::thread::fixture::{COUNTS, WAKES, topology};

fn values_of(outputs: Vec<Outgoing>) -> Vec<String> {
    outputs.into_iter().map(|outgoing| String::from_utf8(outgoing.value.unwrap().to_vec()).unwrap()).collect()
}

#[test]
fn records_go_in_outputs_come_out_and_time_is_what_the_test_says() {
    let mut driver = TestDriver::new(topology());
    driver.pipe(b"k", b"500", &[], 100).unwrap();
    driver.pipe(b"k", b"x", &[], 200).unwrap();
    assert_eq!(values_of(driver.take("out")), ["1@100", "2@200"]);
    assert_eq!((driver.timers(0), driver.log_time(0)), (1, 200));
    driver.advance_to(499).unwrap();
    assert!(driver.take("out").is_empty());
    driver.advance_to(700).unwrap();
    assert_eq!(values_of(driver.take("out")), ["wake 1@500"]);
    assert_eq!(driver.timers(0), 0);
}

#[test]
fn a_crash_loses_nothing_that_was_committed() {
    let mut driver = TestDriver::with_partitions(topology(), 3);
    let partition = driver.pipe(b"k", b"500", &[], 100).unwrap();
    driver.pipe(b"k", b"x", &[], 200).unwrap();
    driver.crash_and_restore().unwrap();
    assert_eq!(driver.get(partition, COUNTS, b"k"), Some(b"2".to_vec()));
    assert_eq!((driver.timers(partition), driver.log_time(partition)), (1, 200));
    driver.advance_to(600).unwrap();
    driver.crash_and_restore().unwrap();
    driver.advance_to(900).unwrap();
    assert_eq!(driver.entries(partition, WAKES), [(b"k".to_vec(), b"1".to_vec())]);
}

#[test]
fn poison_goes_to_the_dead_letters_and_fatal_is_an_error() {
    let mut driver = TestDriver::new(topology());
    driver.pipe(b"k", b"poison", &[], 100).unwrap();
    assert_eq!(values_of(driver.take_dead_letters()), ["poison"]);
    assert!(driver.take("out").is_empty() && driver.entries(0, COUNTS).is_empty());
    let stopped = driver.pipe(b"k", b"fatal", &[], 100).unwrap_err();
    assert_eq!(stopped, DriverError::Stopped(Verdict::Fatal("from the future".into())));
}

#[test]
fn a_record_of_a_log_keeps_its_offset_and_is_processed_once() {
    let mut driver = TestDriver::with_partitions(topology(), 2);
    let record = |offset, value: &'static [u8]| Record {
        topic: "in".into(),
        partition: 1,
        offset,
        timestamp: 100 + offset,
        key: Some(b"k".as_slice().into()),
        value: Some(value.into()),
        headers: vec![],
    };
    for record in [record(3, b"x"), record(7, b"poison"), record(7, b"x"), record(3, b"x"), record(9, b"x")] {
        driver.pipe_record(record).unwrap();
    }
    assert_eq!(values_of(driver.take("out")), ["1@103", "2@109"]);
    assert_eq!(driver.get(1, COUNTS, b"k"), Some(b"2".to_vec()));
    let letters = driver.take_dead_letters();
    let offset = letters[0].headers.iter().find(|(name, _)| name == header::OFFSET).unwrap();
    assert_eq!((letters.len(), offset.1.as_ref()), (1, b"7".as_slice()));
    // Piped records get the offsets after it.
    driver.pipe_to(1, Some(b"k"), Some(b"x"), &[], 120).unwrap();
    driver.crash_and_restore().unwrap();
    driver.pipe_record(record(10, b"x")).unwrap();
    driver.pipe_record(record(11, b"x")).unwrap();
    assert_eq!(values_of(driver.take("out")), ["3@120", "4@120"]);
}

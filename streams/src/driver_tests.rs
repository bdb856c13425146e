//! The driver as an author of processors uses it.

#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use super::{DriverError, TestDriver};
use crate::processor::Verdict;
use crate::record::Outgoing;
use crate::thread::rig::{COUNTS, WAKES, topology};

fn said(outputs: Vec<Outgoing>) -> Vec<String> {
    outputs.into_iter().map(|outgoing| String::from_utf8(outgoing.value.unwrap().to_vec()).unwrap()).collect()
}

#[test]
fn records_go_in_outputs_come_out_and_time_is_what_the_test_says() {
    let mut driver = TestDriver::new(topology());
    driver.pipe(b"k", b"500", &[], 100).unwrap();
    driver.pipe(b"k", b"x", &[], 200).unwrap();
    assert_eq!(said(driver.take("out")), ["1@100", "2@200"]);
    assert_eq!((driver.timers(0), driver.log_time(0)), (1, 200));
    driver.advance_to(499).unwrap();
    assert!(driver.take("out").is_empty());
    driver.advance_to(700).unwrap();
    assert_eq!(said(driver.take("out")), ["wake 1@500"]);
    assert_eq!(driver.timers(0), 0);
}

#[test]
fn a_crash_loses_nothing_that_was_said() {
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
fn poison_and_stops_are_told() {
    let mut driver = TestDriver::new(topology());
    driver.pipe(b"k", b"poison", &[], 100).unwrap();
    assert_eq!(said(driver.take_dead_letters()), ["poison"]);
    assert!(driver.take("out").is_empty() && driver.entries(0, COUNTS).is_empty());
    let stopped = driver.pipe(b"k", b"fatal", &[], 100).unwrap_err();
    assert_eq!(stopped, DriverError::Stopped(Verdict::Fatal("from the future".into())));
}

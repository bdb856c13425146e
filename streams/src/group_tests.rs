//! A group of plain functions, on the test driver.

#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use super::Group;
use crate::codec::{Corrupt, Json, Plain};
use crate::driver::{DriverError, TestDriver};
use crate::processor::{Context, Verdict};
use crate::record::Outgoing;
use crate::table::Table;
use crate::topic::{Input, Output};
use crate::topology::TopologyError;
use crate::wakeup::{self, Wakeup};

const CLICKS: Input<String, u64, Json> = Input::new("clicks");
const COUNTS: Table<String, u64> = Table::new(0, "counts");
const LAST: Table<String, i64> = Table::new(1, "last");
const TOTALS: Output<String, u64> = Output::new("totals");

/// The page has not been clicked for a while.
struct Quiet(String);

impl Wakeup for Quiet {
    fn kind(&self) -> u8 {
        7
    }

    fn write(&self) -> Vec<u8> {
        self.0.clone().into_bytes()
    }

    fn read(kind: u8, key: &[u8]) -> Result<Self, Corrupt> {
        if kind == 7 { String::from_bytes(key).map(Self) } else { Err(Corrupt::Field("kind")) }
    }
}

/// Counts clicks; the total is emitted when a page was quiet for 100 ms, and at once when the clicks are many.
fn on_click(page: String, clicks: u64, context: &mut dyn Context) -> Result<(), Verdict> {
    let count = COUNTS.get(context, &page)?.unwrap_or(0) + clicks;
    COUNTS.put(context, &page, &count);
    let now = context.log_time();
    let quiet = Quiet(page);
    if let Some(last) = LAST.get(context, &quiet.0)? {
        wakeup::cancel(context, last + 100, &quiet);
    }
    LAST.put(context, &quiet.0, &now);
    wakeup::schedule(context, now + 100, &quiet);
    if clicks > 9 {
        TOTALS.emit(context, &quiet.0, &count);
    }
    Ok(())
}

fn on_quiet(Quiet(page): Quiet, context: &mut dyn Context) -> Result<(), Verdict> {
    let count = COUNTS.get(context, &page)?.unwrap_or(0);
    TOTALS.emit(context, &page, &count);
    COUNTS.delete(context, &page);
    LAST.delete(context, &page);
    if COUNTS.contains(context, &page) { Err(Verdict::Fatal("it is still there".into())) } else { Ok(()) }
}

fn group() -> Group {
    Group::new("counter").input(&CLICKS, on_click).table(&COUNTS).table(&LAST).output(&TOTALS).on_timer(on_quiet)
}

fn totals(driver: &mut TestDriver) -> Vec<(String, u64)> {
    let read = |outgoing: Outgoing| {
        let key = String::from_bytes(&outgoing.key.unwrap()).unwrap();
        (key, u64::from_bytes(&outgoing.value.unwrap()).unwrap())
    };
    driver.take("totals").into_iter().map(read).collect()
}

#[test]
fn functions_tables_timers_and_outputs_work_together_and_survive_a_crash() {
    let mut driver = TestDriver::new(group().build().unwrap());
    driver.pipe(b"home", b"2", &[], 1_000).unwrap();
    driver.pipe(b"home", b"3", &[], 1_050).unwrap();
    driver.crash_and_restore().unwrap();
    assert_eq!(driver.row(0, &COUNTS, &"home".to_owned()), Ok(Some(5)));
    assert_eq!(driver.rows(0, &LAST), Ok(vec![("home".to_owned(), 1_050)]));
    assert_eq!(driver.timers(0), 1);
    driver.advance_to(1_100).unwrap();
    assert_eq!(totals(&mut driver), []);
    driver.advance_to(1_150).unwrap();
    assert_eq!(totals(&mut driver), [("home".to_owned(), 5)]);
    driver.pipe(b"home", b"10", &[], 1_200).unwrap();
    assert_eq!(totals(&mut driver), [("home".to_owned(), 10)]);
}

#[test]
fn what_cannot_be_read_goes_to_the_dead_letters() {
    let mut driver = TestDriver::new(group().build().unwrap());
    driver.pipe(b"home", b"many", &[], 1_000).unwrap();
    driver.pipe(b"\xff", b"1", &[], 1_000).unwrap();
    driver.pipe_to(0, None, Some(b"1"), &[], 1_000).unwrap();
    driver.pipe_to(0, Some(b"home"), None, &[], 1_000).unwrap();
    assert_eq!(driver.take_dead_letters().len(), 4);
    assert_eq!(driver.rows(0, &COUNTS), Ok(vec![]));
}

#[test]
fn a_timer_without_a_function_is_fatal() {
    let group = Group::new("counter").input(&CLICKS, on_click).table(&COUNTS).table(&LAST).output(&TOTALS);
    let mut driver = TestDriver::new(group.build().unwrap());
    driver.pipe(b"home", b"1", &[], 1_000).unwrap();
    let stopped = driver.advance_to(2_000).unwrap_err();
    assert_eq!(stopped, DriverError::Stopped(Verdict::Fatal("the group has no function for timers".into())));
}

#[test]
fn names_have_defaults_and_can_be_given() {
    let topology = group().build().unwrap();
    assert_eq!(topology.changelog().as_ref(), "counter.changelog");
    assert_eq!(topology.dead_letters().as_ref(), "counter.dead-letters");
    let topology = group().changelog("state").dead_letters("dead").build().unwrap();
    assert_eq!((topology.changelog().as_ref(), topology.dead_letters().as_ref()), ("state", "dead"));
}

#[test]
fn a_table_out_of_its_place_or_a_missing_input_is_refused() {
    let error = Group::new("counter").input(&CLICKS, on_click).table(&LAST).table(&COUNTS).build().unwrap_err();
    assert_eq!(
        error,
        TopologyError::Misplaced { topology: "counter".into(), table: "last".into(), place: 1, declared: 0 }
    );
    assert!(matches!(Group::new("counter").build(), Err(TopologyError::Missing { .. })));
}

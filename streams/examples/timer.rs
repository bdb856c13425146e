//! Sums up a visit once the visitor has been quiet for a minute: a timer that each click moves. It runs on the test driver, so it
//! needs no Kafka: `cargo run --example timer`
#![allow(clippy::print_stdout, reason = "it shows its result")]

use std::error::Error;

use logstreams::driver::TestDriver;
use logstreams::{Context, Corrupt, Group, Input, Json, Output, Plain, Table, Verdict, Wakeup, wakeup};

const CLICKS: Input<String, String> = Input::new("clicks");
const VISITS: Table<String, Visit, Json> = Table::new(0, "visits");
const ENDED: Output<String, Visit, Json> = Output::new("ended-visits");

/// How long a visitor is quiet at the end of a visit.
const QUIET_MS: i64 = 60_000;

/// An open visit.
#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Visit {
    pages: Vec<String>,
    last_click_ms: i64,
}

/// A visitor has been quiet for a minute.
struct Quiet(String);

impl Wakeup for Quiet {
    fn kind(&self) -> u8 {
        1
    }

    fn write(&self) -> Vec<u8> {
        self.0.clone().into_bytes()
    }

    fn read(kind: u8, key: &[u8]) -> Result<Self, Corrupt> {
        if kind == 1 { String::from_bytes(key).map(Self) } else { Err(Corrupt::Field("kind of timer")) }
    }
}

fn on_click(visitor: String, page: String, context: &mut dyn Context) -> Result<(), Verdict> {
    let mut visit = VISITS.get(context, &visitor)?.unwrap_or_default();
    let quiet = Quiet(visitor);
    wakeup::cancel(context, visit.last_click_ms + QUIET_MS, &quiet);
    visit.last_click_ms = context.log_time();
    visit.pages.push(page);
    wakeup::schedule(context, visit.last_click_ms + QUIET_MS, &quiet);
    VISITS.put(context, &quiet.0, &visit);
    Ok(())
}

fn on_quiet(Quiet(visitor): Quiet, context: &mut dyn Context) -> Result<(), Verdict> {
    if let Some(visit) = VISITS.get(context, &visitor)? {
        ENDED.emit(context, &visitor, &visit);
        VISITS.delete(context, &visitor);
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let group = Group::new("visits").input(&CLICKS, on_click).table(&VISITS).output(&ENDED).on_timer(on_quiet);
    let mut driver = TestDriver::new(group.build()?);
    driver.pipe(b"visitor-1", b"home", &[], 1_000)?;
    driver.pipe(b"visitor-1", b"prices", &[], 31_000)?;
    driver.advance_to(61_000)?; // a minute after the first click: still visiting
    driver.advance_to(91_000)?; // a minute after the second
    for visit in driver.take(ENDED.topic()) {
        println!("{}", String::from_utf8_lossy(visit.value.as_deref().unwrap_or_default()));
    }
    Ok(())
}

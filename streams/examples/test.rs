//! How a processor is tested: records in, outputs out, time by hand, and a crash in between. `cargo test --example test`
#![allow(dead_code, reason = "only the tests use the processor")]

use logstreams::{Context, Group, Input, Output, Table, Topology, TopologyError, Verdict};

const READINGS: Input<String, i64> = Input::new("readings");
const HIGHEST: Table<String, i64> = Table::new(0, "highest");
const RECORDS: Output<String, i64> = Output::new("records");

/// Emits a reading that is higher than all before it.
fn on_reading(sensor: String, reading: i64, context: &mut dyn Context) -> Result<(), Verdict> {
    if HIGHEST.get(context, &sensor)?.is_none_or(|highest| reading > highest) {
        HIGHEST.put(context, &sensor, &reading);
        RECORDS.emit(context, &sensor, &reading);
    }
    Ok(())
}

fn topology() -> Result<Topology, TopologyError> {
    Group::new("records").input(&READINGS, on_reading).table(&HIGHEST).output(&RECORDS).build()
}

fn main() {}

#[cfg(test)]
mod tests {
    use logstreams::Plain;
    use logstreams::driver::{DriverError, TestDriver};

    use super::{HIGHEST, RECORDS, topology};

    fn pipe(driver: &mut TestDriver, reading: i64) -> Result<(), DriverError> {
        driver.pipe(b"roof", &reading.bytes(), &[], 1_000).map(drop)
    }

    #[test]
    fn only_higher_readings_are_emitted_also_after_a_crash() {
        let mut driver = TestDriver::new(topology().unwrap());
        pipe(&mut driver, 20).unwrap();
        pipe(&mut driver, 18).unwrap();
        driver.crash_and_restore().unwrap();
        pipe(&mut driver, 19).unwrap();
        pipe(&mut driver, 21).unwrap();
        let values: Vec<i64> = driver
            .take(RECORDS.topic())
            .iter()
            .map(|record| i64::from_bytes(record.value.as_ref().unwrap()).unwrap())
            .collect();
        assert_eq!(values, [20, 21]);
        assert_eq!(driver.row(0, &HIGHEST, &"roof".to_owned()), Ok(Some(21)));
    }

    #[test]
    fn a_reading_that_is_no_number_goes_to_the_dead_letters() {
        let mut driver = TestDriver::new(topology().unwrap());
        driver.pipe(b"roof", b"hot", &[], 1_000).unwrap();
        assert_eq!(driver.take_dead_letters().len(), 1);
    }
}

//! The processor between its topics: what it reads and writes, what it does with records that are none.

use events::codec::encode;
use events::envelope::Envelope;
use events::prices::PriceCommand;
use events::topics;
use streams::driver::{DriverError, TestDriver};
use streams::processor::Verdict;

use super::fixture::{Fixture, offer, own, sku};
use super::topology;

#[test]
fn the_topology_is_this() {
    let described = topology().unwrap().to_string();
    let expected = "\
processor prices
  reads  prices.inbox
  keeps  products in prices.changelog
  writes ingress.replies
  writes prices.best
  poison dead-letters
";
    assert_eq!(described, expected);
}

fn value(command: &PriceCommand) -> Vec<u8> {
    encode(command, &Envelope::default()).unwrap().0
}

#[test]
fn what_nobody_can_read_goes_to_the_dead_letters_and_the_next_record_is_decided() {
    let good = value(&offer("a", 900, 1, 30));
    let version: (&str, &[u8]) = ("schema-version", b"1");
    let [negative, dear, backwards] =
        [own(2, -1, None), own(2, 1_000, Some((1_001, 1, 2))), own(2, 1_000, Some((900, 2, 2)))].map(|own| value(&own));
    type Row<'a> = (&'a str, Option<&'a [u8]>, Option<&'a [u8]>, &'a [(&'a str, &'a [u8])]);
    let table: [Row<'_>; 8] = [
        ("not JSON", Some(b"tea"), Some(b"\xff\x00garbage"), &[version]),
        ("a tombstone", Some(b"tea"), None, &[version]),
        ("no version", Some(b"tea"), Some(&good), &[]),
        ("another product's key", Some(b"rice"), Some(&good), &[version]),
        ("no key", None, Some(&good), &[version]),
        ("less than nothing", Some(b"tea"), Some(&negative), &[version]),
        ("a sale above the list price", Some(b"tea"), Some(&dear), &[version]),
        ("a sale that ends before it begins", Some(b"tea"), Some(&backwards), &[version]),
    ];
    for (name, key, value, headers) in table {
        let mut fixture = Fixture::with_tea(1_000);
        fixture.driver.pipe_to(0, key, value, headers, 1_000).unwrap();
        assert_eq!(fixture.driver.take_dead_letters().len(), 1, "{name}");
        assert_eq!(fixture.best(), [], "{name}");
        assert_eq!(fixture.send(&offer("a", 900, 1, 30), 1_000).unwrap().best.len(), 1, "{name}");
    }
}

#[test]
fn a_newer_version_stops_the_partition() {
    let mut driver = TestDriver::new(topology().unwrap());
    let stopped = driver.pipe(b"tea", &value(&own(1, 1_000, None)), &[("schema-version", b"2")], 1_000);
    assert!(matches!(stopped, Err(DriverError::Stopped(Verdict::Fatal(_)))), "{stopped:?}");
    assert!(driver.take(topics::PRICES_BEST.name()).is_empty());
}

#[test]
fn products_of_other_partitions_are_decided_there() {
    let mut driver = TestDriver::with_partitions(topology().unwrap(), 4);
    for name in ["tea", "rice", "salt", "oil", "soap"] {
        let command = PriceCommand::OwnPrice {
            sku: sku(name),
            version: 1,
            at: Default::default(),
            list_price: events::money::Money::new(1_000),
            sale: None,
        };
        let partition = driver.pipe(name.as_bytes(), &value(&command), &[("schema-version", b"1")], 1_000).unwrap();
        let stated = driver.take(topics::PRICES_BEST.name());
        assert_eq!(stated.iter().map(|best| best.partition).collect::<Vec<_>>(), [Some(partition)], "{name}");
    }
}

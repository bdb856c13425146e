//! Who gets how many threads, that no application is forgotten, and what they count.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use events::codec::encode;
use events::envelope::Envelope;
use events::ids::{OfferSource, Sku};
use events::manifest::Manifest;
use events::money::Money;
use events::prices::{PriceCommand, PriceRefusal};
use events::time::Timestamp;
use prometheus::Registry;
use streams::driver::TestDriver;

use super::{ALL, prices, threads_for_each};

#[test]
fn the_cpus_are_shared_out_and_every_application_has_some() {
    let table = [(1, 1, 1), (3, 1, 1), (3, 2, 1), (3, 3, 1), (3, 8, 2), (1, 8, 8), (3, 16, 5)];
    for (applications, cpus, threads) in table {
        assert_eq!(threads_for_each(applications, cpus), threads, "{applications} on {cpus}");
    }
}

#[test]
fn every_inbox_of_the_processors_is_read_by_one_application() {
    let manifest = Manifest::embedded().unwrap();
    let owned = manifest.topics.iter().filter(|(name, spec)| name.ends_with(".inbox") && spec.owner == "processors");
    let read: Vec<String> = ALL.map(|(_, topology)| topology(&Registry::new()).unwrap().source().to_string()).to_vec();
    assert_eq!(owned.map(|(name, _)| name.clone()).collect::<Vec<_>>(), read);
    for (name, topology) in ALL {
        assert_eq!(&**topology(&Registry::new()).unwrap().name(), name);
    }
}

#[test]
fn refused_offers_without_a_request_are_counted_and_every_reason_is_shown_from_the_start() {
    let registry = Registry::new();
    let mut driver = TestDriver::new(prices(&registry).unwrap());
    let own = PriceCommand::OwnPrice {
        sku: Sku::new("tea").unwrap(),
        version: 1,
        at: Timestamp::default(),
        list_price: Money::new(1_000),
        sale: None,
    };
    let offer = |sku: &str, price: i64, seen_at: i64| PriceCommand::Offer {
        request: None,
        sku: Sku::new(sku).unwrap(),
        source: OfferSource::new("elsewhere").unwrap(),
        price: Money::new(price),
        seen_at: Timestamp::from_millis(seen_at),
        fresh_ms: 1_000,
        until: None,
    };
    let said = [own, offer("tea", 900, 500), offer("rice", 900, 500), offer("tea", 0, 500), offer("tea", -1, 500)];
    for command in said.into_iter().chain([offer("tea", 900, 90_000), offer("tea", 800, 400)]) {
        let (value, _) = encode(&command, &Envelope::default()).unwrap();
        driver.pipe(command.sku().as_str().as_bytes(), &value, &[("schema-version", b"1")], 1_000).unwrap();
    }
    let family = registry.gather().into_iter().find(|family| family.name() == "timesale_prices_offers_refused_total");
    let counted: Vec<(String, f64)> = family
        .unwrap()
        .get_metric()
        .iter()
        .map(|metric| (metric.get_label().first().unwrap().value().to_owned(), metric.get_counter().get_value()))
        .collect();
    let expected = |reason: PriceRefusal| match reason {
        PriceRefusal::InvalidPrice => 2.0,
        PriceRefusal::UnknownProduct | PriceRefusal::OfferInFuture | PriceRefusal::OfferStale => 1.0,
        PriceRefusal::InvalidOffer | PriceRefusal::TooManyOffers => 0.0,
    };
    let mut all = PriceRefusal::ALL.map(|reason| (reason.code().to_owned(), expected(reason))).to_vec();
    all.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(counted, all);
}

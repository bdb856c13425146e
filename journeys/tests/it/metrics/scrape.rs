//! The real roles, scraped: what they show is what `ops/metrics.yaml` lists, in both directions, and it is there before anything happens.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::thread::sleep;
use std::time::Duration;

use serde_json::json;
use streams::clock::now_ms;

use super::exposition::{Scraped, read};
use super::{Contract, Family, Kind, Values, contract};
use crate::fixture::Fixture;
use crate::roles::{Roles, ask, free_address, until_decided};

/// Counters that begin when what they count is found, with the reason: that is before anything can be counted.
const FOUND: [(&str, &str); 1] =
    [("timesale_lag_rewinds_total", "of each group and topic: the first look at the cluster finds them")];
/// Values of closed lists that nothing shows yet.
const ABSENT_VALUES: [(&str, &str); 1] = [("emitter", "dead_letters")];
/// Nothing listens there: the connectors wait for it.
const NOBODY: &str = "http://127.0.0.1:1";

fn scrape(admin: SocketAddr) -> BTreeMap<String, Scraped> {
    let (status, text) = ask(admin, "GET", "/metrics", &[], "").expect("an answer");
    assert_eq!(status, 200, "{text}");
    read(&text)
}

/// What of the contract must be shown.
fn expected(contract: &Contract) -> impl Iterator<Item = (&String, &Family)> {
    contract.families.iter().filter(|(_, family)| family.when.is_none() && family.absent.is_none())
}

/// What is wrong with a family as it was scraped.
fn faults(name: &str, family: &Family, scraped: &Scraped) -> Vec<String> {
    let mut faults = Vec::new();
    let mut check = |holds: bool, fault: String| {
        if !holds {
            faults.push(format!("{name}: {fault}"))
        }
    };
    check(scraped.kind == family.kind.name(), format!("is a {}, listed as a {}", scraped.kind, family.kind.name()));
    check(scraped.help == family.help, format!("says {:?}, listed as {:?}", scraped.help, family.help));
    let listed: BTreeSet<&String> = family.labels.keys().collect();
    for sample in &scraped.samples {
        let shown: BTreeSet<&String> = sample.labels.keys().collect();
        check(shown == listed, format!("has the labels {shown:?}, listed with {listed:?}"));
        for (label, value) in &sample.labels {
            if let Some(Values::Closed(values)) = family.labels.get(label) {
                check(values.contains(value), format!("{label}={value:?} is not listed"));
            }
        }
    }
    faults.sort();
    faults.dedup();
    faults
}

/// Values of closed lists that a counter does not show: whoever watches its rate would miss the first event of each.
fn values_to_come(name: &str, family: &Family, scraped: Option<&Scraped>) -> Vec<String> {
    let shown = |label: &str, value: &str| {
        let samples = scraped.map(|scraped| scraped.samples.as_slice()).unwrap_or_default();
        samples.iter().any(|sample| sample.labels.get(label).is_some_and(|found| found == value))
    };
    let mut missing = Vec::new();
    if scraped.is_none_or(|scraped| scraped.samples.is_empty()) {
        missing.push(format!("{name} has no series"));
    }
    for (label, values) in &family.labels {
        let Values::Closed(values) = values else { continue };
        let is_due = |value: &&String| !ABSENT_VALUES.contains(&(label.as_str(), value.as_str()));
        missing.extend(
            values
                .iter()
                .filter(is_due)
                .filter(|value| !shown(label, value))
                .map(|value| format!("{name}{{{label}={value:?}}}")),
        );
    }
    missing
}

#[test]
fn the_roles_show_what_the_contract_lists_and_nothing_else() {
    let Some(fixture) = Fixture::enter() else { return };
    let (ingress, admin) = (free_address(), free_address());
    let mut roles = Roles::default();
    roles.start(&fixture, "all", ingress, admin, &[("TOSS_BASE_URL", NOBODY), ("OFFERS_STUB_URL", NOBODY)]);
    let contract = contract();

    let at_first = scrape(admin);
    let is_found = |name: &str| FOUND.iter().any(|(found, _)| *found == name);
    let counters = expected(&contract).filter(|(name, family)| family.kind == Kind::Counter && !is_found(name));
    let missing: Vec<String> =
        counters.flat_map(|(name, family)| values_to_come(name, family, at_first.get(name))).collect();
    assert!(missing.is_empty(), "counters that are not there from the start:\n{}", missing.join("\n"));

    // A fact of each kind that is shown by its name, so that the sinks have something to write and the console something to count.
    let token = fixture.operator_token();
    let headers = [
        ("authorization", token.as_str()),
        ("content-type", "application/json"),
        ("idempotency-key", "define-what-is-sold"),
        ("prefer", "wait=10"),
    ];
    let from = now_ms() - 60_000;
    let time = json!({ "from": from, "until": from + 3_600_000 });
    let campaign = json!({ "stock": 10, "claim": time, "usable": time, "discount": { "fixed": { "amount": 1000 } } });
    let product = json!({ "seller": "teahouse", "name": "Tea", "list_price": 1000 });
    for (kind, terms) in [("products", product), ("campaigns", campaign)] {
        let path = format!("/v1/{kind}/metrics-{:016x}", fastrand::u64(..));
        let (status, answer) =
            until_decided(|| ask(ingress, "PUT", &path, &headers, &terms.to_string())).expect("an answer");
        assert_eq!(status, 200, "{answer}");
    }

    let mut missing = Vec::new();
    // Processors and both sinks; what is shown of that takes some looks at the cluster more.
    fixture.all_read(&["coupons", "inventory"]);
    for _ in 0..1_800 {
        let scraped = scrape(admin);
        let is_shown = |name: &str| scraped.get(name).is_some_and(|family| !family.samples.is_empty());
        missing = expected(&contract).map(|(name, _)| name.clone()).filter(|name| !is_shown(name)).collect();
        if missing.is_empty() {
            break;
        }
        sleep(Duration::from_millis(100));
    }
    assert!(missing.is_empty(), "listed, but not shown: {missing:?}");

    let scraped = scrape(admin);
    let unlisted: Vec<&String> = scraped.keys().filter(|name| !contract.families.contains_key(*name)).collect();
    assert!(unlisted.is_empty(), "shown, but not in ops/metrics.yaml: {unlisted:?}");
    let faults: Vec<String> = scraped
        .iter()
        .filter_map(|(name, scraped)| Some(faults(name, contract.families.get(name)?, scraped)))
        .flatten()
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

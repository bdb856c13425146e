//! What the connectors do with what they are given: a provider's key, price servers, both, or neither.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use prometheus::Registry;
use streams::service::{Condition, Health, shutdown};

use super::{NO_PAYMENTS, check, start};
use crate::cli::Role;
use crate::config::{Config, Given, Mode, parse};

const KEY: (&str, &str) = ("TOSS_SECRET_KEY", "live_sk_abcdefgh");
const PRICES: (&str, &str) = ("OFFERS_STUB_URL", "http://127.0.0.1:30772");
/// Nothing listens there: the parts wait for it.
const NO_KAFKA: (&str, &str) = ("KAFKA_BOOTSTRAP", "127.0.0.1:1");

fn config(variables: &[(&'static str, &'static str)]) -> Config {
    parse("", &Given(variables.iter().copied().chain([NO_KAFKA]).collect()), Mode::Production).unwrap()
}

#[test]
fn connectors_that_would_connect_to_nothing_are_a_wrong_configuration() {
    let error = check(Role::Connectors, &config(&[])).unwrap_err().to_string();
    for way_out in ["TOSS_SECRET_KEY", "[connectors.toss] secret_key_file", "[connectors.offers.sources]"] {
        assert!(error.contains(way_out), "{way_out} is missing in {error}");
    }
    for enough in [&[KEY][..], &[PRICES], &[KEY, PRICES]] {
        assert!(check(Role::Connectors, &config(enough)).is_ok(), "{enough:?}");
    }
    for role in [Role::Ingress, Role::Processors, Role::Sinks, Role::All] {
        assert!(check(role, &config(&[])).is_ok(), "{role:?} has something else to do");
    }
}

#[test]
fn connectors_run_what_they_are_given_and_say_what_they_do_not_serve() {
    // Of each part whether it runs; nothing: nobody speaks of it.
    type Row<'a> = (Role, &'a [(&'static str, &'static str)], [(&'static str, Option<bool>); 2]);
    let table: [Row<'_>; 4] = [
        (Role::Connectors, &[PRICES], [("offers", Some(true)), ("connectors", Some(false))]),
        (Role::Connectors, &[KEY], [("offers", None), ("connectors", Some(true))]),
        (Role::Connectors, &[KEY, PRICES], [("offers", Some(true)), ("connectors", Some(true))]),
        (Role::All, &[], [("offers", None), ("connectors", Some(false))]),
    ];
    for (role, variables, expected) in table {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (health, (_handle, shutdown)) = (Health::default(), shutdown());
        let parts = runtime.block_on(async { start(role, config(variables), &health, &Registry::new(), &shutdown) });
        let said = health.parts();
        for (part, runs) in expected {
            match (runs, said.get(part)) {
                (Some(true), Some(Condition::Starting(_))) | (None, None) => {}
                (Some(false), Some(Condition::Degraded(reason))) => assert_eq!(reason, NO_PAYMENTS),
                (_, said) => unreachable!("{role:?} with {variables:?}: {part} is {said:?}"),
            }
        }
        let running = expected.iter().filter(|(_, runs)| *runs == Some(true)).count();
        let others = if role == Role::All { 4 } else { 0 };
        assert_eq!(parts.len(), running + others, "{role:?} with {variables:?}");
        drop(parts);
        runtime.shutdown_background();
    }
}

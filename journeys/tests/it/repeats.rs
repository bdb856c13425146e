//! A late repeat over HTTP: the same `Idempotency-Key` after 66 other changes of the product, and after a restart of the processor,
//! gets its first answer and moves nothing.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::fixture::Fixture;
use crate::roles::{Roles, ask, free_address, until_decided};

/// Starts processors and ingress and waits until they are ready.
fn start(fixture: &Fixture, ingress: SocketAddr) -> Roles {
    let mut roles = Roles::default();
    for (name, listen) in [("processors", free_address()), ("ingress", ingress)] {
        roles.start(fixture, name, listen, free_address(), &[]);
    }
    roles
}

/// The shop as an operator reaches it.
struct Operator {
    ingress: SocketAddr,
    token: String,
    sku: String,
}

impl Operator {
    fn send(&self, method: &str, what: &str, key: &str, body: &Value) -> (u16, Value) {
        let path = format!("/v1/products/{}{what}", self.sku);
        let headers = [
            ("authorization", self.token.as_str()),
            ("content-type", "application/json"),
            ("idempotency-key", key),
            ("prefer", "wait=10"),
        ];
        let (status, body) =
            until_decided(|| ask(self.ingress, method, &path, &headers, &body.to_string())).expect("an answer");
        (status, serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}")))
    }

    /// A change of the stock; the units that can be had after it.
    fn change(&self, key: &str, change: i64) -> u64 {
        let (status, answer) = self.send("POST", "/stock", key, &json!({ "change": change }));
        assert_eq!(status, 200, "{answer}");
        answer["stock"]["available"].as_u64().unwrap_or_else(|| panic!("{answer}"))
    }
}

#[test]
fn a_late_repeat_moves_no_stock_over_http_not_even_after_a_restart() {
    let Some(fixture) = Fixture::enter() else { return };
    let ingress = free_address();
    let roles = start(&fixture, ingress);
    let operator =
        Operator { ingress, token: fixture.operator_token(), sku: format!("repeat-{:016x}", fastrand::u64(..)) };
    let terms = json!({ "seller": "teahouse", "name": "Tea", "list_price": 1000 });
    let (status, answer) = operator.send("PUT", "", "define-the-product", &terms);
    assert_eq!(status, 200, "{answer}");

    assert_eq!(operator.change("first-delivery-00", 100), 100);
    assert_eq!(operator.change("second-delivery-0", 10), 110);
    for number in 0..66 {
        operator.change(&format!("other-change-{number:04}"), if number % 2 == 0 { 1 } else { -1 });
    }
    assert_eq!(operator.change("second-delivery-0", 10), 110, "the first answer");
    assert_eq!(operator.change("one-more-unit-000", 1), 111, "the repeat has moved nothing");

    // Both are killed, so that neither can remember anything but what is in the log.
    drop(roles);
    let _roles = start(&fixture, ingress);
    assert_eq!(operator.change("second-delivery-0", 10), 110, "the first answer, after a restart");
    assert_eq!(operator.change("last-change-00000", 1), 112, "the repeat has moved nothing");
}

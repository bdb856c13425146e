//! What the payment provider says: stored before it is answered, believed by nobody, refused only when it cannot be the provider's.

use std::io::Write;
use std::net::IpAddr;
use std::time::Duration;

use events::ids::RequestId;
use events::orders::OrderCommand;
use events::payments::PaymentStatus;
use serde_json::json;
use streams::simulated::Emission;

use super::bad_input_tests::all_refused;
use super::fixture::*;

const TOKEN: &str = "a-token-of-16-or-more";

fn order() -> String {
    RequestId::derive(&[b"webhook"]).order().to_string()
}

fn delivered(body: impl Into<Vec<u8>>) -> Ask {
    ask("POST", "/v1/webhooks/toss").header("tosspayments-webhook-transmission-id", "transmission-1").json(body)
}

fn counted(fixture: &Fixture, outcome: &str) -> bool {
    let families = fixture.state.registry.gather();
    let family = families.iter().find(|family| family.name() == "timesale_ingress_webhooks_total").unwrap();
    family.get_metric().iter().any(|metric| {
        metric.get_label().iter().any(|label| label.value() == outcome) && metric.get_counter().get_value() > 0.0
    })
}

#[tokio::test]
async fn a_webhook_is_a_hint_in_the_log() {
    let deposit = json!({ "createdAt": "2026-01-01T00:00:00", "secret": "s", "status": "DONE", "transactionKey": "t", "orderId": order() });
    let table = [
        (webhook(&order(), "DONE"), PaymentStatus::Done, true),
        (webhook(&order(), "PARTIAL_CANCELED"), PaymentStatus::PartialCanceled, true),
        (webhook(&order(), "ABORTED"), PaymentStatus::Aborted, true),
        (deposit.to_string(), PaymentStatus::Done, false),
    ];
    for (body, claimed, has_key) in table {
        let fixture = fixture();
        let answer = fixture.send(delivered(body.clone())).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({})), "{body}");
        let [OrderCommand::Hint { transmission, order: about, payment_key, status }] = &fixture.order_commands()[..]
        else {
            panic!("one hint: {body}")
        };
        assert_eq!((transmission.as_str(), about.as_str()), ("transmission-1", order().as_str()));
        assert_eq!((*status, payment_key.is_some()), (claimed, has_key));
        let [outgoing] = &fixture.emitter.emitted()[..] else { panic!("one record") };
        assert_eq!((&*outgoing.topic, outgoing.key.as_deref()), ("orders.inbox", Some(order().as_bytes())));
        assert!(outgoing.headers.iter().all(|(name, _)| name != "reply-to"), "nobody waits for an answer");
        assert!(counted(&fixture, "stored"));
    }
}

#[tokio::test]
async fn nobody_is_told_200_before_the_log_has_it() {
    let fixture = fixture();
    fixture.emitter.set(Emission::Held);
    let service = fixture.send(delivered(webhook(&order(), "DONE")));
    tokio::pin!(service);
    assert!(tokio::time::timeout(Duration::from_millis(80), &mut service).await.is_err());
    assert_eq!(fixture.emitter.release(), 1);
    assert_eq!(service.await.status, 200);
    for emission in [Emission::Full, Emission::Refused("no".into()), Emission::UnknownAndLost, Emission::UnknownAndKept]
    {
        fixture.emitter.set(emission.clone());
        let answer = fixture.send(delivered(webhook(&order(), "DONE"))).await;
        assert_eq!(answer.status, 503, "{emission:?}");
        assert!(answer.header("retry-after").is_some());
    }
    assert!(counted(&fixture, "not_stored"));
    fixture.emitter.set(Emission::Acknowledged);
    fixture.emitter.set_pressure(0.99);
    assert_eq!(fixture.send(delivered(webhook(&order(), "DONE"))).await.code(), "OVERLOADED");
}

#[tokio::test]
async fn a_replay_is_the_same_transmission() {
    let fixture = fixture();
    let nameless = || ask("POST", "/v1/webhooks/toss").json(webhook(&order(), "DONE"));
    for asked in [delivered(webhook(&order(), "DONE")), delivered(webhook(&order(), "DONE")), nameless(), nameless()] {
        assert_eq!(fixture.send(asked).await.status, 200);
    }
    // A name that is none counts as none, and so do two names.
    for name in ["", "a b", &"a".repeat(129)] {
        assert_eq!(fixture.send(nameless().header("tosspayments-webhook-transmission-id", name)).await.status, 200);
    }
    let names: Vec<String> = fixture
        .order_commands()
        .iter()
        .map(|command| match command {
            OrderCommand::Hint { transmission, .. } => transmission.to_string(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!((&names[0], &names[2]), (&names[1], &names[3]));
    assert_ne!(names[0], names[2]);
    assert!(names[3..].iter().all(|name| *name == names[2]), "{names:?}");
}

#[tokio::test]
async fn what_is_not_for_us_is_taken_and_not_kept() {
    let fixture = fixture();
    let typed = |kind: &str| json!({ "eventType": kind, "data": { "orderId": order(), "status": "DONE" } }).to_string();
    let table = [
        (typed("CUSTOMER_STATUS_CHANGED"), "unknown_type"),
        (typed("payout.changed"), "unknown_type"),
        (typed(""), "unknown_type"),
        (webhook("another-shops-order", "DONE"), "foreign_order"),
        (webhook("ord_0123456789ABCDEF0123456789abcdef", "DONE"), "foreign_order"),
        (webhook("", "DONE"), "foreign_order"),
        (webhook("../../etc/passwd", "DONE"), "foreign_order"),
        (webhook(&order(), "SETTLED"), "unknown_status"),
        (webhook(&order(), "done"), "unknown_status"),
    ];
    for (body, outcome) in table {
        let answer = fixture.send(delivered(body.clone())).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({})), "{body}");
        assert!(counted(&fixture, outcome), "{outcome}");
    }
    assert_eq!(fixture.emitter.emitted().len(), 0);
}

#[tokio::test]
async fn garbage_is_400() {
    let order = order();
    let texts = vec![
        json!(null),
        json!([]),
        json!("DONE"),
        json!(7),
        json!({}),
        json!({ "orderId": order }),
        json!({ "status": "DONE" }),
        json!({ "orderId": 7, "status": "DONE" }),
        json!({ "orderId": order, "status": null }),
        json!({ "eventType": 7, "data": { "orderId": order, "status": "DONE" } }),
        json!({ "eventType": "PAYMENT_STATUS_CHANGED" }),
        json!({ "eventType": "PAYMENT_STATUS_CHANGED", "data": [] }),
        json!({ "eventType": "PAYMENT_STATUS_CHANGED", "orderId": order, "status": "DONE" }),
        json!({ "eventType": "PAYMENT_STATUS_CHANGED", "data": { "orderId": order } }),
        json!({ "eventType": "PAYMENT_STATUS_CHANGED", "data": { "orderId": order, "status": "DONE", "paymentKey": 7 } }),
        json!({ "eventType": "PAYMENT_STATUS_CHANGED", "data": { "orderId": order, "status": "DONE", "paymentKey": "a b" } }),
    ];
    let corpus = texts.into_iter().map(|text| (text.to_string(), delivered(text.to_string()))).collect();
    all_refused(corpus, |status, code| (status, code) == (400, "NOT_A_WEBHOOK")).await;
}

#[tokio::test]
async fn where_a_token_is_configured_it_must_come_along() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "{TOKEN}").unwrap();
    let mut config = config();
    config.webhooks.toss_token_file = Some(file.path().to_owned());
    let fixture = fixture_of(config);
    let body = || webhook(&order(), "DONE");
    let asked = |path: &str| ask("POST", path).json(body());
    for query in [
        "",
        "?",
        "?token=",
        "?token=a-token-of-16-or-mor",
        "?token=a-token-of-16-or-moree",
        "?token=A-TOKEN-OF-16-OR-MORE",
        "?Token=a-token-of-16-or-more",
        "?xtoken=a-token-of-16-or-more",
        "?token=a-token-of-16-or-more&token=a-token-of-16-or-more",
        "?token=%61-token-of-16-or-more",
    ] {
        let answer = fixture.send(asked(&format!("/v1/webhooks/toss{query}"))).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "SENDER_REFUSED"), "{query}");
        assert!(!String::from_utf8_lossy(&answer.bytes).contains(TOKEN));
    }
    assert_eq!(fixture.emitter.emitted().len(), 0);
    for query in [format!("?token={TOKEN}"), format!("?a=b&token={TOKEN}&c")] {
        assert_eq!(fixture.send(asked(&format!("/v1/webhooks/toss{query}"))).await.status, 200, "{query}");
    }
    assert!(counted(&fixture, "sender_refused"));
}

#[tokio::test]
async fn where_networks_are_configured_nobody_else_may_send() {
    let mut config = config();
    config.webhooks.toss_networks = vec!["13.124.18.147".parse().unwrap(), "115.92.221.120/29".parse().unwrap()];
    config.limits.address = crate::config::Rate { per_second: 1, burst: 1 };
    let fixture = fixture_of(config);
    let from = async |address: &str| {
        let peer: IpAddr = address.parse().unwrap();
        fixture.send_from(delivered(webhook(&order(), "DONE")), peer).await
    };
    for address in ["13.124.18.148", "127.0.0.1", "115.92.221.128", "::1"] {
        assert_eq!(from(address).await.code(), "SENDER_REFUSED", "{address}");
    }
    // The provider sends from few addresses: no limit by address holds it up.
    for address in ["13.124.18.147", "13.124.18.147", "115.92.221.121", "::ffff:13.124.18.147"] {
        assert_eq!(from(address).await.status, 200, "{address}");
    }
    assert_eq!(fixture.emitter.emitted().len(), 4);
}

#[tokio::test]
async fn without_networks_an_address_is_limited() {
    let mut config = config();
    config.limits.address = crate::config::Rate { per_second: 1, burst: 2 };
    let fixture = fixture_of(config);
    let from =
        async || fixture.send_from(delivered(webhook(&order(), "DONE")), "9.9.9.9".parse().unwrap()).await.status;
    assert_eq!([from().await.as_u16(), from().await.as_u16(), from().await.as_u16()], [200, 200, 429]);
}

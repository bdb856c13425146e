//! Offers of others, pushed: what reaches the log, what is answered, what nobody should send.

use events::ids::{OfferSource, RequestId, Sku};
use events::money::Money;
use events::prices::{PriceCommand, PriceRefusal};
use events::request::Outcome;
use events::time::Timestamp;
use serde_json::{Value, json};

use super::bad_input_tests::{all_refused, good_body, started};
use super::fixture::*;
use crate::routes::{Body, Route, TABLE};
use crate::state::now;

const KEY: &str = "key-0123456789abcdef";
const PATH: &str = "/v1/products/tea/offers/corner-shop";

fn put(body: &str) -> Ask {
    ask("PUT", PATH).operator().json(body)
}

fn applied(_: &PriceCommand) -> Outcome {
    Outcome::OfferApplied {
        sku: Sku::new("tea").unwrap(),
        source: OfferSource::new("corner-shop").unwrap(),
        version: 9,
    }
}

#[tokio::test]
async fn an_offer_reaches_the_log_as_it_was_seen() {
    let fixture = fixture();
    let prices = fixture.prices(1, applied);
    let answer = fixture.send(put(r#"{"price":9900,"seen_at":77,"fresh_ms":30000,"until":99}"#)).await;
    prices.await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), json!({ "sku": "tea", "source": "corner-shop", "version": 9 }));
    let [outgoing] = &fixture.emitter.emitted()[..] else { panic!("one record") };
    assert_eq!((&*outgoing.topic, outgoing.key.as_deref()), ("prices.inbox", Some(&b"tea"[..])));
    assert!(outgoing.headers.iter().any(|(name, value)| name == "reply-to" && value.as_ref() == b"3"));
    let [PriceCommand::Offer { sku, source, price, seen_at, fresh_ms, until, .. }] = &fixture.price_commands()[..]
    else {
        panic!("an offer")
    };
    assert_eq!((sku.as_str(), source.as_str(), *price), ("tea", "corner-shop", Money::new(9_900)));
    let instant = Timestamp::from_millis;
    assert_eq!((*seen_at, *fresh_ms, *until), (instant(77), 30_000, Some(instant(99))));
}

#[tokio::test]
async fn an_offer_that_does_not_say_was_seen_now_and_is_believed_for_a_minute() {
    let fixture = fixture();
    let before = now();
    let answer = fixture.send(put(r#"{"price":9900}"#).header("prefer", "respond-async")).await;
    assert_eq!(answer.status, 202);
    let [PriceCommand::Offer { seen_at, fresh_ms, until, .. }] = &fixture.price_commands()[..] else {
        panic!("an offer")
    };
    assert!((before..=now()).contains(seen_at));
    assert_eq!((*fresh_ms, *until), (60_000, None));
}

#[tokio::test]
async fn an_offer_is_withdrawn_and_under_the_same_key_once() {
    let fixture = fixture();
    let prices = fixture.prices(1, applied);
    let withdrawn = fixture.send(ask("DELETE", PATH).operator().header("idempotency-key", KEY)).await;
    prices.await.unwrap();
    assert_eq!(withdrawn.status, 200);
    let request = RequestId::of("op", &format!("DELETE {PATH}"), KEY);
    let (sku, source) = (Sku::new("tea").unwrap(), OfferSource::new("corner-shop").unwrap());
    assert_eq!(fixture.price_commands(), [PriceCommand::WithdrawOffer { request: Some(request), sku, source }]);
    let again = fixture.send(ask("DELETE", PATH).operator().header("idempotency-key", KEY)).await;
    assert_eq!((again.status.as_u16(), again.header("idempotent-replayed")), (200, Some("true")));
    assert_eq!(fixture.emitter.emitted().len(), 1);
    let shown = fixture.send(ask("GET", &format!("/v1/requests/{request}")).operator()).await;
    assert_eq!(shown.json(), json!({ "request": request, "status": "applied", "sku": "tea" }));
}

#[tokio::test]
async fn every_refusal_has_a_status_and_says_it_was_decided() {
    let table = [
        (PriceRefusal::UnknownProduct, 404),
        (PriceRefusal::InvalidOffer, 422),
        (PriceRefusal::InvalidPrice, 422),
        (PriceRefusal::OfferInFuture, 409),
        (PriceRefusal::OfferStale, 409),
        (PriceRefusal::TooManyOffers, 409),
    ];
    assert_eq!(table.map(|(refusal, _)| refusal), PriceRefusal::ALL);
    let fixture = fixture();
    for (reason, status) in table {
        let prices = fixture.prices(1, move |_| Outcome::OfferRefused { reason });
        let answer = fixture.send(put(r#"{"price":9900}"#)).await;
        prices.await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, reason.code()));
        assert_eq!(
            (&answer.json()["admitted"], &answer.json()["retryable"]),
            (&json!(true), &json!(reason.is_transient()))
        );
    }
}

#[tokio::test]
async fn one_key_with_another_offer_is_a_conflict() {
    let fixture = fixture();
    let keyed = |body: &str| put(body).header("idempotency-key", KEY).header("prefer", "wait=0");
    assert_eq!(fixture.send(keyed(r#"{"price":9900}"#)).await.status, 202);
    let other = fixture.send(keyed(r#"{"price":9901}"#)).await;
    assert_eq!((other.status.as_u16(), other.code().as_str()), (422, "IDEMPOTENCY_CONFLICT"));
    assert_eq!(fixture.emitter.emitted().len(), 1);
}

#[tokio::test]
async fn offers_that_cannot_be_are_refused() {
    let route: &Route = TABLE.iter().find(|route| route.name == "put_offer").unwrap();
    let bad: [(&str, &[Value]); 6] = [
        (
            "price",
            &[
                json!(0),
                json!(-1),
                json!(i64::MIN),
                json!(1_000_000_000_001_i64),
                json!(u64::MAX),
                json!(9.5),
                json!(1e30),
                json!("9900"),
                json!(null),
                json!([9900]),
                json!({ "amount": 9900 }),
            ],
        ),
        ("seen_at", &[json!(-1), json!(i64::MAX), json!("2026-11-23T00:00:00Z"), json!(1.5), json!({})]),
        ("fresh_ms", &[json!(0), json!(-1), json!(86_400_001), json!(u64::MAX), json!("60000"), json!(1.5)]),
        ("until", &[json!(-1), json!(i64::MAX), json!("tomorrow"), json!([])]),
        ("currency", &[json!("KRW")]),
        ("__proto__", &[json!({})]),
    ];
    let mut corpus = Vec::new();
    for (member, values) in bad {
        for value in values {
            let mut whole: Value = serde_json::from_str(&good_body(Body::Offer).unwrap()).unwrap();
            whole[member] = value.clone();
            corpus.push((format!("{member} = {value:.60}"), started(route).json(whole.to_string())));
        }
    }
    corpus.push(("no price".into(), started(route).json(r#"{"seen_at":1}"#)));
    corpus.push(("nothing".into(), started(route).json("{}")));
    let count = all_refused(corpus, |status, code| (status, code) == (422, "INVALID_FIELD")).await;
    assert!(count > 28, "{count}");
    let text = good_body(Body::Offer).unwrap();
    let mut corpus: Vec<_> =
        (1..text.len()).map(|cut| (format!("cut at {cut}"), started(route).json(&text[..cut]))).collect();
    corpus.push(("twice".into(), started(route).json(r#"{"price":1,"price":9900}"#)));
    all_refused(corpus, |status, code| (status, code) == (400, "MALFORMED_JSON")).await;
}

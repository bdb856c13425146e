//! What a shopper who claims is told, and what is in the log when they are told it.

use std::time::{Duration, Instant};

use events::coupons::{CouponCommand, CouponFact, Refusal};
use events::request::Outcome;
use serde_json::json;
use streams::emitter::Emitter;
use streams::simulated::Emission;

use super::fixture::*;

const KEY: &str = "key-0123456789abcdef";

#[tokio::test]
async fn a_granted_claim_is_201_with_its_coupon() {
    let fixture = fixture();
    fixture.define("sale", 10);
    let processor = fixture.processor(1, granted);
    let answer = fixture.send(claim("kim", "sale", KEY)).await;
    processor.await.unwrap();
    let request = request_of("kim", "sale", KEY);
    assert_eq!(answer.status, 201);
    let expected = json!({ "request": request, "status": "granted", "campaign": "sale", "coupon": request.coupon(), "expires_at": 77 });
    assert_eq!(answer.json(), expected);
    assert_eq!(answer.header("vary"), Some("prefer"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn a_claim_says_in_the_log_whose_it_is_and_where_to_answer() {
    let fixture = fixture();
    fixture.define("sale", 10);
    let mut body = claims("kim", &["shopper"]);
    body["segments"] = json!(["vip", "early"]);
    let token = signed(&body, OLD_SECRET, jsonwebtoken::Algorithm::HS256);
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let asked = ask("POST", "/v1/campaigns/sale/claims")
        .bearer(&token)
        .header("idempotency-key", format!("\"{KEY}\""))
        .header("traceparent", traceparent)
        .header("prefer", "respond-async");
    let answer = fixture.send(asked).await;
    assert_eq!((answer.status.as_u16(), answer.header("x-request-id")), (202, traceparent.get(3..35)));
    let [outgoing] = &fixture.emitter.emitted()[..] else { panic!("one record") };
    assert_eq!((&*outgoing.topic, outgoing.key.as_deref()), ("coupons.inbox", Some(&b"sale"[..])));
    let header = |name: &str| outgoing.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_ref());
    assert_eq!(header("event-type"), Some(&b"claim"[..]));
    assert_eq!(header("reply-to"), Some(&b"3"[..]));
    assert_eq!(header("traceparent"), Some(traceparent.as_bytes()));
    let CouponCommand::Claim { request, shopper, segments, .. } = &fixture.commands()[0] else { panic!("a claim") };
    assert_eq!((*request, shopper.as_str()), (request_of("kim", "sale", KEY), "kim"));
    assert_eq!(segments.iter().map(events::ids::Segment::as_str).collect::<Vec<_>>(), ["vip", "early"]);
}

#[tokio::test]
async fn the_wait_preference_decides_between_the_decision_and_202() {
    // Prefer, what is applied, milliseconds until the answer at least; nothing: it does not wait, however long the wait would be.
    let table: [(&[&str], Option<&str>, Option<u64>); 7] = [
        (&[], None, Some(50)),
        (&["respond-async"], Some("respond-async"), None),
        (&["wait=0"], Some("wait=0"), None),
        (&["wait=1"], Some("wait=1"), Some(900)),
        (&["respond-async, wait=0"], Some("wait=0"), None),
        (&["handling=lenient", "Respond-Async;x=1"], Some("respond-async"), None),
        (&["wait=soon"], None, Some(50)),
    ];
    for (place, (prefer, applied, least)) in table.into_iter().enumerate() {
        let mut config = config();
        if least.is_none() {
            config.waiting.default_wait_ms = 600_000;
        }
        let fixture = fixture_of(config);
        fixture.define("sale", 10);
        let key = format!("{KEY}-{place}");
        let mut asked = claim("kim", "sale", &key);
        for preference in prefer {
            asked = asked.header("prefer", preference);
        }
        let began = Instant::now();
        let answer = fixture.send(asked).await;
        let request = request_of("kim", "sale", &key).to_string();
        assert_eq!(answer.status, 202, "{prefer:?}");
        assert_eq!(answer.json(), json!({ "request": request, "status": "pending" }));
        assert_eq!(answer.header("location"), Some(format!("/v1/requests/{request}").as_str()));
        assert_eq!(answer.header("preference-applied"), applied, "{prefer:?}");
        let took = began.elapsed();
        match least {
            Some(least) => assert!(took >= Duration::from_millis(least), "{prefer:?} took {took:?}"),
            None => assert!(took < Duration::from_mins(5), "{prefer:?} waited for a decision: {took:?}"),
        }
        assert_eq!(fixture.commands().len(), 1, "202 means that it is in the log");
    }
}

#[tokio::test]
async fn nobody_is_told_anything_before_the_log_has_it() {
    let fixture = fixture();
    fixture.define("sale", 10);
    fixture.emitter.set(Emission::Held);
    let service = fixture.send(claim("kim", "sale", KEY).header("prefer", "respond-async"));
    tokio::pin!(service);
    assert!(tokio::time::timeout(Duration::from_millis(80), &mut service).await.is_err());
    assert_eq!(fixture.emitter.release(), 1);
    assert_eq!(service.await.status, 202);
}

#[tokio::test]
async fn a_refusal_by_the_processor_is_409_and_admitted() {
    let fixture = fixture();
    fixture.define("sale", 10);
    for (place, reason) in Refusal::ALL.into_iter().enumerate() {
        let key = format!("{KEY}-{place}");
        let processor = fixture.processor(1, refused(reason));
        let answer = fixture.send(claim("kim", "sale", &key)).await;
        processor.await.unwrap();
        let body = answer.json();
        let status = if matches!(reason.code(), "IDEMPOTENCY_CONFLICT" | "INVALID_TERMS") { 422 } else { 409 };
        assert_eq!(answer.status, status, "{reason:?}");
        assert_eq!(body["code"], reason.code());
        assert_eq!(body["admitted"], true);
        assert_eq!(body["retryable"], reason.is_transient());
        assert_eq!(body["request"], request_of("kim", "sale", &key).to_string());
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    }
}

#[tokio::test]
async fn what_memory_knows_for_certain_never_reaches_the_log() {
    let define = |terms| CouponFact::CampaignDefined { request: request_of("o", "o", "o"), terms };
    let late = |from: i64, until: i64| {
        let mut terms = terms(10);
        terms.claim.from = events::time::Timestamp::from_millis(crate::state::now().as_millis() + from);
        terms.claim.until = events::time::Timestamp::from_millis(crate::state::now().as_millis() + until);
        terms
    };
    let request = request_of("o", "o", "o");
    let fixture = fixture();
    let cache = &fixture.state.campaigns;
    cache.apply(event("sold-out", 1, 0, define(terms(10))));
    cache.apply(event("not-open", 1, 10, define(late(60_000, 120_000))));
    cache.apply(event("closed", 1, 10, define(late(-120_000, -60_000))));
    cache.apply(event("paused", 1, 10, define(terms(10))));
    cache.apply(event("paused", 2, 10, CouponFact::CampaignPaused { request }));
    cache.apply(event("ended", 1, 10, define(terms(10))));
    cache.apply(event("ended", 2, 10, CouponFact::CampaignEnded { request }));
    let table = [
        ("sold-out", "SOLD_OUT"),
        ("not-open", "NOT_OPEN"),
        ("closed", "CLOSED"),
        ("paused", "PAUSED"),
        ("ended", "CLOSED"),
        ("nowhere", "UNKNOWN_CAMPAIGN"),
    ];
    for (campaign, code) in table {
        let answer = fixture.send(claim("kim", campaign, KEY)).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (409, code), "{campaign}");
        assert_eq!(answer.json()["admitted"], false);
    }
    assert_eq!(fixture.emitter.emitted().len(), 0);
    // The same service, not sure of itself any more, asks the log.
    cache.set_current(false);
    for (campaign, _) in table {
        let answer = fixture.send(claim("kim", campaign, KEY).header("prefer", "respond-async")).await;
        assert_eq!(answer.status, 202, "{campaign}");
    }
}

#[tokio::test]
async fn within_the_clock_margin_the_processor_is_asked() {
    let fixture = fixture();
    let mut almost = terms(10);
    almost.claim.from = events::time::Timestamp::from_millis(crate::state::now().as_millis() + 1_000);
    let request = request_of("o", "o", "o");
    fixture.state.campaigns.apply(event("sale", 1, 10, CouponFact::CampaignDefined { request, terms: almost }));
    let answer = fixture.send(claim("kim", "sale", KEY).header("prefer", "respond-async")).await;
    assert_eq!(answer.status, 202);
}

#[tokio::test]
async fn a_sold_out_campaign_reopens_when_a_unit_returns() {
    let fixture = fixture();
    fixture.define("sale", 10);
    let request = request_of("o", "o", "o");
    fixture.state.campaigns.apply(event("sale", 2, 0, CouponFact::CampaignResumed { request }));
    assert_eq!(fixture.send(claim("kim", "sale", KEY)).await.status, 409);
    fixture.state.campaigns.apply(event("sale", 3, 1, CouponFact::CampaignResumed { request }));
    assert_eq!(fixture.send(claim("kim", "sale", KEY).header("prefer", "wait=0")).await.status, 202);
}

#[tokio::test]
async fn a_repeat_of_a_granted_claim_is_never_refused_from_memory() {
    // Ingress has forgotten the request (another instance, a restart); the cache of campaigns knows the grant and that nothing is left.
    let fixture = fixture();
    fixture.define("sale", 10);
    let request = request_of("kim", "sale", KEY);
    let fact = CouponFact::CouponGranted {
        request,
        coupon: request.coupon(),
        shopper: shopper("kim"),
        expires_at: events::time::Timestamp::from_millis(77),
    };
    fixture.state.campaigns.apply(event("sale", 2, 0, fact));
    let processor = fixture.processor(1, granted);
    assert_eq!(fixture.send(claim("kim", "sale", KEY)).await.status, 201);
    processor.await.unwrap();
    assert_eq!(
        fixture.send(claim("lee", "sale", KEY)).await.code(),
        "SOLD_OUT",
        "the same key of somebody else is nothing"
    );
}

#[tokio::test]
async fn a_repeat_is_answered_from_memory_once_it_is_decided() {
    let fixture = fixture();
    fixture.define("sale", 10);
    let processor = fixture.processor(1, granted);
    let first = fixture.send(claim("kim", "sale", KEY)).await;
    processor.await.unwrap();
    fixture.state.campaigns.apply(event(
        "sale",
        2,
        0,
        CouponFact::CampaignEnded { request: request_of("o", "o", "o") },
    ));
    for _ in 0..3 {
        let again = fixture.send(claim("kim", "sale", &format!("\"{KEY}\""))).await;
        assert_eq!((again.status, again.json()), (first.status, first.json()));
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
    }
    assert_eq!(fixture.commands().len(), 1);
}

#[tokio::test]
async fn a_late_reply_answers_the_next_who_asks() {
    let fixture = fixture();
    fixture.define("sale", 10);
    assert_eq!(fixture.send(claim("kim", "sale", KEY).header("prefer", "wait=0")).await.status, 202);
    let request = request_of("kim", "sale", KEY);
    let path = format!("/v1/requests/{request}");
    assert_eq!(fixture.send(ask("GET", &path).shopper("kim")).await.json()["status"], "pending");
    let outcome = granted(&fixture.commands()[0]);
    fixture.state.pending.resolve(events::request::Reply { request, at: crate::state::now(), outcome });
    let shown = fixture.send(ask("GET", &path).shopper("kim")).await.json();
    assert_eq!(
        (shown["status"].as_str(), shown["coupon"].as_str()),
        (Some("granted"), Some(request.coupon().to_string().as_str()))
    );
    assert_eq!(fixture.send(ask("GET", &path).shopper("lee")).await.code(), "NOT_FOUND");
    assert_eq!(fixture.send(claim("kim", "sale", KEY)).await.status, 201);
}

#[tokio::test]
async fn a_thousand_equal_claims_at_once_get_one_answer() {
    let fixture = std::sync::Arc::new(fixture());
    fixture.define("sale", 10);
    let tasks: Vec<_> = (0..1_000)
        .map(|_| {
            let fixture = std::sync::Arc::clone(&fixture);
            tokio::spawn(async move { fixture.send(claim("kim", "sale", KEY).header("prefer", "wait=5")).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(30)).await;
    let request = request_of("kim", "sale", KEY);
    let outcome = granted(&fixture.commands()[0]);
    fixture.state.pending.resolve(events::request::Reply { request, at: crate::state::now(), outcome });
    let mut bodies = std::collections::BTreeSet::new();
    for task in tasks {
        let answer = task.await.unwrap();
        assert_eq!(answer.status, 201);
        bodies.insert(answer.bytes);
    }
    assert_eq!(bodies.len(), 1);
    assert!(fixture.commands().iter().all(|command| command.request() == request));
    assert_eq!(fixture.state.pending.waiters(), 0);
}

#[tokio::test]
async fn what_the_log_cannot_take_is_shed_and_what_it_may_have_is_unknown() {
    // How the emitter behaves: code, whether anything may be in the log.
    let table = [
        (Emission::Full, "OVERLOADED", Some(false)),
        (Emission::Refused("no".into()), "OVERLOADED", Some(false)),
        (Emission::UnknownAndLost, "OUTCOME_UNKNOWN", None),
        (Emission::UnknownAndKept, "OUTCOME_UNKNOWN", None),
    ];
    for (emission, code, admitted) in table {
        let fixture = fixture();
        fixture.define("sale", 10);
        fixture.emitter.set(emission.clone());
        let answer = fixture.send(claim("kim", "sale", KEY)).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, code), "{emission:?}");
        assert_eq!(answer.json()["admitted"].as_bool(), admitted, "{emission:?}");
        assert_eq!(answer.json()["retryable"], true);
        assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
        // The same key again, when all is well.
        fixture.emitter.set(Emission::Acknowledged);
        let processor = fixture.processor(1, granted);
        assert_eq!(fixture.send(claim("kim", "sale", KEY)).await.status, 201, "{emission:?}");
        processor.await.unwrap();
    }
}

#[tokio::test]
async fn pressure_and_undecided_claims_shed_load() {
    let mut config = config();
    config.limits.most_undecided = 2;
    let fixture = fixture_of(config);
    fixture.define("sale", 10);
    fixture.emitter.set_pressure(0.95);
    assert!(fixture.emitter.pressure() > 0.9);
    assert_eq!(fixture.send(claim("kim", "sale", KEY)).await.code(), "OVERLOADED");
    fixture.emitter.set_pressure(0.1);
    for key in ["0123456789abcdef-1", "0123456789abcdef-2"] {
        assert_eq!(fixture.send(claim("kim", "sale", key).header("prefer", "wait=0")).await.status, 202);
    }
    assert_eq!(fixture.send(claim("kim", "sale", KEY)).await.code(), "OVERLOADED");
    let request = request_of("kim", "sale", "0123456789abcdef-1");
    let outcome = Outcome::Refused { reason: Refusal::SoldOut };
    fixture.state.pending.resolve(events::request::Reply { request, at: crate::state::now(), outcome });
    assert_eq!(fixture.send(claim("kim", "sale", KEY).header("prefer", "wait=0")).await.status, 202);
}

#[tokio::test]
async fn without_room_to_wait_a_claim_is_202_as_soon_as_it_is_in_the_log() {
    let mut config = config();
    config.waiting.most_waiters = 0;
    config.waiting.longest_wait_seconds = 600;
    let fixture = fixture_of(config);
    fixture.define("sale", 10);
    let began = Instant::now();
    assert_eq!(fixture.send(claim("kim", "sale", KEY).header("prefer", "wait=600")).await.status, 202);
    assert!(began.elapsed() < Duration::from_mins(5), "it does not wait for ten minutes");
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_nobody_waiting() {
    let fixture = fixture();
    fixture.define("sale", 10);
    let service = fixture.send(claim("kim", "sale", KEY).header("prefer", "wait=9"));
    assert!(tokio::time::timeout(Duration::from_millis(50), service).await.is_err());
    assert_eq!(fixture.state.pending.waiters(), 0);
    assert_eq!(fixture.state.metrics.in_flight.get(), 0);
}

//! What a server offers is published; whatever one does wrong, the others are polled in time.

use std::time::Duration;

use events::ids::OfferSource;
use events::prices::PriceCommand;
use hyper::Method;
use serde_json::json;
use streams::service::Condition;
use streams::simulated::Emission;
use stubs::offers::Fault;
use tokio::time::{Instant, sleep, timeout};

use super::fixture::*;
use crate::offers::{Config, Error, SourceConfig};
use crate::writer::now;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_offered_changed_and_withdrawn_is_published() {
    let stub = Stub::new().await;
    stub.offer("tea-kettle", 24_900).await;
    stub.offer("wool-scarf", 18_000).await;
    let shop = Shop::new(config(&[("there", &stub.base_url)]));
    shop.until(&[("tea-kettle there", 24_900), ("wool-scarf there", 18_000)]).await;
    stub.offer("tea-kettle", 24_000).await;
    shop.until(&[("tea-kettle there", 24_000), ("wool-scarf there", 18_000)]).await;
    stub.withdraw("wool-scarf").await;
    shop.until(&[("tea-kettle there", 24_000)]).await;
    stub.call(Method::DELETE, "/stub/offers", json!({})).await;
    shop.until(&[]).await;
    let counted = |kind| shop.metric("commands_total", "there", Some(kind));
    assert_eq!((counted("offer"), counted("withdraw_offer")), (3.0, 2.0));
    shop.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_has_not_changed_is_not_sent_again_and_still_keeps_offers_fresh() {
    let stub = Stub::new().await;
    stub.offer("tea-kettle", 24_900).await;
    let shop = Shop::new(Config { fresh_ms: 2_000, ..config(&[("there", &stub.base_url)]) });
    let began = now();
    sleep(Duration::from_secs(4)).await;
    eventually("it is asked ten times", || async { stub.calls().await.0 >= 10 }).await;
    let (asked, unchanged) = stub.calls().await;
    assert_eq!(unchanged, asked - 1);
    assert_eq!(shop.metric("calls_total", "there", Some("answered")), 1.0);
    let seen = |command: &PriceCommand| match command {
        PriceCommand::Offer { seen_at, fresh_ms: 2_000, request: None, .. } => seen_at.as_millis(),
        other => panic!("{other:?}"),
    };
    let seen: Vec<i64> = shop.commands().iter().map(seen).collect();
    assert!((3..=5).contains(&seen.len()), "every second, not at every call: {seen:?}");
    assert!(seen[0] >= began.as_millis() && seen.is_sorted());
    assert!(seen.windows(2).all(|pair| pair[1] - pair[0] < 2_000), "none ends before it is published again: {seen:?}");
    shop.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_cannot_be_offers_are_counted_and_do_not_spoil_the_others() {
    let stub = Stub::new().await;
    let old = now().as_millis() - 120_000;
    let later = now().as_millis() + 120_000;
    let rows = json!({"offers": [
        {"sku": "good", "price": 7}, {"sku": "free", "price": 0}, {"sku": "negative", "price": -7},
        {"sku": "old", "price": 7, "seen_at": old}, {"sku": "ended", "price": 7, "until": old},
        {"sku": "ahead", "price": 7, "seen_at": later}, {"sku": "ends", "price": 7, "until": later},
    ]});
    stub.call(Method::PUT, "/stub/offers", rows).await;
    let shop = Shop::new(config(&[("there", &stub.base_url)]));
    shop.until(&[("ends there", 7), ("good there", 7)]).await;
    let left_out = |reason| shop.metric("rows_left_out_total", "there", Some(reason));
    assert!(left_out("unreadable") >= 2.0 && left_out("stale") >= 2.0 && left_out("in_future") >= 1.0);
    shop.end().await.unwrap();
}

/// Every fault, for good: nothing of it is believed, nothing believed before is taken back, and a good server beside it is polled
/// on. That it is polled as if it were alone, `many_servers_that_hang_delay_no_other` shows.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_server_does_wrong_it_is_not_believed_and_stops_no_other() {
    let (bad, good) = (Stub::new().await, Stub::new().await);
    let config = config(&[("bad", &bad.base_url), ("good", &good.base_url)]);
    let shop = Shop::new(Config { read_ms: 1_500, ..config });
    let mut price = 1_000;
    for fault in Fault::ALL {
        bad.faults(json!({})).await;
        price += 1;
        bad.offer("tea-kettle", price).await;
        good.offer("tea-kettle", price).await;
        shop.until(&[("tea-kettle bad", price), ("tea-kettle good", price)]).await;
        bad.faults(json!({"share": 1.0, "kinds": [fault]})).await;
        // Not at once: a call may be under way that began before.
        sleep(Duration::from_millis(20)).await;
        let (calls, before) = (bad.calls().await.0, price);
        bad.offer("tea-kettle", 1).await;
        for _ in 0..3 {
            price += 1;
            good.offer("tea-kettle", price).await;
            let is_believed = || async { shop.believed().get("tea-kettle good") == Some(&price) };
            eventually("the good server", is_believed).await;
        }
        eventually("it is asked again", || async { bad.calls().await.0 >= calls + 2 }).await;
        let of_bad = shop.believed().get("tea-kettle bad").copied();
        match fault {
            // It says well-formed things, in its way: that it offers nothing of the kind any longer.
            Fault::WrongRows | Fault::Old => assert!(of_bad.is_none() || of_bad == Some(before), "{fault:?}"),
            _ => assert_eq!(of_bad, Some(before), "{fault:?}"),
        }
    }
    for outcome in ["server_error", "rate_limited", "timed_out", "broken", "too_large", "unreadable", "refused"] {
        assert!(shop.metric("calls_total", "bad", Some(outcome)) >= 1.0, "{outcome}");
        assert_eq!(shop.metric("calls_total", "good", Some(outcome)), 0.0, "{outcome}");
    }
    shop.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_is_left_alone_and_polled_again_when_it_is_back() {
    let (gone, good) = (Stub::new().await, Stub::new().await);
    gone.offer("tea-kettle", 7).await;
    good.offer("tea-kettle", 8).await;
    let sources = [("gone", gone.base_url.as_str()), ("good", good.base_url.as_str())];
    let config = Config { breaker_failures: 3, breaker_open_ms: 2_000, ..config(&sources) };
    let address = gone.base_url.trim_start_matches("http://").to_owned();
    let shop = Shop::new(config);
    shop.until(&[("tea-kettle gone", 7), ("tea-kettle good", 8)]).await;
    assert_eq!(shop.condition(), Some(Condition::Ready));
    gone.end().await;
    let is = |state| shop.breaker("gone", state) == 1.0;
    eventually("the breaker opens", || async { is("open") }).await;
    assert!(!is("closed") && !is("half_open"), "one state at a time");
    let calls = || shop.metric("calls_total", "gone", None);
    let before = calls();
    sleep(Duration::from_millis(1_000)).await;
    assert_eq!(calls(), before, "nobody asks while it is open");
    eventually("health says so", || async {
        let fetched = Condition::Degraded("price servers that do not answer: gone".into());
        shop.condition() == Some(fetched)
    })
    .await;
    let back = Stub::at(&address).await;
    back.offer("tea-kettle", 6).await;
    shop.until(&[("tea-kettle gone", 6), ("tea-kettle good", 8)]).await;
    eventually("health is well", || async { shop.condition() == Some(Condition::Ready) }).await;
    assert!(is("closed") && !is("open"));
    shop.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_wants_to_be_left_alone_is() {
    let stub = Stub::new().await;
    stub.faults(json!({"share": 1.0, "kinds": ["too_many"]})).await;
    let shop = Shop::new(config(&[("there", &stub.base_url)]));
    let began = Instant::now();
    eventually("it is asked a third time", || async { stub.calls().await.0 >= 3 }).await;
    assert!(began.elapsed() >= Duration::from_millis(1_900), "once a second, as it demands: {:?}", began.elapsed());
    shop.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_log_is_away_what_was_seen_waits_and_what_is_refused_for_good_ends_the_role() {
    let stub = Stub::new().await;
    let many: Vec<_> = (0..500).map(|number| json!({"sku": format!("sku-{number}"), "price": 7})).collect();
    stub.call(Method::PUT, "/stub/offers", json!({"offers": many})).await;
    let shop = Shop::new(Config { most_in_flight: 16, ..config(&[("there", &stub.base_url)]) });
    shop.emitter.set(Emission::Held);
    // What was written before it was held counts too.
    eventually("as many as may wait do", || async { shop.emitter.held() == 16 }).await;
    sleep(Duration::from_millis(300)).await;
    assert_eq!(shop.emitter.held(), 16, "no more than that");
    let (asked, _) = stub.calls().await;
    shop.emitter.set(Emission::UnknownAndLost);
    shop.emitter.release();
    sleep(Duration::from_millis(300)).await;
    assert_eq!(stub.calls().await.0, asked, "nothing is asked while an answer is not in the log");
    shop.emitter.set(Emission::Acknowledged);
    eventually("all are published", || async { shop.believed().len() == 500 }).await;

    shop.emitter.set(Emission::Refused("not allowed".into()));
    stub.offer("sku-1", 6).await;
    let error = shop.ended().await.unwrap_err();
    assert!(matches!(error, Error::Publish(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_that_stops_does_so_at_once_and_the_next_publishes_everything_anew() {
    let stub = Stub::new().await;
    stub.offer("tea-kettle", 7).await;
    let shop = Shop::new(Config { read_ms: 60_000, ..config(&[("there", &stub.base_url)]) });
    shop.until(&[("tea-kettle there", 7)]).await;
    stub.faults(json!({"share": 1.0, "kinds": ["hang"]})).await;
    sleep(Duration::from_millis(200)).await;
    timeout(DEADLINE, shop.end()).await.expect("it does not wait a minute for the answer").unwrap();
    stub.faults(json!({})).await;
    let next = Shop::new(config(&[("there", &stub.base_url)]));
    next.until(&[("tea-kettle there", 7)]).await;
    next.end().await.unwrap();
    stub.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_has_times_of_its_own() {
    let (quick, slow) = (Stub::new().await, Stub::new().await);
    let mut config = config(&[("quick", &quick.base_url)]);
    let base_url = slow.base_url.clone();
    let source = SourceConfig { base_url, token_file: None, interval_ms: Some(22_000), fresh_ms: Some(90_000) };
    config.sources.insert(OfferSource::new("slow").unwrap(), source);
    slow.offer("tea-kettle", 7).await;
    let shop = Shop::new(config);
    eventually("the quick one is asked five times", || async { quick.calls().await.0 >= 5 }).await;
    eventually("the slow one's offer is written", || async { !shop.commands().is_empty() }).await;
    assert_eq!(slow.calls().await.0, 1);
    assert!(matches!(shop.commands()[..], [PriceCommand::Offer { fresh_ms: 90_000, .. }]));
    shop.end().await.unwrap();
}

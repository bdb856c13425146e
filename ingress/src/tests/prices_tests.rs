//! What everybody sees of a price: the same bytes, for as long as it holds.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use events::codec;
use events::envelope::Envelope;
use events::ids::{OfferSource, Sku};
use events::money::Money;
use events::prices::{BestPrice, Winner};
use events::time::Timestamp;
use streams::record::Record;

use super::fixture::*;
use crate::prices::{Table, apply};
use crate::state::now;

fn best(version: u64, valid_for_ms: Option<i64>) -> BestPrice {
    BestPrice {
        sku: Sku::new("tea").unwrap(),
        version,
        at: Timestamp::from_millis(55),
        price: Money::new(9_000),
        by: Winner::Offer { source: OfferSource::new("corner-shop").unwrap() },
        own: Money::new(10_000),
        list_price: Money::new(20_000),
        on_sale: true,
        offers: 2,
        valid_until: valid_for_ms.map(|millis| Timestamp::from_millis(now().as_millis() + millis)),
    }
}

fn put(table: &Table, best: &BestPrice) {
    let (value, envelope) = codec::encode(best, &Envelope::default()).unwrap();
    let headers = envelope.to_headers();
    let key = Some(Bytes::copy_from_slice(best.sku.as_str().as_bytes()));
    let (topic, value) = ("prices.best".into(), Some(value.into()));
    apply(table, &Record { topic, partition: 0, offset: 0, timestamp: 0, key, value, headers });
}

/// A service that has read its prices.
fn with_prices() -> (Fixture, Arc<Table>) {
    let fixture = fixture();
    let table = Arc::new(Table::default());
    fixture.state.prices.show(Arc::clone(&table));
    (fixture, table)
}

fn price() -> Ask {
    ask("GET", "/v1/products/tea/price")
}

#[tokio::test]
async fn a_price_is_what_the_log_says_and_needs_no_token() {
    let (fixture, table) = with_prices();
    let best = best(17, Some(3_600_000));
    put(&table, &best);
    let answer = fixture.send(price()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(serde_json::from_slice::<BestPrice>(&answer.bytes).unwrap(), best);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!((answer.header("etag"), answer.header("x-request-id").is_some()), (Some("\"17\""), true));
    assert_eq!(answer.header("cache-control"), Some("public, max-age=1, must-revalidate"));
    let head = fixture.send(ask("HEAD", "/v1/products/tea/price")).await;
    assert_eq!((head.status.as_u16(), head.header("etag")), (200, Some("\"17\"")));
}

#[tokio::test]
async fn who_has_it_already_is_told_that_it_has_not_changed() {
    let (fixture, table) = with_prices();
    put(&table, &best(17, None));
    for known in ["\"17\"", "W/\"17\"", "*", "\"16\", \"17\"", "\"16\",W/\"17\""] {
        let answer = fixture.send(price().header("if-none-match", known)).await;
        assert_eq!((answer.status.as_u16(), answer.bytes.len()), (304, 0), "{known}");
        assert_eq!(answer.header("etag"), Some("\"17\""));
        assert_eq!(answer.header("cache-control"), Some("public, max-age=1, must-revalidate"));
        assert_eq!(answer.header("content-type"), None);
    }
    for other in ["\"16\"", "17", "\"1\"", "\"171\"", "", "\"17", "w/\"17\""] {
        assert_eq!(fixture.send(price().header("if-none-match", other)).await.status, 200, "{other}");
    }
    put(&table, &best(18, None));
    assert_eq!(fixture.send(price().header("if-none-match", "\"17\"")).await.status, 200);
}

#[tokio::test]
async fn caches_may_keep_it_shortly_and_never_beyond_its_end() {
    for (longest, valid_for_ms, expected) in [
        (1, None, "max-age=1"),
        (0, None, "max-age=0"),
        (1, Some(900), "max-age=0"),
        (1, Some(1_900), "max-age=1"),
        (3_600, None, "max-age=3600"),
        (3_600, Some(10_900), "max-age=10"),
        (86_400, Some(3_600_900), "max-age=3600"),
    ] {
        let mut config = config();
        config.prices.longest_cache_seconds = longest;
        let fixture = fixture_of(config);
        let table = Arc::new(Table::default());
        fixture.state.prices.show(Arc::clone(&table));
        put(&table, &best(1, valid_for_ms));
        let answer = fixture.send(price()).await;
        let told = answer.header("cache-control").unwrap();
        assert_eq!(told, format!("public, {expected}, must-revalidate"), "{longest} {valid_for_ms:?}");
    }
}

#[tokio::test]
async fn a_price_that_has_ended_is_shown_to_nobody() {
    let (fixture, table) = with_prices();
    put(&table, &best(1, Some(40)));
    let began = Instant::now();
    let mut last_shown = Duration::ZERO;
    loop {
        let answer = fixture.send(price().header("if-none-match", "\"0\"")).await;
        if answer.status != 200 {
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "UNAVAILABLE"));
            assert!(answer.header("retry-after").is_some());
            break;
        }
        last_shown = began.elapsed();
    }
    assert!(last_shown < Duration::from_millis(60), "{last_shown:?}");
    assert!(began.elapsed() >= Duration::from_millis(400), "it waits a little for the next one");
    let known = fixture.send(price().header("if-none-match", "\"1\"")).await;
    assert_eq!(known.status, 503, "that it has not changed is not said either");
}

#[tokio::test]
async fn whoever_asks_at_the_end_of_a_price_is_shown_the_next_one() {
    let (fixture, table) = with_prices();
    put(&table, &best(1, Some(-1)));
    let later = Arc::clone(&table);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(60)).await;
        put(&later, &best(2, None));
    });
    let answer = fixture.send(price()).await;
    assert_eq!((answer.status.as_u16(), answer.header("etag")), (200, Some("\"2\"")));
}

#[tokio::test]
async fn what_is_not_there_is_404_and_what_is_not_read_503() {
    let fixture = fixture();
    let answer = fixture.send(price()).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "UNAVAILABLE"));
    let (fixture, table) = with_prices();
    put(&table, &best(1, None));
    let answer = fixture.send(ask("GET", "/v1/products/cup/price")).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (404, Some("no-store")));
}

#[tokio::test]
async fn the_unknown_are_limited_by_their_address() {
    let mut config = config();
    config.limits.address = crate::config::Rate { per_second: 1, burst: 3 };
    let fixture = fixture_of(config);
    let table = Arc::new(Table::default());
    fixture.state.prices.show(Arc::clone(&table));
    put(&table, &best(1, None));
    let another = "203.0.113.7".parse().unwrap();
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(fixture.send_from(price(), another).await.status.as_u16());
    }
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
}

//! What the cache of campaigns takes over from a record, and what it leaves to the processor.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use bytes::Bytes;
use events::codec;
use events::coupons::{CouponEvent, CouponFact, Refusal, StockCount};
use events::envelope::Envelope;
use events::ids::{CampaignId, RequestId, ShopperId};
use events::time::Timestamp;
use streams::record::Record;

use super::{Applied, CampaignCache, Follower};
use crate::config::CampaignCacheConfig;

fn record(version: u64, remaining: u32, fact: CouponFact) -> Record {
    let event = CouponEvent {
        campaign: CampaignId::new("sale").unwrap(),
        version,
        at: Timestamp::from_millis(5),
        stock: StockCount { stock: 10, remaining, ..StockCount::default() },
        fact,
    };
    let (value, envelope) = codec::encode(&event, &Envelope::default()).unwrap();
    Record {
        topic: "coupons.events".into(),
        partition: 0,
        offset: 0,
        timestamp: 0,
        key: None,
        value: Some(value.into()),
        headers: envelope.to_headers(),
    }
}

fn request() -> RequestId {
    RequestId::derive(&[b"r"])
}

fn cache() -> CampaignCache {
    let cache = CampaignCache::new(&CampaignCacheConfig::default());
    cache.set_current(true);
    cache
}

fn refusal(cache: &CampaignCache) -> Option<Refusal> {
    cache.refusal(&CampaignId::new("sale").unwrap(), &request(), Timestamp::from_millis(5))
}

#[test]
fn facts_that_change_nothing_are_not_even_read() {
    let cache = cache();
    let mut record = record(
        1,
        0,
        CouponFact::ClaimRefused {
            request: request(),
            shopper: ShopperId::new("a").unwrap(),
            reason: Refusal::SoldOut,
        },
    );
    record.value = Some(Bytes::from_static(b"not read"));
    assert_eq!(Follower(&cache).apply(&record), Applied::Skipped);
    assert_eq!(cache.len(), 0);
}

#[test]
fn facts_are_taken_once_and_in_order() {
    let cache = cache();
    let follower = Follower(&cache);
    assert_eq!(follower.apply(&record(2, 0, CouponFact::CampaignPaused { request: request() })), Applied::Taken);
    assert_eq!(refusal(&cache), Some(Refusal::Paused));
    follower.apply(&record(1, 10, CouponFact::CampaignResumed { request: request() }));
    assert_eq!(refusal(&cache), Some(Refusal::Paused), "an older fact changes nothing");
    follower.apply(&record(3, 0, CouponFact::CampaignResumed { request: request() }));
    assert_eq!(refusal(&cache), Some(Refusal::SoldOut));
    follower.apply(&record(4, 1, CouponFact::CampaignResumed { request: request() }));
    assert_eq!(refusal(&cache), None);
}

#[test]
fn poison_and_newer_facts_are_told_apart() {
    let cache = cache();
    let mut garbage = record(1, 1, CouponFact::CampaignPaused { request: request() });
    garbage.value = Some(Bytes::from_static(b"{\xff"));
    assert_eq!(Follower(&cache).apply(&garbage), Applied::Unreadable);
    garbage.value = None;
    assert_eq!(Follower(&cache).apply(&garbage), Applied::Unreadable);
    let mut newer = record(1, 1, CouponFact::CampaignPaused { request: request() });
    for (name, value) in &mut newer.headers {
        if name == "schema-version" {
            *value = Bytes::from_static(b"99");
        }
    }
    assert_eq!(Follower(&cache).apply(&newer), Applied::Newer);
    assert_eq!(cache.len(), 0);
}

#[test]
fn a_cache_that_is_not_sure_refuses_nothing() {
    let cache = cache();
    assert_eq!(refusal(&cache), Some(Refusal::UnknownCampaign));
    cache.set_incomplete();
    assert_eq!(refusal(&cache), None);
    Follower(&cache).apply(&record(1, 0, CouponFact::CampaignResumed { request: request() }));
    assert_eq!(refusal(&cache), Some(Refusal::SoldOut));
    cache.set_current(false);
    assert_eq!(refusal(&cache), None);
}

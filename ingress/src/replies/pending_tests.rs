//! The pending forgets in time, counts right, and never grows beyond its bound.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use events::coupons::Refusal;
use events::ids::{CampaignId, RequestId, ShopperId};
use events::request::{Fingerprint, Outcome, Reply};
use events::time::Timestamp;
use projections::Subject;

use super::{Beginning, PendingRequests, Wanted};
use crate::config::WaitingConfig;

fn pending() -> Arc<PendingRequests> {
    Arc::new(PendingRequests::new(&WaitingConfig {
        most_remembered: 6_400,
        most_waiters: 3,
        ..WaitingConfig::default()
    }))
}

fn begin(pending: &Arc<PendingRequests>, number: u32, fingerprint: u64) -> Beginning {
    let request = RequestId::derive(&[&number.to_le_bytes()]);
    let (owner, campaign) = (ShopperId::new("kim").unwrap(), CampaignId::new("sale").unwrap());
    pending.begin(request, Fingerprint::from_u64(fingerprint), &owner, &Subject::Campaign(campaign), Wanted::Decision)
}

fn reply(number: u32, reason: Refusal) -> Reply {
    let request = RequestId::derive(&[&number.to_le_bytes()]);
    Reply { request, at: Timestamp::from_millis(1), outcome: Outcome::Refused { reason } }
}

#[test]
fn a_request_is_under_way_until_it_is_decided() {
    let pending = pending();
    let waiter = begin(&pending, 1, 1);
    assert!(matches!(&waiter, Beginning::Proceed(Some(_))));
    assert!(matches!(begin(&pending, 1, 2), Beginning::Conflict));
    assert_eq!((pending.undecided(), pending.waiters()), (1, 1));
    assert!(pending.resolve(reply(1, Refusal::SoldOut)));
    assert!(!pending.resolve(reply(2, Refusal::SoldOut)));
    assert!(matches!(begin(&pending, 1, 1), Beginning::Decided(Outcome::Refused { reason: Refusal::SoldOut })));
    drop(waiter);
    assert_eq!((pending.undecided(), pending.waiters()), (0, 0));
}

#[tokio::test]
async fn every_waiter_hears_the_decision_and_no_more_wait_than_may() {
    let pending = pending();
    let mut waiters = Vec::new();
    for place in 0..4 {
        match begin(&pending, 1, 1) {
            Beginning::Proceed(waiter) => {
                assert_eq!(waiter.is_some(), place < 3);
                waiters.extend(waiter);
            }
            other => assert!(matches!(other, Beginning::Proceed(_)), "{other:?}"),
        }
    }
    pending.resolve(reply(1, Refusal::Paused));
    for waiter in &mut waiters {
        assert_eq!(waiter.decision().await, Some(Outcome::Refused { reason: Refusal::Paused }));
    }
}

#[test]
fn who_wants_no_decision_takes_nobodys_place() {
    let pending = pending();
    let (owner, subject) = (ShopperId::new("kim").unwrap(), Subject::Campaign(CampaignId::new("sale").unwrap()));
    let request = RequestId::derive(&[&1_u32.to_le_bytes()]);
    let begun = pending.begin(request, Fingerprint::from_u64(1), &owner, &subject, Wanted::Acknowledgement);
    assert!(matches!(begun, Beginning::Proceed(None)));
    assert_eq!((pending.undecided(), pending.waiters()), (1, 0));
    assert!(pending.resolve(reply(1, Refusal::SoldOut)));
}

#[test]
fn a_conflict_is_not_what_became_of_the_request() {
    let pending = pending();
    drop(begin(&pending, 1, 1));
    pending.resolve(reply(1, Refusal::IdempotencyConflict));
    assert_eq!(pending.undecided(), 1);
    pending.resolve(reply(1, Refusal::SoldOut));
    assert!(matches!(begin(&pending, 1, 1), Beginning::Decided(Outcome::Refused { reason: Refusal::SoldOut })));
}

#[test]
fn what_is_not_in_the_log_is_taken_back_unless_another_attempt_is_under_way() {
    let pending = pending();
    let request = RequestId::derive(&[&1_u32.to_le_bytes()]);
    drop((begin(&pending, 1, 1), begin(&pending, 1, 1)));
    pending.abandon(request);
    assert_eq!(pending.undecided(), 1);
    pending.abandon(request);
    assert_eq!(pending.undecided(), 0);
    assert_eq!(pending.peek(request), None);
}

#[tokio::test]
async fn what_is_old_is_forgotten_and_its_waiters_are_let_go() {
    let pending = pending();
    let Beginning::Proceed(Some(mut waiter)) = begin(&pending, 1, 1) else { return };
    let later = |seconds| Instant::now() + Duration::from_secs(seconds);
    pending.prune(later(61));
    assert_eq!(pending.undecided(), 1, "remembered for at least its time");
    pending.prune(later(122));
    assert_eq!(pending.undecided(), 0);
    assert_eq!(waiter.decision().await, None);
}

#[test]
fn it_never_holds_more_than_it_may() {
    let pending = pending();
    for number in 0..50_000 {
        drop(begin(&pending, number, 1));
    }
    assert!(pending.undecided() <= 6_400 + 64, "{}", pending.undecided());
}

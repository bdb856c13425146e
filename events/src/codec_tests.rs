//! `golden/` holds the bytes of every version of every message ever written. What was written must be read for ever, and what is
//! written today is what the newest file says. To add a message, or a version: run with `TIMESALE_BLESS=1` and look at the diff.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on should fail")]

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::{DecodeError, Message, decode, encode};
use crate::coupons::{CouponCommand, CouponEvent, CouponFact};
use crate::envelope::Envelope;
use crate::ids::OrderId;
use crate::inventory::{InventoryCommand, InventoryEvent, InventoryFact};
use crate::orders::{OrderCommand, OrderEvent, OrderFact};
use crate::payments::{PaymentAnswer, PaymentCommand, PaymentEvent};
use crate::prices::{BestPrice, PriceCommand};
use crate::request::{Fingerprint, Reply};
use crate::samples;
use crate::settlement::{SettlementCommand, SettlementEvent, SettlementFact};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name)
}

/// Every sample's bytes are its golden file's, and every file in the folder can be read.
fn check<M: Message + PartialEq + Debug>(name: &str, samples: Vec<M>, kind: impl Fn(&M) -> &'static str) {
    let folder = folder(name);
    let mut newest = BTreeSet::new();
    for sample in samples {
        let path = folder.join(format!("{}.{}.json", kind(&sample), M::SCHEMA_VERSION));
        let (value, envelope) = encode(&sample, &Envelope::default()).unwrap();
        if std::env::var_os("TIMESALE_BLESS").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &value).unwrap();
        }
        let golden = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(String::from_utf8_lossy(&value), String::from_utf8_lossy(&golden), "{}", path.display());
        assert_eq!(decode::<M>(Some(&golden), &envelope).unwrap(), sample);
        newest.insert(path);
    }
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let version = path.file_stem().and_then(|stem| Path::new(stem).extension()?.to_str()?.parse().ok());
        let envelope = Envelope { schema_version: version.expect("<kind>.<version>.json"), ..Envelope::default() };
        let read = decode::<M>(Some(&fs::read(&path).unwrap()), &envelope);
        assert!(read.is_ok(), "{}: {read:?}", path.display());
        assert!(version != Some(M::SCHEMA_VERSION) || newest.contains(&path), "{} has no sample", path.display());
    }
}

#[test]
fn commands_are_these_bytes() {
    check("coupon_command", samples::coupons::commands(), CouponCommand::kind);
}

#[test]
fn events_are_these_bytes() {
    check("coupon_event", samples::coupons::events(), |event: &CouponEvent| event.fact.kind());
}

#[test]
fn stock_is_these_bytes() {
    check("inventory_command", samples::inventory::commands(), InventoryCommand::kind);
    check("inventory_event", samples::inventory::events(), |event: &InventoryEvent| event.fact.kind());
}

#[test]
fn orders_are_these_bytes() {
    check("order_command", samples::orders::commands(), |command: &OrderCommand| match command {
        OrderCommand::StockAnswered { answer, .. } => answer.kind(),
        OrderCommand::CouponAnswered { answer, .. } => answer.kind(),
        OrderCommand::PaymentAnswered { answer, .. } => answer.kind(),
        command => command.kind(),
    });
    check("order_event", samples::orders::events(), |event: &OrderEvent| event.fact.kind());
}

#[test]
fn payments_are_these_bytes() {
    check("payment_command", samples::payments::commands(), PaymentCommand::kind);
    check("payment_event", samples::payments::events(), |event: &PaymentEvent| event.answer.kind());
}

#[test]
fn settlement_is_these_bytes() {
    check("settlement_command", samples::settlement::commands(), SettlementCommand::kind);
    check("settlement_event", samples::settlement::events(), |event: &SettlementEvent| event.fact.kind());
}

#[test]
fn prices_are_these_bytes() {
    check("price_command", samples::prices::commands(), PriceCommand::kind);
    check("best_price", samples::prices::best(), |best: &BestPrice| {
        if best.by.source().is_some() { "best_price_of_an_offer" } else { "best_price" }
    });
}

#[test]
fn replies_are_these_bytes() {
    check("reply", samples::replies(), |reply: &Reply| reply.outcome.kind());
}

#[test]
fn there_is_a_sample_of_every_kind() {
    fn kinds<M>(samples: &[M], kind: impl Fn(&M) -> &'static str) -> usize {
        samples.iter().map(kind).collect::<BTreeSet<_>>().len()
    }
    fn are<M>(samples: &[M], kind: impl Fn(&M) -> &'static str, listed: &[&'static str]) {
        let listed: BTreeSet<_> = listed.iter().copied().collect();
        assert_eq!(samples.iter().map(kind).collect::<BTreeSet<_>>(), listed);
    }
    are(&samples::coupons::facts(), CouponFact::kind, &CouponFact::KINDS);
    are(&samples::inventory::facts(), InventoryFact::kind, &InventoryFact::KINDS);
    are(&samples::orders::facts(), OrderFact::kind, &OrderFact::KINDS);
    are(&samples::payments::events(), |event| event.answer.kind(), &PaymentAnswer::KINDS);
    are(&samples::settlement::events(), |event| event.fact.kind(), &SettlementFact::KINDS);
    // These numbers change with the language; the kinds' names are checked by the schemas.
    assert_eq!(kinds(&samples::coupons::commands(), CouponCommand::kind), 10);
    assert_eq!(kinds(&samples::coupons::facts(), CouponFact::kind), 14);
    assert_eq!(kinds(&samples::inventory::commands(), InventoryCommand::kind), 6);
    assert_eq!(kinds(&samples::inventory::facts(), InventoryFact::kind), 9);
    assert_eq!(kinds(&samples::orders::commands(), OrderCommand::kind), 11);
    assert_eq!(kinds(&samples::orders::facts(), OrderFact::kind), 25);
    assert_eq!(kinds(&samples::payments::commands(), PaymentCommand::kind), 3);
    assert_eq!(kinds(&samples::payments::events(), |event| event.answer.kind()), 8);
    assert_eq!(kinds(&samples::settlement::commands(), SettlementCommand::kind), 4);
    assert_eq!(kinds(&samples::settlement::events(), |event| event.fact.kind()), 6);
    assert_eq!(kinds(&samples::prices::commands(), PriceCommand::kind), 3);
    assert_eq!(kinds(&samples::replies(), |reply| reply.outcome.kind()), 12);
}

/// What the header carries is what the reader would work out itself, so that a repeat is recognised whichever build wrote it.
#[test]
fn the_fingerprint_in_the_headers_is_the_commands() {
    fn carried<M: Message>(command: &M) -> Option<Fingerprint> {
        let (_, envelope) = encode(command, &Envelope::default()).unwrap();
        let headers: Vec<(&str, Vec<u8>)> = envelope.to_headers();
        let headers = headers.iter().map(|(name, value)| (*name, value.as_slice()));
        Envelope::from_headers(headers).fingerprint
    }
    for command in samples::coupons::commands() {
        let is_claim = matches!(command, CouponCommand::Claim { .. });
        assert_eq!(
            carried(&command),
            (!is_claim).then(|| command.fingerprint()),
            "a claim carries its own: {command:?}"
        );
    }
    for command in samples::inventory::commands() {
        assert_eq!(carried(&command), Some(command.fingerprint()), "{command:?}");
    }
    for command in samples::orders::commands() {
        assert_eq!(carried(&command), command.request().map(|_| command.fingerprint()), "{command:?}");
    }
    for command in samples::settlement::commands() {
        assert_eq!(carried(&command), command.request().map(|_| command.fingerprint()), "{command:?}");
    }
}

#[test]
fn an_unknown_field_is_ignored_and_a_newer_version_is_not_garbage() {
    let version = |schema_version| Envelope { schema_version, ..Envelope::default() };
    let (value, _) = encode(&samples::coupons::commands()[1], &Envelope::default()).unwrap();
    let richer = String::from_utf8(value.clone()).unwrap().replace("\"request\"", "\"colour\":\"red\",\"request\"");
    assert_eq!(decode::<CouponCommand>(Some(richer.as_bytes()), &version(1)).unwrap(), samples::coupons::commands()[1]);
    assert!(matches!(
        decode::<CouponCommand>(Some(&value), &version(2)),
        Err(DecodeError::Newer { found: 2, known: 1 })
    ));
    assert!(matches!(decode::<CouponCommand>(Some(&value), &version(0)), Err(DecodeError::Unmarked(_))));
    assert!(matches!(decode::<CouponCommand>(None, &version(1)), Err(DecodeError::Unmarked(_))));
    assert!(matches!(decode::<CouponCommand>(Some(b"{}"), &version(1)), Err(DecodeError::Garbage(_))));
}

#[test]
fn headers_are_read_as_they_were_written() {
    let envelope = Envelope {
        event_type: "claim".into(),
        schema_version: 1,
        traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".into()),
        reply_to: Some(3),
        answer_to: OrderId::new("order-1").ok(),
        fingerprint: Some(Fingerprint::from_u64(u64::MAX)),
    };
    let headers: Vec<(&str, Vec<u8>)> = envelope.to_headers();
    assert_eq!(Envelope::from_headers(headers.iter().map(|(name, value)| (*name, value.as_slice()))), envelope);
    assert_eq!(envelope.onward().traceparent, envelope.traceparent);
    assert_eq!((envelope.onward().reply_to, envelope.onward().answer_to), (None, None), "addresses are not handed on");
}

proptest! {
    #[test]
    fn no_bytes_make_the_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), version in 0_u16..3) {
        let envelope = Envelope { schema_version: version, ..Envelope::default() };
        drop(decode::<CouponCommand>(Some(&bytes), &envelope));
        drop(decode::<CouponEvent>(Some(&bytes), &envelope));
        drop(decode::<OrderCommand>(Some(&bytes), &envelope));
        drop(decode::<PaymentCommand>(Some(&bytes), &envelope));
        drop(decode::<SettlementCommand>(Some(&bytes), &envelope));
        drop(decode::<PriceCommand>(Some(&bytes), &envelope));
        drop(decode::<BestPrice>(Some(&bytes), &envelope));
        drop(decode::<Reply>(Some(&bytes), &envelope));
    }

    #[test]
    fn a_damaged_message_is_an_error_and_no_panic(
        which in 0_usize..10, place in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let (mut value, envelope) = encode(&samples::coupons::commands()[which], &Envelope::default()).unwrap();
        let place = place.index(value.len());
        value[place] = byte;
        drop(decode::<CouponCommand>(Some(&value), &envelope));
    }

    #[test]
    fn a_damaged_order_is_an_error_and_no_panic(
        which in 0_usize..27, place in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let (mut value, envelope) = encode(&samples::orders::commands()[which], &Envelope::default()).unwrap();
        let place = place.index(value.len());
        value[place] = byte;
        drop(decode::<OrderCommand>(Some(&value), &envelope));
    }

    #[test]
    fn a_damaged_settlement_is_an_error_and_no_panic(
        which in 0_usize..4, place in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let (mut value, envelope) = encode(&samples::settlement::commands()[which], &Envelope::default()).unwrap();
        let place = place.index(value.len());
        value[place] = byte;
        if let Ok(SettlementCommand::SetPolicy { policy, .. }) = decode(Some(&value), &envelope) {
            drop(policy.check());
        }
    }

    #[test]
    fn a_damaged_price_is_an_error_and_no_panic(
        which in 0_usize..3, place in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let (mut value, envelope) = encode(&samples::prices::commands()[which], &Envelope::default()).unwrap();
        let place = place.index(value.len());
        value[place] = byte;
        drop(decode::<PriceCommand>(Some(&value), &envelope));
    }
}

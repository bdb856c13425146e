//! Ids are read as they were written, and nothing else is an id.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use proptest::prelude::*;

use super::{CampaignId, CouponId, HoldId, IdError, OrderId, RequestId, Segment, ShopperId};

#[test]
fn bounds_are_exact() {
    let text = |length: usize| "a".repeat(length);
    assert!(CampaignId::new("").is_err() && CampaignId::new(&text(1)).is_ok());
    assert!(ShopperId::new(&text(64)).is_ok() && ShopperId::new(&text(65)).is_err());
    assert!(OrderId::new(&text(5)).is_err() && OrderId::new(&text(6)).is_ok());
    assert!(Segment::new(&text(32)).is_ok() && Segment::new(&text(33)).is_err());
    assert_eq!(CampaignId::new("a b"), Err(IdError::Character { kind: "CampaignId" }));
    assert_eq!(
        CampaignId::new(&"é".repeat(40)),
        Err(IdError::Length { kind: "CampaignId", min: 1, max: 64, length: 40 })
    );
}

#[test]
fn a_hash_id_has_one_spelling() {
    let id = RequestId::from_bytes([0xab; 16]);
    assert_eq!(id.to_string(), format!("req_{}", "ab".repeat(16)));
    let wrong = [
        format!("req_{}", "AB".repeat(16)),
        format!("cpn_{}", "ab".repeat(16)),
        format!("req_{}", "ab".repeat(15)),
        format!("req_{}+a", "ab".repeat(15)),
        format!("req_+a{}", "ab".repeat(15)),
        format!("req_{}é", "ab".repeat(15)),
        String::new(),
    ];
    for text in wrong {
        assert!(RequestId::new(&text).is_err(), "{text}");
    }
}

#[test]
fn ids_derive_from_what_they_identify() {
    let request = RequestId::of("ann", "POST /v1/x", "key");
    assert_eq!(request, RequestId::of("ann", "POST /v1/x", "key"));
    // Moving a letter from one part to its neighbour is another request.
    assert_ne!(RequestId::of("ab", "c", "d"), RequestId::of("a", "bc", "d"));
    assert_ne!(RequestId::of("bob", "POST /v1/x", "key"), request);
    assert_ne!(request.coupon().as_bytes(), request.hold().as_bytes());
    assert_ne!(request.order(), RequestId::of("bob", "POST /v1/x", "key").order());
    assert_eq!(OrderId::new(request.order().as_str()), Ok(request.order()));
    // Written in logs and databases for ever.
    assert_eq!(request.to_string(), "req_53cdb37479a745d54d313b0e4b0222d9");
}

proptest! {
    #[test]
    fn texts_come_back(text in "[A-Za-z0-9_-]{6,32}") {
        prop_assert_eq!(CampaignId::new(&text).unwrap().to_string(), text.as_str());
        prop_assert_eq!(text.parse::<OrderId>().unwrap().to_string(), text.as_str());
        let json = serde_json::to_string(&Segment::new(&text).unwrap()).unwrap();
        prop_assert_eq!(serde_json::from_str::<Segment>(&json).unwrap().to_string(), text.as_str());
    }

    #[test]
    fn hashes_come_back(bytes in any::<[u8; 16]>()) {
        let coupon = CouponId::from_bytes(bytes);
        prop_assert_eq!(coupon.to_string().parse::<CouponId>().unwrap(), coupon);
        let json = serde_json::to_string(&HoldId::from_bytes(bytes)).unwrap();
        prop_assert_eq!(serde_json::from_str::<HoldId>(&json).unwrap(), HoldId::from_bytes(bytes));
    }

    #[test]
    fn any_text_is_an_id_or_an_error(text in ".{0,70}") {
        let legal = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        prop_assert_eq!(CampaignId::new(&text).is_ok(), legal);
        prop_assert!(CouponId::new(&text).is_err() || text.starts_with("cpn_"));
    }
}

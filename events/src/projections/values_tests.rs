//! What is written to Redis can be read back, and key names are what ingress and sinks agreed on.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use std::collections::BTreeMap;

use super::fold_tests::{event, facts};
use super::{CampaignRow, CouponRow, Epoch, Projection, RedisKeys, RequestRow, Source};
use crate::ids::{CampaignId, OrderId, RequestId, ShopperId, Sku};

#[test]
fn rows_survive_redis() {
    // In order of a coupon's life, so that every prefix is a row that Redis may hold.
    for length in 1..=14 {
        let mut rows = Projection::default();
        for (offset, fact) in facts(1).into_iter().take(length).enumerate() {
            let offset = i64::try_from(offset).unwrap();
            rows.apply(&event(offset.cast_unsigned() + 1, fact), Source { partition: 3, offset });
        }
        for row in rows.campaigns.values() {
            let fields: BTreeMap<_, _> = row.to_redis().into_iter().map(|(name, text)| (name.into(), text)).collect();
            assert_eq!(&CampaignRow::from_redis(row.campaign.clone(), &fields).unwrap(), row);
        }
        for row in rows.coupons.values() {
            // What the function in Redis makes of parts that are kept when nothing was there.
            let value = row.to_redis().replace("|=|", "||");
            assert_eq!(&CouponRow::from_redis(row.shopper.clone(), &row.coupon.to_string(), &value).unwrap(), row);
        }
        for row in rows.requests.values() {
            assert_eq!(&RequestRow::from_redis(row.request, &row.to_redis()).unwrap(), row);
        }
    }
}

#[test]
fn a_value_of_another_layout_is_refused() {
    let shopper = ShopperId::new("a").unwrap();
    let coupon = RequestId::derive(&[b"a"]).coupon().to_string();
    let good = "7|0|sale|granted||||||||9";
    assert_eq!(CouponRow::from_redis(shopper.clone(), &coupon, good).unwrap().source.offset, 7);
    for bad in [
        "",
        "7|0|sale|granted",
        "7|0|sale|lost||||||||9",
        "7|0|sale|granted||||||||9|more",
        "x|0|sale|granted||||||||9",
    ] {
        assert!(CouponRow::from_redis(shopper.clone(), &coupon, bad).is_err(), "{bad}");
    }
}

#[test]
fn keys_are_what_readers_expect() {
    let keys = RedisKeys::default();
    let epoch = Epoch::new("e1").unwrap();
    let request = RequestId::from_bytes([0xab; 16]);
    assert_eq!(keys.epoch(), "ts:epoch");
    assert_eq!(keys.writing(), "ts:writing");
    assert_eq!(keys.positions(&epoch), "ts:e1:positions");
    assert_eq!(keys.campaign(&epoch, &CampaignId::new("sale").unwrap()), "ts:e1:campaign:{sale}");
    assert_eq!(keys.coupons(&epoch, &ShopperId::new("kim").unwrap()), "ts:e1:coupons:{kim}");
    assert_eq!(keys.product(&epoch, &Sku::new("tea").unwrap()), "ts:e1:product:{tea}");
    assert_eq!(keys.order(&epoch, &OrderId::new("order-1").unwrap()), "ts:e1:order:{order-1}");
    assert_eq!(keys.request(&epoch, &request), "ts:e1:request:{req_abababababababababababababababab}",);
    assert_eq!(keys.epoch_of("ts:e1:positions"), Some(epoch));
    for foreign in ["ts:epoch", "ts:writing", "other:e1:positions", "tsx:e1:positions", "ts:E 1:positions"] {
        assert_eq!(keys.epoch_of(foreign), None, "{foreign}");
    }
}

#[test]
fn an_epoch_is_safe_in_a_key() {
    for bad in ["", "A", "a:b", "{a}", "a b", &"a".repeat(33)] {
        assert!(Epoch::new(bad).is_err(), "{bad}");
    }
}

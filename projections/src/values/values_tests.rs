//! What is written to Redis can be read back, and key names are what ingress and sinks agreed on.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use std::collections::BTreeMap;

use events::ids::{CampaignId, OrderId, RequestId, ShopperId, Sku};
use events::orders::OrderEvent;
use events::prices::BestPrice;
use events::samples;

use crate::fold::coupons::tests::{event, facts};
use crate::{
    CampaignRow, CouponRow, Epoch, OrderRow, PriceRow, ProductRow, Projection, RedisKeys, RequestRow, Source, project,
};

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
fn rows_of_products_and_orders_survive_redis() {
    let source = Source { partition: 3, offset: 7 };
    for event in samples::inventory::events() {
        let rows = project(&event, source);
        for row in rows.products.values() {
            let fields: BTreeMap<_, _> = row.to_redis().into_iter().map(|(name, text)| (name.into(), text)).collect();
            assert_eq!(&ProductRow::from_redis(row.sku.clone(), &fields).unwrap(), row);
        }
        for row in rows.requests.values() {
            assert_eq!(&RequestRow::from_redis(row.request, &row.to_redis()).unwrap(), row);
        }
    }
    for event in samples::orders::events() {
        for event in [event.clone(), OrderEvent { deadline: None, ..event }] {
            let rows = project(&event, source);
            for row in rows.orders.values() {
                let value = row.to_redis();
                assert_eq!(OrderRow::from_redis(row.order.clone(), &value).unwrap(), row.without_details());
                assert!(OrderRow::from_redis(row.order.clone(), &format!("{value}|more")).is_err());
                assert!(OrderRow::from_redis(row.order.clone(), &value.replace("awaiting_payment", "lost")).is_err());
            }
            for row in rows.requests.values() {
                assert_eq!(&RequestRow::from_redis(row.request, &row.to_redis()).unwrap(), row);
            }
        }
    }
}

#[test]
fn a_request_of_another_layout_is_refused() {
    let request = RequestId::derive(&[b"a"]);
    let good = "7|0|order-1|order|refused|kim|UNKNOWN_ORDER||9";
    assert_eq!(RequestRow::from_redis(request, good).unwrap().reason.as_deref(), Some("UNKNOWN_ORDER"));
    for bad in [
        "7|0|order-1|order|refused|kim|UNKNOWN_ORDER|",
        "7|0|o|order|refused|kim|UNKNOWN_ORDER||9",
        "7|0|order-1|lost|refused|kim|UNKNOWN_ORDER||9",
        "7|0|order-1|order|lost|kim|UNKNOWN_ORDER||9",
    ] {
        assert!(RequestRow::from_redis(request, bad).is_err(), "{bad}");
    }
}

#[test]
fn positions_name_topic_and_partition() {
    assert_eq!(RedisKeys::partition_field("orders.events", 3), "orders.events:3");
    assert_eq!(RedisKeys::share_of("orders.events:3"), Some(("orders.events", 3)));
    for other in ["3", "caught:orders.events:3", "orders.events:", "orders.events:x"] {
        assert_eq!(RedisKeys::share_of(other), None, "{other}");
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

#[test]
fn a_best_price_survives_redis_and_the_newest_is_the_row() {
    let source = Source { partition: 3, offset: 7 };
    let mut rows = Projection::default();
    for best in samples::prices::best() {
        for best in [best.clone(), BestPrice { valid_until: None, on_sale: false, ..best }] {
            rows = project(&best, source);
            let row = rows.prices.values().next().unwrap();
            let value = row.to_redis();
            assert_eq!(&PriceRow::from_redis(best.sku.clone(), &value).unwrap(), row);
            assert!(PriceRow::from_redis(best.sku.clone(), &format!("{value}|more")).is_err());
            assert!(
                PriceRow::from_redis(best.sku, &value.replace("|0|2|", "|yes|2|").replace("|1|2|", "|no|2|")).is_err()
            );
        }
    }
    let known = rows.clone();
    let [older, newer] = [16, 18].map(|version| BestPrice { version, ..samples::prices::best().remove(0) });
    rows.apply(&older, source);
    assert_eq!(rows, known);
    rows.apply(&newer, source);
    assert_eq!(rows.prices.values().map(|row| row.best.version).collect::<Vec<_>>(), [18]);
}

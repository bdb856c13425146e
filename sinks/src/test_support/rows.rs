//! What the services hold, read back.

use std::collections::BTreeMap;

use events::coupons::{CampaignStatus, StockCount};
use events::ids::{CampaignId, OrderId, RequestId, ShopperId, Sku};
use events::money::Money;
use events::time::Timestamp;
use projections::{
    CampaignRow, CouponRow, CouponState, Epoch, OrderRow, PriceRow, ProductRow, Projection, RedisKeys, RequestKind,
    RequestRow, RequestStatus, Source, Subject,
};
use redis::Commands;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

/// Every row of every table but positions, as text, in one order.
pub(crate) async fn dump(connection: &mut PgConnection) -> Vec<String> {
    let query = "select t::text from campaigns t union all select t::text from coupons t \
                 union all select t::text from products t union all select t::text from orders t \
                 union all select t::text from order_lines t union all select t::text from order_timeline t \
                 union all select t::text from payments t union all select t::text from requests t \
                 union all select t::text from seller_policies t union all select t::text from statements t \
                 union all select t::text from statement_lines t union all select t::text from pay_outs t \
                 union all select t::text from dead_rows t order by 1";
    sqlx::query_scalar(query).fetch_all(connection).await.unwrap()
}

/// The rows in Postgres.
pub(crate) async fn rows_in_postgres(connection: &mut PgConnection) -> Projection {
    let mut rows = Projection::default();
    let query = "select *, terms::text as terms_text from campaigns";
    for row in sqlx::query(query).fetch_all(&mut *connection).await.unwrap() {
        let row = campaign(&row);
        rows.campaigns.insert(row.campaign.clone(), row);
    }
    for row in sqlx::query("select * from coupons").fetch_all(&mut *connection).await.unwrap() {
        let row = coupon(&row);
        rows.coupons.insert(row.coupon, row);
    }
    for row in sqlx::query("select * from requests").fetch_all(&mut *connection).await.unwrap() {
        let row = request(&row);
        rows.requests.insert(row.request, row);
    }
    super::order_rows::read(connection, &mut rows).await;
    super::settlement_rows::read(connection, &mut rows).await;
    rows
}

pub(super) fn text(row: &PgRow, column: &str) -> Option<String> {
    row.get(column)
}

pub(super) fn instant(row: &PgRow, column: &str) -> Option<Timestamp> {
    row.get::<Option<i64>, _>(column).map(Timestamp::from_millis)
}

pub(super) fn source(row: &PgRow) -> Source {
    Source { partition: row.get("src_partition"), offset: row.get("src_offset") }
}

fn campaign(row: &PgRow) -> CampaignRow {
    let count = |column: &str| u32::try_from(row.get::<i64, _>(column)).unwrap();
    let statuses = [CampaignStatus::Running, CampaignStatus::Paused, CampaignStatus::Ended];
    CampaignRow {
        campaign: text(row, "campaign").unwrap().parse().unwrap(),
        partition: row.get("partition"),
        version: row.get::<i64, _>("version").cast_unsigned(),
        status: text(row, "status").map(|name| statuses.into_iter().find(|status| status.name() == name).unwrap()),
        terms: text(row, "terms_text").map(|terms| serde_json::from_str(&terms).unwrap()),
        stock: StockCount {
            stock: count("stock"),
            remaining: count("remaining"),
            granted: count("granted"),
            held: count("held"),
            redeemed: count("redeemed"),
            expired: count("expired"),
            revoked: count("revoked"),
        },
        updated_at: instant(row, "updated_at").unwrap(),
    }
}

fn coupon(row: &PgRow) -> CouponRow {
    CouponRow {
        coupon: text(row, "coupon").unwrap().parse().unwrap(),
        campaign: text(row, "campaign").unwrap().parse().unwrap(),
        shopper: text(row, "shopper").unwrap().parse().unwrap(),
        request: text(row, "request").map(|id| id.parse().unwrap()),
        state: CouponState::from_name(&text(row, "state").unwrap()).unwrap(),
        expires_at: instant(row, "expires_at"),
        order: text(row, "order_id").map(|id| id.parse().unwrap()),
        hold: text(row, "hold").map(|id| id.parse().unwrap()),
        hold_until: instant(row, "hold_until"),
        discount: row.get::<Option<i64>, _>("discount").map(Money::new),
        restored: u8::try_from(row.get::<i32, _>("restored")).unwrap(),
        updated_at: instant(row, "updated_at").unwrap(),
        source: source(row),
    }
}

fn request(row: &PgRow) -> RequestRow {
    let kind = RequestKind::from_name(&text(row, "kind").unwrap()).unwrap();
    let subject = ["campaign", "sku", "order_id", "seller"].into_iter().find_map(|column| text(row, column));
    RequestRow {
        request: text(row, "request").unwrap().parse().unwrap(),
        subject: Subject::of(kind, &subject.unwrap()).unwrap(),
        shopper: text(row, "shopper").map(|id| id.parse().unwrap()),
        kind,
        status: RequestStatus::from_name(&text(row, "status").unwrap()).unwrap(),
        reason: text(row, "reason").map(Into::into),
        coupon: text(row, "coupon").map(|id| id.parse().unwrap()),
        decided_at: instant(row, "decided_at").unwrap(),
        source: source(row),
    }
}

/// The rows that readers would see in Redis; nothing while it is being rebuilt.
pub(crate) fn rows_in_redis(url: &str, keys: &RedisKeys) -> Option<Projection> {
    let mut connection = redis::Client::open(url).unwrap().get_connection().unwrap();
    let epoch: Option<String> = connection.get(keys.epoch()).unwrap();
    let epoch = Epoch::new(&epoch?).unwrap();
    let mut rows = Projection::default();
    let start = format!("{}:{epoch}:", keys.prefix());
    let found: Vec<String> = connection.scan_match(format!("{start}*")).unwrap().map(Result::unwrap).collect();
    for key in found {
        let (kind, id) = key.strip_prefix(&start).unwrap().split_once(':').unwrap_or(("positions", ""));
        let id = id.trim_matches(['{', '}']);
        match kind {
            "campaign" => {
                let fields: BTreeMap<String, String> = connection.hgetall(&key).unwrap();
                let row = CampaignRow::from_redis(CampaignId::new(id).unwrap(), &fields).unwrap();
                rows.campaigns.insert(row.campaign.clone(), row);
            }
            "coupons" => {
                let fields: BTreeMap<String, String> = connection.hgetall(&key).unwrap();
                for (coupon, value) in fields {
                    let row = CouponRow::from_redis(ShopperId::new(id).unwrap(), &coupon, &value).unwrap();
                    rows.coupons.insert(row.coupon, row);
                }
            }
            "product" => {
                let fields: BTreeMap<String, String> = connection.hgetall(&key).unwrap();
                let row = ProductRow::from_redis(Sku::new(id).unwrap(), &fields).unwrap();
                rows.products.insert(row.sku.clone(), row);
            }
            "order" => {
                let value: String = connection.get(&key).unwrap();
                let row = OrderRow::from_redis(OrderId::new(id).unwrap(), &value).unwrap();
                rows.orders.insert(row.order.clone(), row);
            }
            "price" => {
                // It may leave between the listing of keys and here.
                let value: Option<String> = connection.get(&key).unwrap();
                if let Some(row) = value.map(|value| PriceRow::from_redis(Sku::new(id).unwrap(), &value).unwrap()) {
                    rows.prices.insert(row.sku().clone(), row);
                }
            }
            "request" => {
                let value: String = connection.get(&key).unwrap();
                let row = RequestRow::from_redis(RequestId::new(id).unwrap(), &value).unwrap();
                rows.requests.insert(row.request, row);
            }
            _ => {}
        }
    }
    Some(rows)
}

//! Products, orders and their order_streams in Postgres.

use events::ids::{OrderId, Sku};
use events::inventory::StockLevel;
use events::money::Money;
use events::orders::{LineAmounts, OrderAmounts, OrderCoupon, OrderState};
use events::payments::PaymentMethod;
use events::time::Timestamp;
use projections::{OrderDetails, OrderRow, ProductRow, TimelineRow};
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::ReadError;
use super::columns::{count, id, instant, json, maybe_id, maybe_named, named};
use super::order_reader::{LineRead, OrderRead, OrderReader, Reading};
use super::postgres::Postgres;

const PRODUCT: &str = "SELECT partition, version, terms::text AS terms, received, available, held, sold, updated_at \
                       FROM products WHERE sku = $1";

const ORDER: &str = "SELECT partition, version, shopper, request, state, gross, discount, due, paid, refunded, \
                     awaited::int AS awaited, deadline, campaign, coupon, payment_key, method, account::text AS account, \
                     reason, placed_at, updated_at FROM orders WHERE order_id = $1";

const LINES: &str = "SELECT sku, quantity::bigint AS quantity, seller, unit_price, gross, platform_share, seller_share, due, \
                     refunded_quantity::bigint AS refunded_quantity, refunded_gross, refunded_platform_share, \
                     refunded_seller_share, refunded_due FROM order_lines WHERE order_id = $1 ORDER BY sku";

const TIMELINE: &str = "SELECT version, at, state, gross, discount, due, paid, refunded, awaited::int AS awaited, deadline, \
                        fact::text AS fact FROM order_timeline WHERE order_id = $1 AND version > $2 \
                        ORDER BY version LIMIT $3";

impl OrderReader for Postgres {
    fn product<'a>(&'a self, sku: &'a Sku) -> Reading<'a, Option<ProductRow>> {
        Box::pin(async move {
            let row = sqlx::query(PRODUCT).bind(sku.as_str()).fetch_optional(self.pool()).await?;
            row.map(|row| product_row(sku, &row)).transpose()
        })
    }

    fn order<'a>(&'a self, order: &'a OrderId) -> Reading<'a, Option<OrderRead>> {
        Box::pin(async move {
            let row = sqlx::query(ORDER).bind(order.as_str()).fetch_optional(self.pool()).await?;
            let Some(row) = row else { return Ok(None) };
            let lines = sqlx::query(LINES).bind(order.as_str()).fetch_all(self.pool()).await?;
            Ok(Some(OrderRead {
                row: order_row(order, &row)?,
                lines: lines.iter().map(line_read).collect::<Result<_, _>>()?,
            }))
        })
    }

    fn order_stream<'a>(&'a self, order: &'a OrderId, after: u64, most: u16) -> Reading<'a, Vec<TimelineRow>> {
        Box::pin(async move {
            let after = i64::try_from(after).unwrap_or(i64::MAX);
            let query = sqlx::query(TIMELINE).bind(order.as_str()).bind(after).bind(i64::from(most));
            query.fetch_all(self.pool()).await?.iter().map(|row| timeline_row(order, row)).collect()
        })
    }
}

fn product_row(sku: &Sku, row: &PgRow) -> Result<ProductRow, ReadError> {
    Ok(ProductRow {
        sku: sku.clone(),
        partition: row.try_get("partition")?,
        version: count(row, "version")?,
        terms: json(row, "terms")?,
        stock: StockLevel {
            received: count(row, "received")?,
            available: count(row, "available")?,
            held: count(row, "held")?,
            sold: count(row, "sold")?,
        },
        updated_at: Timestamp::from_millis(row.try_get("updated_at")?),
    })
}

fn order_row(order: &OrderId, row: &PgRow) -> Result<OrderRow, ReadError> {
    let coupon = match (maybe_id(row, "campaign")?, maybe_id(row, "coupon")?) {
        (Some(campaign), Some(coupon)) => Some(OrderCoupon { campaign, coupon }),
        _ => None,
    };
    Ok(OrderRow {
        order: order.clone(),
        partition: row.try_get("partition")?,
        version: count(row, "version")?,
        shopper: id(row, "shopper")?,
        state: named(row, "state", OrderState::from_name)?,
        amounts: amounts(row)?,
        awaited: count(row, "awaited")?,
        deadline: instant(row, "deadline")?,
        details: OrderDetails {
            request: maybe_id(row, "request")?,
            placed_at: instant(row, "placed_at")?,
            coupon,
            payment_key: maybe_id(row, "payment_key")?,
            method: maybe_named(row, "method", PaymentMethod::from_name)?,
            account: json(row, "account")?,
            reason: row.try_get::<Option<&str>, _>("reason")?.map(Into::into),
            ..OrderDetails::default()
        },
        updated_at: Timestamp::from_millis(row.try_get("updated_at")?),
    })
}

fn line_read(row: &PgRow) -> Result<LineRead, ReadError> {
    let money = |name: &str| Ok::<_, ReadError>(row.try_get::<Option<i64>, _>(name)?.map(Money::new));
    let or_zero = |name: &str| Ok::<_, ReadError>(money(name)?.unwrap_or(Money::ZERO));
    let parts = (money("gross")?, money("platform_share")?, money("seller_share")?, money("due")?);
    let quantity: Option<i64> = row.try_get("quantity")?;
    let refunded_quantity: Option<i64> = row.try_get("refunded_quantity")?;
    let units = |number: i64| u32::try_from(number).map_err(|_| ReadError::Unreadable("quantity".into()));
    Ok(LineRead {
        sku: id(row, "sku")?,
        quantity: quantity.map(units).transpose()?,
        seller: maybe_id(row, "seller")?,
        unit_price: money("unit_price")?,
        amounts: match parts {
            (Some(gross), Some(platform_share), Some(seller_share), Some(due)) => {
                Some(LineAmounts { gross, platform_share, seller_share, due })
            }
            _ => None,
        },
        refunded_quantity: units(refunded_quantity.unwrap_or(0))?,
        refunded: LineAmounts {
            gross: or_zero("refunded_gross")?,
            platform_share: or_zero("refunded_platform_share")?,
            seller_share: or_zero("refunded_seller_share")?,
            due: or_zero("refunded_due")?,
        },
    })
}

fn timeline_row(order: &OrderId, row: &PgRow) -> Result<TimelineRow, ReadError> {
    Ok(TimelineRow {
        order: order.clone(),
        version: count(row, "version")?,
        at: Timestamp::from_millis(row.try_get("at")?),
        state: named(row, "state", OrderState::from_name)?,
        amounts: amounts(row)?,
        awaited: count(row, "awaited")?,
        deadline: instant(row, "deadline")?,
        fact: json(row, "fact")?.ok_or_else(|| ReadError::Unreadable("fact".into()))?,
    })
}

fn amounts(row: &PgRow) -> Result<OrderAmounts, ReadError> {
    let money = |name: &str| row.try_get(name).map(Money::new);
    Ok(OrderAmounts {
        gross: money("gross")?,
        discount: money("discount")?,
        due: money("due")?,
        paid: money("paid")?,
        refunded: money("refunded")?,
    })
}

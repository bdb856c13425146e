//! Rows of products, orders, their lines and timelines.

use events::inventory::{ProductTerms, StockLevel, UnitTerms};
use events::money::{BasisPoints, Money};
use events::orders::{LineAmounts, OrderAmounts, OrderCoupon, OrderFact, OrderState};
use events::payments::PaymentMethod;
use projections::{FrozenLine, OrderDetails, OrderLineRow, OrderRow, ProductRow, TimelineRow};
use sqlx::postgres::PgRow;

use super::columns::{column, count, instant, int, json, maybe, maybe_bigint, maybe_instant, money, named, small};

pub(super) const PRODUCTS: &str = "declare rows cursor for select sku, partition, version, seller, name, \
     terms::text as terms, received, available, held, sold, updated_at from products order by sku collate \"C\"";

pub(super) const ORDERS: &str = "declare rows cursor for select order_id, partition, version, shopper, state, gross, \
     discount, due, paid, refunded, awaited, deadline, updated_at, request, placed_at, campaign, coupon, coupon_hold, \
     platform_share, attempt, payment_key, method, account::text as account, reason from orders \
     order by order_id collate \"C\"";

pub(super) const LINES: &str = "declare rows cursor for select order_id, sku, version, quantity, hold, seller, category, \
     list_price, unit_price, supply_price, gross, platform_share, seller_share, due, refunded_quantity, refunded_gross, \
     refunded_platform_share, refunded_seller_share, refunded_due from order_lines \
     order by order_id collate \"C\", sku collate \"C\"";

pub(super) const TIMELINE: &str = "declare rows cursor for select order_id, version, at, kind, state, gross, discount, \
     due, paid, refunded, awaited, deadline, fact::text as fact from order_timeline \
     order by order_id collate \"C\", version";

pub(super) fn product(row: &PgRow) -> Result<ProductRow, String> {
    let terms: Option<ProductTerms> = json(row, "terms")?;
    let (seller, name): (Option<String>, Option<String>) = (maybe(row, "seller")?, maybe(row, "name")?);
    let of_terms = terms.as_ref().map(|terms| (terms.seller.as_str(), terms.name.as_str()));
    if seller.as_deref().zip(name.as_deref()) != of_terms {
        return Err(format!("seller {seller:?} and name {name:?} are not those of the terms"));
    }
    Ok(ProductRow {
        sku: column(row, "sku")?,
        partition: int(row, "partition")?,
        version: count(row, "version")?,
        terms,
        stock: StockLevel {
            received: count(row, "received")?,
            available: count(row, "available")?,
            held: count(row, "held")?,
            sold: count(row, "sold")?,
        },
        updated_at: instant(row, "updated_at")?,
    })
}

fn amounts(row: &PgRow) -> Result<OrderAmounts, String> {
    Ok(OrderAmounts {
        gross: money(row, "gross")?,
        discount: money(row, "discount")?,
        due: money(row, "due")?,
        paid: money(row, "paid")?,
        refunded: money(row, "refunded")?,
    })
}

pub(super) fn order(row: &PgRow) -> Result<OrderRow, String> {
    let coupon = match maybe(row, "campaign")? {
        None => None,
        Some(campaign) => Some(OrderCoupon { campaign, coupon: column(row, "coupon")? }),
    };
    let method: Option<String> = maybe(row, "method")?;
    let method = method.map(|name| PaymentMethod::from_name(&name).ok_or(format!("method: {name:?}"))).transpose()?;
    Ok(OrderRow {
        order: column(row, "order_id")?,
        partition: int(row, "partition")?,
        version: count(row, "version")?,
        shopper: column(row, "shopper")?,
        state: named(row, "state", OrderState::from_name)?,
        amounts: amounts(row)?,
        awaited: small(row, "awaited")?.unwrap_or_default(),
        deadline: maybe_instant(row, "deadline")?,
        details: OrderDetails {
            request: maybe(row, "request")?,
            placed_at: maybe_instant(row, "placed_at")?,
            coupon,
            coupon_hold: maybe(row, "coupon_hold")?,
            platform_share: small(row, "platform_share")?.map(BasisPoints::new),
            attempt: small(row, "attempt")?,
            payment_key: maybe(row, "payment_key")?,
            method,
            account: json(row, "account")?,
            reason: maybe(row, "reason")?,
        },
        updated_at: instant(row, "updated_at")?,
    })
}

pub(super) fn line(row: &PgRow) -> Result<OrderLineRow, String> {
    Ok(OrderLineRow {
        order: column(row, "order_id")?,
        sku: column(row, "sku")?,
        version: count(row, "version")?,
        frozen: frozen(row)?,
        refunded_quantity: count(row, "refunded_quantity")?,
        refunded: LineAmounts {
            gross: money(row, "refunded_gross")?,
            platform_share: money(row, "refunded_platform_share")?,
            seller_share: money(row, "refunded_seller_share")?,
            due: money(row, "refunded_due")?,
        },
    })
}

fn frozen(row: &PgRow) -> Result<Option<FrozenLine>, String> {
    let Some(hold) = maybe(row, "hold")? else { return Ok(None) };
    Ok(Some(FrozenLine {
        quantity: count(row, "quantity")?,
        hold,
        unit: UnitTerms {
            seller: column(row, "seller")?,
            category: maybe(row, "category")?,
            list_price: money(row, "list_price")?,
            unit_price: money(row, "unit_price")?,
            supply_price: maybe_bigint(row, "supply_price")?.map(Money::new),
        },
        amounts: LineAmounts {
            gross: money(row, "gross")?,
            platform_share: money(row, "platform_share")?,
            seller_share: money(row, "seller_share")?,
            due: money(row, "due")?,
        },
    }))
}

pub(super) fn timeline(row: &PgRow) -> Result<TimelineRow, String> {
    let fact: OrderFact = json(row, "fact")?.ok_or("fact is null")?;
    let kind: String = column(row, "kind")?;
    if kind != fact.kind() {
        return Err(format!("kind {kind:?} is not the fact's, which is {:?}", fact.kind()));
    }
    Ok(TimelineRow {
        order: column(row, "order_id")?,
        version: count(row, "version")?,
        at: instant(row, "at")?,
        state: named(row, "state", OrderState::from_name)?,
        amounts: amounts(row)?,
        awaited: small(row, "awaited")?.unwrap_or_default(),
        deadline: maybe_instant(row, "deadline")?,
        fact,
    })
}

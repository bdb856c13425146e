//! What Postgres holds of products, orders and payments, read back.

use events::ids::PaymentKey;
use events::inventory::{ProductTerms, StockLevel, UnitTerms};
use events::money::{BasisPoints, Money};
use events::orders::{LineAmounts, OrderAmounts, OrderCoupon, OrderState};
use events::payments::{Payment, PaymentMethod, PaymentStatus};
use projections::{FrozenLine, OrderDetails, OrderLineRow, OrderRow, PaymentRow, ProductRow, Projection, TimelineRow};
use serde::de::DeserializeOwned;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::rows::{instant, source, text};

/// Reads every table.
pub(super) async fn read(connection: &mut PgConnection, rows: &mut Projection) {
    let query = "select *, terms::text as terms_text from products";
    for row in sqlx::query(query).fetch_all(&mut *connection).await.unwrap() {
        let row = product(&row);
        rows.products.insert(row.sku.clone(), row);
    }
    let query = "select *, account::text as account_text from orders";
    for row in sqlx::query(query).fetch_all(&mut *connection).await.unwrap() {
        let row = order(&row);
        rows.orders.insert(row.order.clone(), row);
    }
    for row in sqlx::query("select * from order_lines").fetch_all(&mut *connection).await.unwrap() {
        let row = line(&row);
        rows.lines.insert((row.order.clone(), row.sku.clone()), row);
    }
    let query = "select *, fact::text as fact_text from order_timeline";
    for row in sqlx::query(query).fetch_all(&mut *connection).await.unwrap() {
        let row = timeline(&row);
        rows.timeline.insert((row.order.clone(), row.version), row);
    }
    let query = "select *, wallet::text as wallet_text, virtual_account::text as account_text, \
                 refunds::text as refunds_text from payments";
    for row in sqlx::query(query).fetch_all(connection).await.unwrap() {
        let row = payment(&row);
        rows.payments.insert(row.payment.payment_key.clone(), row);
    }
}

fn json<T: DeserializeOwned>(row: &PgRow, column: &str) -> Option<T> {
    text(row, column).map(|text| serde_json::from_str(&text).unwrap())
}

fn id<T: std::str::FromStr>(row: &PgRow, column: &str) -> Option<T> {
    text(row, column).map(|text| text.parse().ok().unwrap())
}

fn number(row: &PgRow, column: &str) -> u64 {
    u64::try_from(row.get::<i64, _>(column)).unwrap()
}

fn money(row: &PgRow, column: &str) -> Money {
    Money::new(row.get(column))
}

fn product(row: &PgRow) -> ProductRow {
    let terms: Option<ProductTerms> = json(row, "terms_text");
    assert_eq!(terms.as_ref().map(|terms| terms.seller.to_string()), text(row, "seller"));
    assert_eq!(terms.as_ref().map(|terms| terms.name.clone()), text(row, "name"));
    ProductRow {
        sku: id(row, "sku").unwrap(),
        partition: row.get("partition"),
        version: number(row, "version"),
        terms,
        stock: StockLevel {
            received: number(row, "received"),
            available: number(row, "available"),
            held: number(row, "held"),
            sold: number(row, "sold"),
        },
        updated_at: instant(row, "updated_at").unwrap(),
    }
}

fn amounts(row: &PgRow) -> OrderAmounts {
    OrderAmounts {
        gross: money(row, "gross"),
        discount: money(row, "discount"),
        due: money(row, "due"),
        paid: money(row, "paid"),
        refunded: money(row, "refunded"),
    }
}

fn state(row: &PgRow) -> OrderState {
    OrderState::from_name(&text(row, "state").unwrap()).unwrap()
}

fn small(row: &PgRow, column: &str) -> Option<u16> {
    row.get::<Option<i32>, _>(column).map(|number| u16::try_from(number).unwrap())
}

fn order(row: &PgRow) -> OrderRow {
    let coupon = |campaign| OrderCoupon { campaign, coupon: id(row, "coupon").unwrap() };
    OrderRow {
        order: id(row, "order_id").unwrap(),
        partition: row.get("partition"),
        version: number(row, "version"),
        shopper: id(row, "shopper").unwrap(),
        state: state(row),
        amounts: amounts(row),
        awaited: small(row, "awaited").unwrap(),
        deadline: instant(row, "deadline"),
        details: OrderDetails {
            request: id(row, "request"),
            placed_at: instant(row, "placed_at"),
            coupon: id(row, "campaign").map(coupon),
            coupon_hold: id(row, "coupon_hold"),
            platform_share: small(row, "platform_share").map(BasisPoints::new),
            attempt: small(row, "attempt"),
            payment_key: id(row, "payment_key"),
            method: text(row, "method").map(|name| PaymentMethod::from_name(&name).unwrap()),
            account: json(row, "account_text"),
            reason: text(row, "reason").map(Into::into),
        },
        updated_at: instant(row, "updated_at").unwrap(),
    }
}

fn line(row: &PgRow) -> OrderLineRow {
    let frozen = |hold| FrozenLine {
        quantity: u32::try_from(number(row, "quantity")).unwrap(),
        hold,
        unit: UnitTerms {
            seller: id(row, "seller").unwrap(),
            category: id(row, "category"),
            list_price: money(row, "list_price"),
            unit_price: money(row, "unit_price"),
            supply_price: row.get::<Option<i64>, _>("supply_price").map(Money::new),
        },
        amounts: LineAmounts {
            gross: money(row, "gross"),
            platform_share: money(row, "platform_share"),
            seller_share: money(row, "seller_share"),
            due: money(row, "due"),
        },
    };
    OrderLineRow {
        order: id(row, "order_id").unwrap(),
        sku: id(row, "sku").unwrap(),
        version: number(row, "version"),
        frozen: id(row, "hold").map(frozen),
        refunded_quantity: u32::try_from(number(row, "refunded_quantity")).unwrap(),
        refunded: LineAmounts {
            gross: money(row, "refunded_gross"),
            platform_share: money(row, "refunded_platform_share"),
            seller_share: money(row, "refunded_seller_share"),
            due: money(row, "refunded_due"),
        },
    }
}

fn timeline(row: &PgRow) -> TimelineRow {
    let fact: events::orders::OrderFact = json(row, "fact_text").unwrap();
    assert_eq!(text(row, "kind").as_deref(), Some(fact.kind()));
    TimelineRow {
        order: id(row, "order_id").unwrap(),
        version: number(row, "version"),
        at: instant(row, "at").unwrap(),
        state: state(row),
        amounts: amounts(row),
        awaited: small(row, "awaited").unwrap(),
        deadline: instant(row, "deadline"),
        fact,
    }
}

fn payment(row: &PgRow) -> PaymentRow {
    PaymentRow {
        payment: Payment {
            payment_key: id::<PaymentKey>(row, "payment_key").unwrap(),
            order: id(row, "order_id").unwrap(),
            status: PaymentStatus::from_name(&text(row, "status").unwrap()).unwrap(),
            method: PaymentMethod::from_name(&text(row, "method").unwrap()).unwrap(),
            total: money(row, "total"),
            balance: money(row, "balance"),
            vat: money(row, "vat"),
            wallet: json(row, "wallet_text"),
            virtual_account: json(row, "account_text"),
            approved_at: instant(row, "approved_at"),
            last_transaction: id(row, "last_transaction"),
            refunds: json(row, "refunds_text").unwrap(),
        },
        told_at: instant(row, "told_at").unwrap(),
        source: source(row),
    }
}

//! `GET /v1/orders/{order}`: where an order is and what it is made of. Another shopper's is not found.

use events::ids::{OrderId, PaymentKey, SellerId, Sku};
use events::money::Money;
use events::orders::{LineAmounts, OrderAmounts, OrderCoupon, OrderState};
use events::payments::{PaymentMethod, VirtualAccount};
use events::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use warp::http::StatusCode;

use super::order_of;
use crate::auth::Caller;
use crate::handlers::Request;
use crate::handlers::{Answer, json, read_when_there};
use crate::problem::Problem;
use crate::reads::{LineRead, OrderRead};
use crate::state::State;

/// An order.
#[derive(Serialize, JsonSchema)]
pub(crate) struct OrderShown {
    /// The order.
    order: OrderId,
    /// The number of its latest fact that shows here.
    version: u64,
    /// Where it is.
    state: OrderState,
    /// What it amounts to.
    amounts: OrderAmounts,
    /// How many steps others have yet to answer.
    awaited: u16,
    /// When it moves by itself if nothing else moves it, milliseconds since 1970; missing at its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<Timestamp>,
    /// Its coupon.
    #[serde(skip_serializing_if = "Option::is_none")]
    coupon: Option<OrderCoupon>,
    /// Its lines; none before everything is held, and none in the first moments after.
    lines: Vec<LineShown>,
    /// The latest payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<PaymentShown>,
    /// Why it was rejected, or its latest payment declined.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// When it was placed, milliseconds since 1970; missing in the first moments.
    #[serde(skip_serializing_if = "Option::is_none")]
    placed_at: Option<Timestamp>,
    /// When it last changed, milliseconds since 1970.
    updated_at: Timestamp,
}

/// A line of an order. What was frozen with the price is missing only when the log no longer holds it.
#[derive(Serialize, JsonSchema)]
struct LineShown {
    /// The product.
    sku: Sku,
    /// How many units.
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity: Option<u32>,
    /// Who sells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    seller: Option<SellerId>,
    /// What a unit costs before the coupon, minor units.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_price: Option<Money>,
    /// What the line amounts to.
    #[serde(skip_serializing_if = "Option::is_none")]
    amounts: Option<LineAmounts>,
    /// How many units are refunded.
    refunded_quantity: u32,
    /// What they amount to.
    refunded: LineAmounts,
}

/// A payment.
#[derive(Serialize, JsonSchema)]
struct PaymentShown {
    /// The provider's name for it.
    payment_key: PaymentKey,
    /// How it is paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<PaymentMethod>,
    /// Where the shopper has to transfer the money.
    #[serde(skip_serializing_if = "Option::is_none")]
    virtual_account: Option<VirtualAccount>,
}

/// Answers from the projections.
///
/// # Errors
/// `INVALID_ID`, `NOT_FOUND`, `UNAVAILABLE` when nothing can be read.
pub(crate) async fn get(caller: Caller, request: Request) -> Answer {
    let Request { state, call: _, path: [segment, _], .. } = request;
    let order = order_of(&segment)?;
    json(StatusCode::OK, &shown(of_caller(&state, &order, &caller).await?))
}

/// The order, if the caller may see it.
pub(super) async fn of_caller(state: &State, order: &OrderId, caller: &Caller) -> Result<OrderRead, Problem> {
    let read = || async {
        let read = state.reads.order(order, &state.metrics).await?;
        Ok(read.filter(|read| caller.is_operator() || read.row.shopper == caller.id))
    };
    read_when_there(read).await
}

fn shown(read: OrderRead) -> OrderShown {
    let OrderRead { row, lines } = read;
    let details = row.details;
    OrderShown {
        order: row.order,
        version: row.version,
        state: row.state,
        amounts: row.amounts,
        awaited: row.awaited,
        deadline: row.deadline,
        coupon: details.coupon,
        lines: lines.into_iter().map(line).collect(),
        payment: details.payment_key.map(|payment_key| PaymentShown {
            payment_key,
            method: details.method,
            virtual_account: details.account,
        }),
        reason: details.reason.map(Into::into),
        placed_at: details.placed_at,
        updated_at: row.updated_at,
    }
}

fn line(read: LineRead) -> LineShown {
    let LineRead { sku, quantity, seller, unit_price, amounts, refunded_quantity, refunded } = read;
    LineShown { sku, quantity, seller, unit_price, amounts, refunded_quantity, refunded }
}

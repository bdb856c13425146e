//! `POST /v1/orders`: a shopper orders.

use events::ids::{OrderId, RequestId};
use events::money::Money;
use events::orders::{OrderAmounts, OrderCommand, OrderCoupon, OrderState, Units};
use events::time::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warp::http::StatusCode;
use warp::http::header::{HeaderValue, LOCATION};

use super::lines::added_up;
use super::{After, apply, plausible};
use crate::auth::Caller;
use crate::handlers::Request;
use crate::handlers::required;
use crate::handlers::{Answer, json};
use crate::request::body;

/// What a shopper orders.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Placement {
    /// What, 1 to 50 products; units of a product that is listed twice are added up, 1 to 1,000 of each.
    lines: Vec<Units>,
    /// The coupon to use.
    #[serde(default)]
    coupon: Option<OrderCoupon>,
    /// What the shopper was shown it would cost, coupon included, minor units: an order that costs anything else is refused.
    #[serde(default)]
    quoted: Option<Money>,
}

/// An order was placed: everything is held, terms and amounts are frozen.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Placed {
    /// The request.
    request: RequestId,
    /// The order.
    order: OrderId,
    /// `awaiting_payment`, or `paid` when there is nothing to pay.
    state: OrderState,
    /// What it amounts to.
    amounts: OrderAmounts,
    /// When it expires unless a payment has begun, milliseconds since 1970; missing when there is nothing to pay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pay_by: Option<Timestamp>,
    /// Its version.
    version: u64,
}

/// Handles a placement.
///
/// # Errors
/// Whatever is wrong with it; the processor's refusals among them.
pub(crate) async fn place(caller: Caller, request: Request) -> Answer {
    let Request { state, call, body, key, .. } = request;
    let key = required(key.as_deref())?;
    let Placement { lines, coupon, quoted } = body::parse_json(&call, body)?;
    let lines = added_up(lines)?;
    let quoted = quoted.map(|quoted| plausible(quoted, "/quoted")).transpose()?;
    let request = RequestId::of(caller.id.as_str(), "POST /v1/orders", key);
    let (order, limits) = (request.order(), state.config.orders.limits());
    let command = OrderCommand::Place { request, order, shopper: caller.id.clone(), lines, coupon, quoted, limits };
    apply(&state, &call, caller, request, command, placed).await
}

fn placed(request: RequestId, after: After) -> Answer {
    let After { order, version, state, amounts, deadline } = after;
    let location = HeaderValue::from_str(&format!("/v1/orders/{order}"));
    let pay_by = deadline.filter(|_| state == OrderState::AwaitingPayment);
    let mut response = json(StatusCode::CREATED, &Placed { request, order, state, amounts, pay_by, version })?;
    if let Ok(location) = location {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

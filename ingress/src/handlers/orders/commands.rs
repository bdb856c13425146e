//! `POST /v1/orders/{order}/…`: what becomes of an order that was placed.

use events::ids::{OrderId, PaymentKey, RequestId};
use events::money::Money;
use events::orders::{Goods, OrderCommand, RefundCause, Units};
use events::payments::RefundAccount;
use schemars::JsonSchema;
use serde::Deserialize;

use super::lines::some_or_all;
use super::{applied, apply, invalid, order_of, plausible, readable};
use crate::auth::Caller;
use crate::handlers::Answer;
use crate::handlers::Request;
use crate::handlers::required;
use crate::problem::Problem;
use crate::request::body;

/// A payment that the shopper has authenticated with the provider.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Payment {
    /// The payment, as the provider named it.
    payment_key: PaymentKey,
    /// For how much, minor units: exactly what the order costs, or nothing is charged.
    amount: Money,
}

/// What a shopper cancels before the shipment.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cancellation {
    /// Which units; missing: all that are left.
    #[serde(default)]
    lines: Option<Vec<Units>>,
    /// Where to send money that came by transfer to a virtual account.
    #[serde(default)]
    account: Option<RefundAccount>,
}

/// What an operator gives back.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefundAsked {
    /// Which units; missing: all that are left.
    #[serde(default)]
    lines: Option<Vec<Units>>,
    /// Why: `changed_mind`, `undeliverable`, `faulty` or `misuse`.
    cause: RefundCause,
    /// What becomes of the goods.
    goods: Goods,
    /// Where to send money that came by transfer to a virtual account.
    #[serde(default)]
    account: Option<RefundAccount>,
}

/// `POST …/payment`: charge a payment.
///
/// # Errors
/// Whatever is wrong with it; the processor's and the provider's refusals among them.
pub(crate) async fn pay(caller: Caller, request: Request) -> Answer {
    let Request { state, call, body, key, path: [segment, _], .. } = request;
    let (order, request) = asked(&segment, key.as_deref(), &caller, "payment")?;
    let Payment { payment_key, amount } = body::parse_json(&call, body)?;
    let amount = plausible(amount, "/amount")?;
    let command = OrderCommand::Pay { request, order, shopper: caller.id.clone(), payment_key, amount };
    apply(&state, &call, caller, request, command, applied).await
}

/// `POST …/cancel`: cancel some units or all of them.
///
/// # Errors
/// As for [`pay`].
pub(crate) async fn cancel(caller: Caller, request: Request) -> Answer {
    let Request { state, call, body, key, path: [segment, _], .. } = request;
    let (order, request) = asked(&segment, key.as_deref(), &caller, "cancel")?;
    let Cancellation { lines, account } = match body {
        Ok(body) if body.is_empty() => Cancellation::default(),
        body => body::parse_json(&call, body)?,
    };
    let (lines, account) = (some_or_all(lines)?, readable(account)?);
    let command = OrderCommand::Cancel { request, order, shopper: caller.id.clone(), lines, account };
    apply(&state, &call, caller, request, command, applied).await
}

/// `POST …/ship`: the goods are on their way.
///
/// # Errors
/// As for [`pay`].
pub(crate) async fn ship(caller: Caller, request: Request) -> Answer {
    about_goods(caller, request, "ship", |request, order| OrderCommand::Ship { request, order }).await
}

/// `POST …/deliver`: the goods are with the shopper.
///
/// # Errors
/// As for [`pay`].
pub(crate) async fn deliver(caller: Caller, request: Request) -> Answer {
    about_goods(caller, request, "deliver", |request, order| OrderCommand::Deliver { request, order }).await
}

async fn about_goods(
    caller: Caller,
    request: Request,
    word: &str,
    command: impl FnOnce(RequestId, OrderId) -> OrderCommand,
) -> Answer {
    let Request { state, call, body, key, path: [segment, _], .. } = request;
    let (order, request) = asked(&segment, key.as_deref(), &caller, word)?;
    body::expect_empty(&call, body)?;
    apply(&state, &call, caller, request, command(request, order), applied).await
}

/// `POST …/confirm`: the shopper confirms the purchase, or an operator does.
///
/// # Errors
/// As for [`pay`].
pub(crate) async fn confirm(caller: Caller, request: Request) -> Answer {
    let Request { state, call, body, key, path: [segment, _], .. } = request;
    let shopper = (!caller.is_operator()).then(|| caller.id.clone());
    let (order, request) = asked(&segment, key.as_deref(), &caller, "confirm")?;
    body::expect_empty(&call, body)?;
    let command = OrderCommand::ConfirmPurchase { request, order, shopper };
    apply(&state, &call, caller, request, command, applied).await
}

/// `POST …/refund`: an operator gives money back.
///
/// # Errors
/// As for [`pay`].
pub(crate) async fn refund(caller: Caller, request: Request) -> Answer {
    let Request { state, call, body, key, path: [segment, _], .. } = request;
    let (order, request) = asked(&segment, key.as_deref(), &caller, "refund")?;
    let RefundAsked { lines, cause, goods, account } = body::parse_json(&call, body)?;
    if !RefundCause::OF_OPERATORS.contains(&cause) {
        return Err(invalid("/cause", "must be changed_mind, undeliverable, faulty or misuse"));
    }
    let (lines, account) = (some_or_all(lines)?, readable(account)?);
    let command = OrderCommand::Refund { request, order, lines, cause, goods, account };
    apply(&state, &call, caller, request, command, applied).await
}

/// The order that the path names, and the request that the key makes of it.
fn asked(segment: &str, key: Option<&str>, caller: &Caller, word: &str) -> Result<(OrderId, RequestId), Problem> {
    let order = order_of(segment)?;
    let key = required(key)?;
    let request = RequestId::of(caller.id.as_str(), &format!("POST /v1/orders/{order}/{word}"), key);
    Ok((order, request))
}

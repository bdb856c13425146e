//! `POST /v1/webhooks/toss`: the payment provider says that something has happened. Nothing it says is believed: it becomes a hint
//! in the log, and the orders processor asks the provider. Stored first: 200 means that every in-sync replica has the hint.
//!
//! Source: Toss Payments, webhook events. Payment webhooks carry no signature; a delivery is repeated for days until it is
//! answered 200, so whatever can never become a hint is answered 200 too.

use bytes::Bytes;
use events::ids::{OrderId, PaymentKey, TransmissionId};
use events::orders::OrderCommand;
use events::payments::PaymentStatus;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use warp::http::{HeaderName, StatusCode};

use super::orders::named_here;
use super::{Answer, json};
use crate::handlers::Request;
use crate::problem::{Code, Problem};
use crate::request::{Call, body, json as strict};
use crate::state::State;

const TRANSMISSION: HeaderName = HeaderName::from_static("tosspayments-webhook-transmission-id");

/// What the provider sends. Fields that are not named here are ignored.
#[derive(Deserialize, JsonSchema)]
#[expect(
    dead_code,
    reason = "the document describes it; it is read field by field, since what is wrong with it differs by type"
)]
pub(crate) struct Webhook {
    /// `PAYMENT_STATUS_CHANGED`; `DEPOSIT_CALLBACK` or missing for a deposit. Others are answered 200 and ignored.
    #[serde(rename = "eventType")]
    event_type: Option<String>,
    /// The payment, of `PAYMENT_STATUS_CHANGED`: `orderId`, `paymentKey`, `status`.
    data: Option<Map<String, Value>>,
    /// The order, of a deposit.
    #[serde(rename = "orderId")]
    order_id: Option<String>,
    /// The status, of a deposit.
    status: Option<String>,
}

/// The webhook is stored, or nothing to store.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Stored {}

/// What a webhook says.
#[derive(PartialEq, Eq, Debug)]
enum Said {
    /// Something about a payment of an order of ours.
    Hint { order: OrderId, payment_key: Option<PaymentKey>, status: PaymentStatus },
    /// Nothing for us, and why.
    Nothing(&'static str),
}

/// Handles a webhook.
///
/// # Errors
/// `SENDER_REFUSED`, `NOT_A_WEBHOOK` and what else can be wrong with a body, 503 when it is not stored for certain.
pub(crate) async fn toss(request: Request) -> Answer {
    let Request { state, call, body, query, .. } = request;
    let taken = take(&query, &call, body, &state).await;
    state.metrics.webhook(match &taken {
        Ok(outcome) => outcome,
        Err(problem) => match problem.code() {
            Code::SenderRefused => "sender_refused",
            Code::RateLimited => "rate_limited",
            Code::Overloaded | Code::OutcomeUnknown => "not_stored",
            _ => "garbage",
        },
    });
    taken?;
    json(StatusCode::OK, &Stored {})
}

async fn take(query: &str, call: &Call, body: Result<Bytes, Problem>, state: &State) -> Result<&'static str, Problem> {
    let webhooks = &state.config.webhooks;
    state.limits.admit_sender(call, &webhooks.toss_networks, &state.metrics)?;
    if let Some(token) = &state.webhook_token
        && !token.is_in(query)
    {
        return Err(Problem::new(Code::SenderRefused).not_admitted());
    }
    let body = body?;
    body::must_be_json(call)?;
    let (order, payment_key, status) = match said(&strict::parse_any(&body)?)? {
        Said::Hint { order, payment_key, status } => (order, payment_key, status),
        Said::Nothing(why) => return Ok(why),
    };
    let transmission = transmission(call, &body)?;
    state.record(call, &OrderCommand::Hint { transmission, order, payment_key, status }).await?;
    Ok("stored")
}

/// The delivery's name: the provider's own, or what it says, hashed, so that a repeat is recognised either way.
fn transmission(call: &Call, body: &[u8]) -> Result<TransmissionId, Problem> {
    let given = call.only(&TRANSMISSION).and_then(|text| TransmissionId::new(text).ok());
    match given {
        Some(given) => Ok(given),
        None => TransmissionId::new(&blake3::hash(body).to_hex()).map_err(|_| Problem::new(Code::Internal)),
    }
}

fn said(webhook: &Value) -> Result<Said, Problem> {
    let garbage = |what: &'static str| Problem::new(Code::NotAWebhook).detail(what).not_admitted();
    let whole = webhook.as_object().ok_or_else(|| garbage("not an object"))?;
    let payment = match whole.get("eventType") {
        Some(Value::String(kind)) if kind == "PAYMENT_STATUS_CHANGED" => {
            whole.get("data").and_then(Value::as_object).ok_or_else(|| garbage("data is not an object"))?
        }
        Some(Value::String(kind)) if kind == "DEPOSIT_CALLBACK" => {
            whole.get("data").and_then(Value::as_object).unwrap_or(whole)
        }
        Some(Value::String(_)) => return Ok(Said::Nothing("unknown_type")),
        // A deposit's call back names no type.
        None => whole,
        Some(_) => return Err(garbage("eventType is not a text")),
    };
    let text = |name: &str| payment.get(name).and_then(Value::as_str);
    let order = text("orderId").ok_or_else(|| garbage("orderId is not a text"))?;
    let status = text("status").ok_or_else(|| garbage("status is not a text"))?;
    let payment_key = match payment.get("paymentKey") {
        None | Some(Value::Null) => None,
        Some(key) => {
            let key = key.as_str().and_then(|key| PaymentKey::new(key).ok());
            Some(key.ok_or_else(|| garbage("paymentKey is not a key"))?)
        }
    };
    let Some(order) = named_here(order) else { return Ok(Said::Nothing("foreign_order")) };
    let Some(status) = status_of(status) else { return Ok(Said::Nothing("unknown_status")) };
    Ok(Said::Hint { order, payment_key, status })
}

/// The provider's word for a status.
fn status_of(word: &str) -> Option<PaymentStatus> {
    Some(match word {
        "READY" => PaymentStatus::Ready,
        "IN_PROGRESS" => PaymentStatus::InProgress,
        "WAITING_FOR_DEPOSIT" => PaymentStatus::WaitingForDeposit,
        "DONE" => PaymentStatus::Done,
        "CANCELED" => PaymentStatus::Canceled,
        "PARTIAL_CANCELED" => PaymentStatus::PartialCanceled,
        "ABORTED" => PaymentStatus::Aborted,
        "EXPIRED" => PaymentStatus::Expired,
        _ => return None,
    })
}

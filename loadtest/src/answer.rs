//! What an answer means to a client. Each variant is what the client does next.

use std::time::Duration;

use audit::client_log::{Answered, Seen};
use events::coupons::Refusal;
use events::ids::{CouponId, OrderId};
use events::orders::{OrderAmounts, OrderState};
use serde::Deserialize;

use super::wire::Response;

/// What an answer means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Decided; the client is done.
    Decided(Answered),
    /// In the log, not decided yet: ask again what became of the request.
    Pending,
    /// Refused by ingress: nothing of this attempt is in the log, and another would be refused too.
    NotAccepted(Answered),
    /// Try again after a while with the same key.
    Again {
        /// How long.
        after: Option<Duration>,
        /// Whether this attempt may be in the log.
        trace: Trace,
        /// What was said.
        said: String,
    },
}

/// Whether an attempt may be in the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trace {
    /// It is not.
    None,
    /// Nobody can tell.
    Possible,
}

/// The fields a client reads, of any answer.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Body<'a> {
    #[serde(borrow)]
    status: Option<Status<'a>>,
    coupon: Option<CouponId>,
    code: Option<&'a str>,
    reason: Option<Refusal>,
    admitted: Option<bool>,
}

/// `status` is a word in our answers and a number in problem documents.
#[derive(Deserialize)]
#[serde(untagged)]
enum Status<'a> {
    Word(&'a str),
    Number(#[expect(dead_code, reason = "the status line says it too")] u16),
}

/// Reads the answer to a claim.
#[must_use]
pub fn to_claim(response: &Response) -> Answer {
    let body: Body<'_> = serde_json::from_slice(&response.body).unwrap_or_default();
    let code = || body.code.unwrap_or("NONE").to_owned();
    let refusal = body.code.and_then(refusal_of_code);
    match (response.status, body.admitted, body.coupon, refusal) {
        (201, _, Some(coupon), _) => Answer::Decided(Answered::Granted { coupon }),
        (202, ..) => Answer::Pending,
        (400..500, Some(true), _, Some(reason)) => Answer::Decided(Answered::Refused { reason }),
        (429 | 503, admitted, ..) => Answer::Again {
            after: response.retry_after.map(Duration::from_secs),
            trace: if admitted == Some(false) { Trace::None } else { Trace::Possible },
            said: format!("{} {}", response.status, code()),
        },
        (400..500, admitted, ..) if admitted != Some(true) => {
            Answer::NotAccepted(Answered::NotAccepted { status: response.status, code: code() })
        }
        (status, ..) => Answer::Again { after: None, trace: Trace::Possible, said: format!("{status} {}", code()) },
    }
}

/// Reads the answer to "what became of this request?"; nothing when it is not decided, as far as anybody there knows.
#[must_use]
pub fn to_lookup(response: &Response) -> Option<Answered> {
    if response.status != 200 {
        return None;
    }
    let body: Body<'_> = serde_json::from_slice(&response.body).unwrap_or_default();
    match (body.status?, body.coupon, body.reason) {
        (Status::Word("granted"), Some(coupon), _) => Some(Answered::Granted { coupon }),
        (Status::Word("refused"), _, Some(reason)) => Some(Answered::Refused { reason }),
        _ => None,
    }
}

/// The fields a client reads of any answer about an order. `reason` is a code here: of products, coupons, orders, payments.
#[derive(Deserialize, Default)]
#[serde(default)]
struct OrderBody<'a> {
    #[serde(borrow)]
    status: Option<Status<'a>>,
    order: Option<OrderId>,
    version: Option<u64>,
    state: Option<OrderState>,
    amounts: Option<OrderAmounts>,
    code: Option<&'a str>,
    reason: Option<&'a str>,
    admitted: Option<bool>,
}

impl OrderBody<'_> {
    fn seen(&self) -> Option<Seen> {
        Some(Seen { version: self.version?, state: self.state?, amounts: self.amounts? })
    }
}

/// Reads the answer to the placement of an order, or to a command to one.
#[must_use]
pub fn to_order(response: &Response) -> Answer {
    let body: OrderBody<'_> = serde_json::from_slice(&response.body).unwrap_or_default();
    let code = || body.code.unwrap_or("NONE").to_owned();
    match (response.status, body.admitted, &body.order, body.code) {
        (200 | 201, _, Some(order), _) if body.seen().is_some() => {
            Answer::Decided(Answered::Applied { order: order.clone(), seen: body.seen() })
        }
        (202, ..) => Answer::Pending,
        (429 | 503, admitted, ..) => Answer::Again {
            after: response.retry_after.map(Duration::from_secs),
            trace: if admitted == Some(false) { Trace::None } else { Trace::Possible },
            said: format!("{} {}", response.status, code()),
        },
        // The provider's refusal of a refund is a decision too, and comes as 502.
        (400..500 | 502, Some(true), _, Some(code)) => {
            Answer::Decided(Answered::OrderRefused { code: code.to_owned() })
        }
        (400..500, admitted, ..) if admitted != Some(true) => {
            Answer::NotAccepted(Answered::NotAccepted { status: response.status, code: code() })
        }
        (status, ..) => Answer::Again { after: None, trace: Trace::Possible, said: format!("{status} {}", code()) },
    }
}

/// Reads the answer to "what became of this request?" about an order; nothing when it is not decided, as far as anybody there
/// knows.
#[must_use]
pub fn to_order_lookup(response: &Response) -> Option<Answered> {
    if response.status != 200 {
        return None;
    }
    let body: OrderBody<'_> = serde_json::from_slice(&response.body).unwrap_or_default();
    match (body.status.as_ref()?, &body.order, body.reason) {
        (Status::Word("applied"), Some(order), _) => {
            Some(Answered::Applied { order: order.clone(), seen: body.seen() })
        }
        (Status::Word("refused"), _, Some(reason)) => Some(Answered::OrderRefused { code: reason.to_owned() }),
        _ => None,
    }
}

fn refusal_of_code(code: &str) -> Option<Refusal> {
    Refusal::ALL.into_iter().find(|refusal| refusal.code() == code)
}

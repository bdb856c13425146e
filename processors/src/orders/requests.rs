//! Requests that an order has decided or has yet to decide: a repeat is recognised, and gets the same answer.

use events::ids::{OrderId, RequestId};
use events::orders::{OrderAmounts, OrderState, Reason};
use events::request::{Fingerprint, Outcome, Reply};
use events::time::Timestamp;

use crate::policy;

/// A request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Remembered {
    pub(crate) request: RequestId,
    pub(crate) fingerprint: Fingerprint,
    /// When it was decided; until then, when it came.
    pub(crate) at: Timestamp,
    pub(crate) answer: Answer,
}

/// What was decided about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Answer {
    /// Nothing yet; the answer is awaited in this partition of the replies.
    Pending(Option<i32>),
    /// It was carried out.
    Applied(Applied),
    /// It was refused.
    Refused(Reason),
}

/// The order as it was when a request was carried out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Applied {
    pub(crate) version: u64,
    pub(crate) state: OrderState,
    pub(crate) amounts: OrderAmounts,
    pub(crate) deadline: Option<Timestamp>,
}

/// What a request is that has been seen before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Seen {
    /// The same, decided: this was the answer.
    Decided(Reply),
    /// The same, not decided yet.
    Pending,
    /// Another one under the same id.
    Conflict,
}

/// The requests of one order, oldest first; the first placed it and is never forgotten.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Requests(pub(crate) Vec<Remembered>);

impl Remembered {
    /// The answer, if there is one.
    pub(crate) fn reply(&self, order: &OrderId) -> Option<Reply> {
        let outcome = match &self.answer {
            Answer::Pending(_) => return None,
            Answer::Applied(applied) => Outcome::OrderApplied {
                order: order.clone(),
                version: applied.version,
                state: applied.state,
                amounts: applied.amounts,
                deadline: applied.deadline,
            },
            Answer::Refused(reason) => Outcome::OrderRefused { order: order.clone(), reason: reason.clone() },
        };
        Some(Reply { request: self.request, at: self.at, outcome })
    }

    fn is_pending(&self) -> bool {
        matches!(self.answer, Answer::Pending(_))
    }
}

impl Requests {
    /// What is known of a request. One that is pending is answered where it was last asked from.
    pub(crate) fn recall(
        &mut self,
        request: RequestId,
        fingerprint: Fingerprint,
        reply_to: Option<i32>,
        order: &OrderId,
    ) -> Option<Seen> {
        let known = self.find(request)?;
        if known.fingerprint != fingerprint {
            return Some(Seen::Conflict);
        }
        if let (Answer::Pending(to), Some(_)) = (&mut known.answer, reply_to) {
            *to = reply_to;
        }
        Some(known.reply(order).map_or(Seen::Pending, Seen::Decided))
    }

    /// Remembers a request that is to be decided. Beyond [`policy::REQUESTS_PER_ORDER`] the oldest decided one is forgotten: a
    /// repeat of it would be decided anew, by the order as it is then.
    pub(crate) fn begin(&mut self, request: Remembered) {
        if self.0.len() > policy::REQUESTS_PER_ORDER {
            let oldest = self.0.iter().skip(1).position(|known| !known.is_pending());
            if let Some(place) = oldest {
                self.0.remove(place + 1);
            }
        }
        self.0.push(request);
    }

    /// Whether a request awaits its decision.
    pub(crate) fn awaits(&self, request: RequestId) -> bool {
        self.0.iter().any(|known| known.request == request && known.is_pending())
    }

    /// Notes the decision; answers with where it is awaited, and the answer.
    pub(crate) fn decide(
        &mut self,
        request: RequestId,
        at: Timestamp,
        answer: Answer,
        order: &OrderId,
    ) -> Option<(i32, Reply)> {
        let known = self.find(request)?;
        let Answer::Pending(reply_to) = known.answer else { return None };
        known.at = at;
        known.answer = answer;
        reply_to.zip(known.reply(order))
    }

    fn find(&mut self, request: RequestId) -> Option<&mut Remembered> {
        self.0.iter_mut().rev().find(|known| known.request == request)
    }
}

//! Requests that an order has decided or has yet to decide: a repeat is recognised, and gets the same answer.

use events::ids::{OrderId, RequestId};
use events::orders::{OrderAmounts, OrderState, Reason};
use events::request::{Fingerprint, Outcome, Reply};
use events::time::Timestamp;

use crate::kit::requests::{self as kit, Remembered, Requests, Seen, Standing};

/// What was decided about a request.
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

impl kit::Answer for Answer {
    fn standing(&self) -> Standing {
        match self {
            Self::Pending(_) => Standing::Pending,
            Self::Applied(_) => Standing::Accepted,
            Self::Refused(_) => Standing::Refused,
        }
    }
}

impl Remembered<Answer> {
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
}

impl Requests<Answer> {
    /// What is known of a request: its answer, or none yet. One that is pending is answered where it was last sent from.
    pub(crate) fn recall_for(
        &mut self,
        request: RequestId,
        fingerprint: Fingerprint,
        reply_to: Option<i32>,
        order: &OrderId,
    ) -> Option<Seen<Option<Reply>>> {
        let known = self.find_mut(request)?;
        if known.fingerprint != fingerprint {
            return Some(Seen::Conflict);
        }
        if let (Answer::Pending(to), Some(_)) = (&mut known.answer, reply_to) {
            *to = reply_to;
        }
        Some(Seen::Repeat(known.reply(order)))
    }

    /// Whether a request awaits its decision.
    pub(crate) fn awaits(&self, request: RequestId) -> bool {
        self.0.iter().any(|known| known.request == request && matches!(known.answer, Answer::Pending(_)))
    }

    /// Notes the decision; answers with where it is awaited, and the answer.
    pub(crate) fn decide(
        &mut self,
        request: RequestId,
        at: Timestamp,
        answer: Answer,
        order: &OrderId,
    ) -> Option<(i32, Reply)> {
        let known = self.find_mut(request)?;
        let Answer::Pending(reply_to) = known.answer else { return None };
        known.at = at;
        known.answer = answer;
        reply_to.zip(known.reply(order))
    }
}

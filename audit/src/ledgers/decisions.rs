//! Which requests were decided, for the ledgers of coupons and of stock: once each, for as long as processors promise to remember.

use std::collections::BTreeMap;

use events::ids::RequestId;
use events::request::RETRY_WINDOW_MS;
use events::time::Timestamp;

/// What a decision was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Decision {
    /// It gave something that remembers its request: it is never taken again.
    Granted,
    /// It changed something. It is remembered for a retry window.
    Applied,
    /// It changed nothing. It is remembered for a retry window at most.
    Refused,
}

/// The last decision of each request.
#[derive(Debug, Default)]
pub(crate) struct Decisions(BTreeMap<RequestId, (Timestamp, Decision)>);

impl Decisions {
    /// Takes in a decision; tells whether it may be: it is the request's first, or a retry window lies between the two and the first
    /// one granted nothing.
    pub(crate) fn take(&mut self, request: RequestId, at: Timestamp, decision: Decision) -> bool {
        let Some((before, earlier)) = self.0.insert(request, (at, decision)) else { return true };
        let both_granted = earlier == Decision::Granted && decision == Decision::Granted;
        !both_granted && before.plus_millis(RETRY_WINDOW_MS) <= at
    }

    /// How many requests were decided.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

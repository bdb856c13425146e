//! Which requests were decided, for the ledgers of coupons and of stock: once each, for as long as processors promise to remember.

use std::collections::BTreeMap;

use events::ids::RequestId;
use events::request::RETRY_WINDOW_MS;
use events::time::Timestamp;

/// Whether a decision gave something, which is remembered with what was given, or refused it, which is remembered for a retry
/// window only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Decision {
    Applied,
    Refused,
}

/// The last decision of each request.
#[derive(Debug, Default)]
pub(crate) struct Decisions(BTreeMap<RequestId, (Timestamp, Decision)>);

impl Decisions {
    /// Takes in a decision; tells whether it may be: it is the request's first, or one of the two is a refusal and a retry window
    /// lies between them. A request that changed something is never applied again.
    pub(crate) fn take(&mut self, request: RequestId, at: Timestamp, decision: Decision) -> bool {
        let Some((before, earlier)) = self.0.insert(request, (at, decision)) else { return true };
        let refusal = decision == Decision::Refused || earlier == Decision::Refused;
        refusal && before.plus_millis(RETRY_WINDOW_MS) <= at
    }

    /// How many requests were decided.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

//! What clients were answered against what was decided. A request is judged by all of its sends together: a repeat may be turned
//! away by ingress while the first send was decided.

use std::collections::HashMap;

use events::ids::RequestId;
use projections::{RequestRow, RequestStatus};

use crate::client_log::{Answered, Entry};

/// What the clients of one request were answered, all sends together.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Sum {
    /// Every decision that was answered.
    decision: Option<Answered>,
    /// Whether some client does not know.
    unknown: bool,
}

/// What clients were answered.
#[derive(Debug, Default)]
pub struct Clients {
    requests: HashMap<RequestId, Sum>,
    contradiction: Option<String>,
    entries: u64,
}

impl Clients {
    /// Takes in one send.
    pub fn take(&mut self, entry: Entry) {
        self.entries += 1;
        let sum = self.requests.entry(entry.request).or_default();
        match entry.answered {
            Answered::NotAccepted { .. } => {}
            Answered::Unknown { .. } => sum.unknown = true,
            decision => match &sum.decision {
                Some(earlier) if !agree(earlier, &decision) => {
                    self.contradiction.get_or_insert_with(|| {
                        format!("{:?} was answered {earlier:?}, and then {decision:?}", entry.request)
                    });
                }
                _ => sum.decision = Some(decision),
            },
        }
    }

    /// How many sends were taken in.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// A request whose clients were answered two different decisions.
    #[must_use]
    pub fn contradiction(&self) -> Option<String> {
        self.contradiction.clone()
    }

    /// A request whose clients were answered another decision than the log holds.
    pub fn answered_otherwise<'a>(&self, decided: impl Fn(&RequestId) -> Option<&'a RequestRow>) -> Option<String> {
        self.requests.iter().find_map(|(request, sum)| {
            let answered = sum.decision.as_ref()?;
            let row = decided(request);
            let agrees = row.is_some_and(|row| match answered {
                Answered::Granted { coupon } => row.status == RequestStatus::Granted && row.coupon == Some(*coupon),
                Answered::Refused { reason } => refused_for(row, reason.code()),
                Answered::Applied { .. } => row.status == RequestStatus::Applied,
                Answered::OrderRefused { code } => refused_for(row, code),
                Answered::NotAccepted { .. } | Answered::Unknown { .. } => false,
            });
            (!agrees).then(|| format!("{request:?} was answered {answered:?}; the log says {row:?}"))
        })
    }

    /// A request that was refused by ingress every time and is in the log all the same.
    pub fn refused_and_logged(&self, is_in_log: impl Fn(&RequestId) -> bool) -> Option<String> {
        self.requests
            .iter()
            .find(|(request, sum)| sum.decision.is_none() && !sum.unknown && is_in_log(request))
            .map(|(request, _)| format!("{request:?} was refused by ingress every time, and yet it is in the log"))
    }
}

fn refused_for(row: &RequestRow, code: &str) -> bool {
    row.status == RequestStatus::Refused && row.reason.as_deref() == Some(code)
}

/// Whether two answers to one request may both be true. A command that was carried out may be answered again without, or with a later,
/// look at the order.
fn agree(earlier: &Answered, later: &Answered) -> bool {
    match (earlier, later) {
        (Answered::Applied { order: one, .. }, Answered::Applied { order: other, .. }) => one == other,
        (earlier, later) => earlier == later,
    }
}

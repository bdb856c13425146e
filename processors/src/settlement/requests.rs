//! The requests of operators about one seller, so that a repeat is recognised and gets its first reply.

use events::calendar::Day;
use events::ids::{RequestId, SellerId};
use events::money::Money;
use events::request::{Fingerprint, Outcome, Reply};
use events::settlement::{DayTotals, SettlementRefusal};
use events::time::Timestamp;

use crate::policy;

/// What a request is that has been seen before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Seen {
    /// The same: this was decided.
    Repeat(Remembered),
    /// Another one under the same id.
    Conflict,
}

/// A request and what was decided about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Remembered {
    pub(crate) request: RequestId,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) at: Timestamp,
    pub(crate) decided: Decided,
}

/// What was decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Decided {
    /// A policy was set.
    Set { version: u64, number: u32, from: Day },
    /// A day was closed.
    Closed { version: u64, day: Day, totals: DayTotals, payable: Money },
    /// It was refused.
    Refused(SettlementRefusal),
}

/// The newest requests about one seller, oldest first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Requests(pub(crate) Vec<Remembered>);

impl Remembered {
    /// Whether a command is this request again.
    pub(crate) fn seen(self, fingerprint: Fingerprint) -> Seen {
        if self.fingerprint == fingerprint { Seen::Repeat(self) } else { Seen::Conflict }
    }

    /// The reply to the request.
    pub(crate) fn reply(&self, seller: &SellerId) -> Reply {
        let seller = seller.clone();
        let outcome = match self.decided {
            Decided::Set { version, number, from } => Outcome::PolicyApplied { seller, version, number, from },
            Decided::Closed { version, day, totals, payable } => {
                Outcome::DayClosed { seller, version, day, totals, payable }
            }
            Decided::Refused(reason) => Outcome::SettlementRefused { reason },
        };
        Reply { request: self.request, at: self.at, outcome }
    }
}

impl Requests {
    /// What is known of a request.
    pub(crate) fn recall(&self, request: RequestId, fingerprint: Fingerprint) -> Option<Seen> {
        let known = self.0.iter().rev().find(|known| known.request == request)?;
        Some(known.seen(fingerprint))
    }

    /// Remembers a request. Beyond [`policy::REQUESTS_PER_SELLER`] the oldest is forgotten.
    pub(crate) fn remember(&mut self, request: Remembered) {
        let over = (self.0.len() + 1).saturating_sub(policy::REQUESTS_PER_SELLER);
        self.0.drain(..over);
        self.0.push(request);
    }
}

//! What was decided about the requests of operators about a seller, so that a repeat gets its first reply.

use events::calendar::Day;
use events::ids::SellerId;
use events::money::Money;
use events::request::{Outcome, Reply};
use events::settlement::{DayTotals, SettlementRefusal};

use crate::kit::requests::{Answer, Remembered, Standing};

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

impl Answer for Decided {
    fn standing(&self) -> Standing {
        match self {
            Self::Set { .. } | Self::Closed { .. } => Standing::Accepted,
            Self::Refused(_) => Standing::Refused,
        }
    }
}

impl Remembered<Decided> {
    /// The reply to the request.
    pub(crate) fn reply(&self, seller: &SellerId) -> Reply {
        let seller = seller.clone();
        let outcome = match self.answer {
            Decided::Set { version, number, from } => Outcome::PolicyApplied { seller, version, number, from },
            Decided::Closed { version, day, totals, payable } => {
                Outcome::DayClosed { seller, version, day, totals, payable }
            }
            Decided::Refused(reason) => Outcome::SettlementRefused { reason },
        };
        Reply { request: self.request, at: self.at, outcome }
    }
}

//! What was decided about the requests of merchants and operators, so that a repeat gets its first reply.

use events::ids::Sku;
use events::inventory::{StockLevel, StockRefusal};
use events::request::{Outcome, Reply};

use crate::kit::requests::{Answer, Remembered, Standing};

/// What was decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Decided {
    /// It was carried out; the product's version and units after it.
    Applied { version: u64, stock: StockLevel },
    /// It was refused.
    Refused(StockRefusal),
}

impl Answer for Decided {
    fn standing(&self) -> Standing {
        match self {
            Self::Applied { .. } => Standing::Accepted,
            Self::Refused(_) => Standing::Refused,
        }
    }
}

impl Decided {
    /// The outcome as the merchant gets it.
    pub(crate) fn outcome(self, sku: &Sku) -> Outcome {
        match self {
            Self::Applied { version, stock } => Outcome::ProductApplied { sku: sku.clone(), version, stock },
            Self::Refused(reason) => Outcome::ProductRefused { reason },
        }
    }
}

impl Remembered<Decided> {
    /// The reply to the request.
    pub(crate) fn reply(&self, sku: &Sku) -> Reply {
        Reply { request: self.request, at: self.at, outcome: self.answer.outcome(sku) }
    }
}

//! The requests of merchants and operators about one product, so that a repeat is recognised and gets its first reply.

use events::ids::{RequestId, Sku};
use events::inventory::{StockLevel, StockRefusal};
use events::request::{Fingerprint, Outcome, Reply};
use events::time::Timestamp;

use crate::policy;

/// What a request is that has been seen before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Seen<T> {
    /// The same: this was decided.
    Repeat(T),
    /// Another one under the same id.
    Conflict,
}

impl<T> Seen<T> {
    pub(crate) fn of(same: bool, decided: impl FnOnce() -> T) -> Self {
        if same { Self::Repeat(decided()) } else { Self::Conflict }
    }
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
    /// It was carried out; the product's version and units after it.
    Applied { version: u64, stock: StockLevel },
    /// It was refused.
    Refused(StockRefusal),
}

/// The newest requests about one product, oldest first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Requests(pub(crate) Vec<Remembered>);

impl Decided {
    /// The outcome as the merchant gets it.
    pub(crate) fn outcome(self, sku: &Sku) -> Outcome {
        match self {
            Self::Applied { version, stock } => Outcome::ProductApplied { sku: sku.clone(), version, stock },
            Self::Refused(reason) => Outcome::ProductRefused { reason },
        }
    }
}

impl Remembered {
    /// The reply to the request.
    pub(crate) fn reply(&self, sku: &Sku) -> Reply {
        Reply { request: self.request, at: self.at, outcome: self.decided.outcome(sku) }
    }
}

impl Requests {
    /// What is known of a request.
    pub(crate) fn recall(&self, request: RequestId, fingerprint: Fingerprint) -> Option<Seen<Remembered>> {
        let known = self.0.iter().rev().find(|known| known.request == request)?;
        Some(Seen::of(known.fingerprint == fingerprint, || *known))
    }

    /// Remembers a request. Beyond [`policy::REQUESTS_PER_PRODUCT`] the oldest is forgotten.
    pub(crate) fn remember(&mut self, request: Remembered) {
        let over = (self.0.len() + 1).saturating_sub(policy::REQUESTS_PER_PRODUCT);
        self.0.drain(..over);
        self.0.push(request);
    }
}

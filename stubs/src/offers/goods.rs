//! What the stub offers, and the name of that answer: another one after every change, and after every start.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use events::ids::Sku;
use serde::{Deserialize, Serialize};

/// An offer, as it is told and as it is shown. Nothing is checked but the product's name: it may be as wrong as anything.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Offer {
    pub(crate) price: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seen_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<i64>,
}

/// An offer with its product.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
pub(crate) struct Named {
    pub(crate) sku: Sku,
    #[serde(flatten)]
    pub(crate) offer: Offer,
}

/// A list of offers: the answer, and what replaces everything.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
pub(crate) struct List {
    pub(crate) offers: Vec<Named>,
}

/// What is offered.
pub(crate) struct Goods(Mutex<Inner>);

struct Inner {
    offers: BTreeMap<Sku, Offer>,
    life: u64,
    version: u64,
}

impl Goods {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Inner { offers: BTreeMap::new(), life: fastrand::u64(..), version: 0 }))
    }

    /// Changes what is offered.
    pub(crate) fn change(&self, change: impl FnOnce(&mut BTreeMap<Sku, Offer>)) {
        let mut inner = self.inner();
        change(&mut inner.offers);
        inner.version += 1;
    }

    /// The name of the answer as it is now.
    pub(crate) fn tag(&self) -> String {
        let inner = self.inner();
        format!("\"{:016x}-{}\"", inner.life, inner.version)
    }

    /// The answer as it is now, and its name.
    pub(crate) fn list(&self) -> List {
        let named = |(sku, offer): (&Sku, &Offer)| Named { sku: sku.clone(), offer: offer.clone() };
        List { offers: self.inner().offers.iter().map(named).collect() }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

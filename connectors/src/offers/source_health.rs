//! Which sources do not answer, as a health condition. A silent source is no reason to end: its offers expire, and our own price wins.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use events::ids::OfferSource;
use streams::service::{Condition, Health};

/// This part's name.
pub(crate) const PART: &str = "connectors.offers";

/// The condition of the sources. Cheap to clone.
#[derive(Clone)]
pub(crate) struct SourceHealth {
    health: Health,
    silent: Arc<Mutex<BTreeSet<OfferSource>>>,
}

impl SourceHealth {
    pub(crate) fn new(health: Health) -> Self {
        health.set(PART, Condition::Ready);
        Self { health, silent: Arc::default() }
    }

    /// A source answers, or does not.
    pub(crate) fn set(&self, source: &OfferSource, is_well: bool) {
        let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = if is_well { silent.remove(source) } else { silent.insert(source.clone()) };
        if is_news {
            let names: Vec<&str> = silent.iter().map(OfferSource::as_str).collect();
            self.health.set(
                PART,
                if names.is_empty() {
                    Condition::Ready
                } else {
                    Condition::Degraded(format!("price servers that do not answer: {}", names.join(", ")))
                },
            );
        }
    }
}

//! The age of the oldest command without an answer, computed when somebody looks: it rises while the dispatcher hangs.

use std::sync::{Arc, Mutex, PoisonError};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Gauge, Registry};
use tokio::time::Instant;

/// Since when the oldest command waits for its answer. Cheap to clone.
#[derive(Clone)]
pub(crate) struct OldestUnfinished {
    since: Arc<Mutex<Option<Instant>>>,
    age: Gauge,
}

impl OldestUnfinished {
    /// Makes and registers it.
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let age = Gauge::new(
            "timesale_toss_oldest_unfinished_age_seconds",
            "Age of the oldest command that has no answer yet, computed at scrape; 0 when there is none.",
        )?;
        let metric = Self { since: Arc::default(), age };
        registry.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    /// The oldest command has waited since then; none waits.
    pub(crate) fn set(&self, since: Option<Instant>) {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }
}

impl Collector for OldestUnfinished {
    fn desc(&self) -> Vec<&Desc> {
        self.age.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let since = *self.since.lock().unwrap_or_else(PoisonError::into_inner);
        self.age.set(since.map_or(0.0, |since| since.elapsed().as_secs_f64()));
        self.age.collect()
    }
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;
    use std::time::Duration;

    use prometheus::Registry;
    use tokio::time::Instant;

    use super::OldestUnfinished;

    #[test]
    fn the_age_rises_without_anybody_setting_it() {
        let registry = Registry::new();
        let oldest = OldestUnfinished::register(&registry).unwrap();
        let age = || registry.gather()[0].get_metric()[0].get_gauge().get_value();
        assert_eq!(age(), 0.0);
        oldest.set(Some(Instant::now()));
        let before = age();
        sleep(Duration::from_millis(5));
        assert!(age() >= before + 0.005);
        oldest.set(None);
        assert_eq!(age(), 0.0);
    }
}

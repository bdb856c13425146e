//! How far this process is behind the topics that it follows. It follows them without a group, so nobody outside can know; it is computed
//! when somebody looks, so it rises while a follower hangs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{GaugeVec, Opts, Registry};
use streams::clock::now_ms;
use streams::feed::Backlog;

/// The backlog of each topic's feed, the newest one. Cheap to clone.
#[derive(Clone)]
pub(crate) struct FollowLag {
    backlogs: Arc<Mutex<BTreeMap<&'static str, Arc<Backlog>>>>,
    lag: GaugeVec,
}

impl FollowLag {
    /// Makes and registers it.
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let options = Opts::new(
            "timesale_ingress_follow_lag_seconds",
            "Now minus the timestamp of the oldest record that was fetched and not handled, or of the last one handled while the \
             reader is catching up, computed at scrape; else 0.",
        );
        let metric = Self { backlogs: Arc::default(), lag: GaugeVec::new(options, &["topic", "partition"])? };
        registry.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    /// This topic is read by the feed with this backlog from now on.
    pub(crate) fn follow(&self, topic: &'static str, backlog: Arc<Backlog>) {
        self.backlogs.lock().unwrap_or_else(PoisonError::into_inner).insert(topic, backlog);
    }
}

impl Collector for FollowLag {
    fn desc(&self) -> Vec<&Desc> {
        self.lag.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let backlogs = self.backlogs.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now_ms();
        for (topic, backlog) in backlogs.iter() {
            for (partition, oldest) in backlog.oldest() {
                let behind_ms = oldest.map_or(0, |oldest| now.saturating_sub(oldest).max(0));
                #[expect(clippy::cast_precision_loss, reason = "far below 2^53 milliseconds")]
                let behind = behind_ms as f64 / 1_000.0;
                self.lag.with_label_values(&[*topic, &partition.to_string()]).set(behind);
            }
        }
        self.lag.collect()
    }
}

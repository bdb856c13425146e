//! Shows the newest snapshot as metrics. A scrape asks nobody: it writes down what the last look saw, and makes what waits older by the time
//! since.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use prometheus::core::{Collector as RegistryCollector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Histogram, HistogramOpts, Registry};

use super::collector::{Latest, Question, View};
use super::config::Config;
use super::families::{self as family, alias};
use super::snapshot::{GroupLag, PartitionLag, Pending, Snapshot, State, Status, TopicLag};
use crate::families::{Collected, count, descriptions, number, whole};

/// Beyond so many series those of single partitions are left out.
const MOST_SERIES: usize = 5_000;
/// Series that a partition of a group has, and those of its second names.
const OF_GROUP: (usize, usize) = (7, 2);
/// Series that a partition has, whoever reads it, and those of its second names.
const OF_PARTITION: (usize, usize) = (4, 2);
/// Partitions with open transactions that are shown although single partitions are left out: those that have stood longest.
const MOST_PENDING: usize = 100;

/// The metrics of lag.
#[derive(Clone)]
pub struct LagMetrics {
    latest: Latest,
    cluster: String,
    has_aliases: bool,
    descriptions: Vec<Desc>,
    /// Whether single partitions were left out at the newest scrape.
    are_left_out: Arc<AtomicBool>,
}

impl LagMetrics {
    /// Registers the metrics of what a collector sees.
    ///
    /// # Errors
    /// [`prometheus::Error`] when a name is taken.
    pub fn register(registry: &Registry, config: &Config, latest: Latest) -> Result<(), prometheus::Error> {
        let descriptions = descriptions(&family::ALL)?;
        let (cluster, has_aliases) = (config.cluster_name.clone(), config.aliases);
        let are_left_out = Arc::default();
        registry.register(Box::new(Self { latest, cluster, has_aliases, descriptions, are_left_out }))
    }

    fn collect_from(&self, view: &View, now: Instant) -> Collected {
        let mut out = Collected::default();
        about_the_collector(&mut out, view);
        if let (Some(snapshot), Some(taken)) = (&view.snapshot, view.taken) {
            let since = now.saturating_duration_since(taken).as_secs_f64();
            let has_partitions = self.has_room_for_partitions(snapshot);
            for group in &snapshot.groups {
                self.group(&mut out, group, since, has_partitions);
            }
            if has_partitions {
                snapshot.partitions.iter().for_each(|pending| self.partition(&mut out, pending, since));
            } else {
                // What hangs is shown even where single partitions are not.
                longest_pending(snapshot).for_each(|pending| of_transactions(&mut out, pending, since));
            }
            if self.has_aliases {
                let mut counts = std::collections::BTreeMap::<&str, u32>::new();
                snapshot.partitions.iter().for_each(|pending| *counts.entry(&pending.topic).or_default() += 1);
                counts.into_iter().for_each(|(topic, count)| out.add(alias::PARTITIONS, &[topic], count.into()));
            }
        }
        let series = out.series() + 1;
        out.add(family::SERIES, &[], whole(series));
        out
    }

    /// Whether the series of single partitions fit into the bound. When that changes, the log says so.
    fn has_room_for_partitions(&self, snapshot: &Snapshot) -> bool {
        let series = |(first, second): (usize, usize)| first + if self.has_aliases { second } else { 0 };
        let of_groups = snapshot.groups.iter().flat_map(|group| &group.topics).map(|topic| topic.partitions.len());
        let expected = of_groups.sum::<usize>() * series(OF_GROUP) + snapshot.partitions.len() * series(OF_PARTITION);
        let are_left_out = expected > MOST_SERIES;
        if self.are_left_out.swap(are_left_out, Ordering::Relaxed) != are_left_out {
            if are_left_out {
                tracing::warn!(series = expected, most = MOST_SERIES, "series of single partitions are left out");
            } else {
                tracing::info!(series = expected, most = MOST_SERIES, "series of single partitions are shown again");
            }
        }
        !are_left_out
    }

    fn group(&self, out: &mut Collected, group: &GroupLag, since: f64, has_partitions: bool) {
        let (cluster, name) = (self.cluster.as_str(), group.group.as_str());
        for state in State::ALL {
            out.add(family::STATE, &[name, state.word()], f64::from(u8::from(group.state == state)));
        }
        if let Some(members) = group.members {
            out.add(family::MEMBERS, &[name], whole(members));
            if self.has_aliases {
                out.add(alias::MEMBERS, &[name], whole(members));
            }
        }
        if group.topics.iter().any(|topic| !topic.partitions.is_empty()) {
            out.add(family::GROUP_SUM_LAG, &[cluster, name], number(group.records()));
            out.add(family::GROUP_MAX_LAG, &[cluster, name], number(group.most_records()));
        }
        let seconds = group.topics.iter().flat_map(|topic| &topic.partitions).filter_map(|lag| aged(lag, since));
        if let Some(seconds) = seconds.reduce(f64::max) {
            out.add(family::GROUP_MAX_LAG_SECONDS, &[cluster, name], seconds);
        }
        for topic in &group.topics {
            self.topic(out, name, topic);
            for lag in topic.partitions.iter().filter(|_| has_partitions) {
                self.group_in_partition(out, name, topic, lag, since);
            }
        }
    }

    fn topic(&self, out: &mut Collected, group: &str, topic: &TopicLag) {
        let labels = [group, topic.topic.as_str()];
        for status in Status::ALL {
            let is_it = f64::from(u8::from(topic.status == status));
            out.add(family::STATUS, &[group, &topic.topic, status.word()], is_it);
        }
        out.add(family::WITHOUT_COMMIT, &labels, whole(topic.without_commit));
        out.add(family::REWINDS, &labels, count(topic.rewinds));
        if !topic.partitions.is_empty() {
            out.add(family::GROUP_TOPIC_SUM_LAG, &[&self.cluster, group, &topic.topic], number(topic.records));
            if self.has_aliases {
                out.add(alias::LAG_SUM, &labels, number(topic.records));
            }
        }
        let optional = [
            (family::SLO, topic.slo_seconds.map(f64::from)),
            (family::TREND, topic.trend),
            (family::CATCH_UP, topic.catch_up_seconds),
            (family::UNASSIGNED, topic.unassigned.map(whole)),
        ];
        for (family, value) in optional {
            if let Some(value) = value {
                out.add(family, &labels, value);
            }
        }
    }

    fn group_in_partition(&self, out: &mut Collected, group: &str, topic: &TopicLag, lag: &PartitionLag, since: f64) {
        let (cluster, topic, partition) = (self.cluster.as_str(), topic.topic.as_str(), lag.partition.to_string());
        let of_cluster = [cluster, group, topic, &partition];
        let labels = [group, topic, &partition];
        out.add(family::GROUP_OFFSET, &of_cluster, number(lag.position));
        out.add(family::GROUP_LAG, &of_cluster, number(lag.records));
        if let Some(seconds) = aged(lag, since) {
            out.add(family::GROUP_LAG_SECONDS, &of_cluster, seconds);
        }
        if let Some(moved_ms) = lag.moved_ms {
            out.add(family::COMMITTED, &labels, number(moved_ms) / 1_000.0);
        }
        out.add(family::LOST, &labels, number(lag.lost));
        out.add(family::RETENTION, &labels, lag.retention_ratio);
        out.add(family::INFLATED, &labels, f64::from(u8::from(lag.is_inflated)));
        if self.has_aliases {
            out.add(alias::CURRENT_OFFSET, &labels, number(lag.position));
            out.add(alias::LAG, &labels, number(lag.records));
        }
    }

    fn partition(&self, out: &mut Collected, pending: &Pending, since: f64) {
        let (topic, partition) = (pending.topic.as_str(), pending.partition.to_string());
        of_transactions(out, pending, since);
        out.add(family::LATEST_OFFSET, &[&self.cluster, topic, &partition], number(pending.stable));
        out.add(family::EARLIEST_OFFSET, &[&self.cluster, topic, &partition], number(pending.first));
        if self.has_aliases {
            out.add(alias::CURRENT, &[topic, &partition], number(pending.stable));
            out.add(alias::OLDEST, &[topic, &partition], number(pending.first));
        }
    }
}

impl RegistryCollector for LagMetrics {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.collect_from(&self.latest.view(), Instant::now()).into_families()
    }
}

/// Partitions with open transactions, as many as are shown of very many, those that have stood longest.
fn longest_pending(snapshot: &Snapshot) -> impl Iterator<Item = &Pending> {
    let mut pending: Vec<&Pending> = snapshot.partitions.iter().filter(|pending| pending.records() > 0).collect();
    pending.sort_by(|one, other| other.pending_seconds.total_cmp(&one.pending_seconds));
    pending.into_iter().take(MOST_PENDING)
}

/// A partition's open transactions.
fn of_transactions(out: &mut Collected, pending: &Pending, since: f64) {
    let labels = [pending.topic.as_str(), &pending.partition.to_string()];
    let age = if pending.records() > 0 { pending.pending_seconds + since } else { 0.0 };
    out.add(family::PENDING_RECORDS, &labels, number(pending.records()));
    out.add(family::PENDING_AGE, &labels, age);
}

/// Seconds of lag now: what waits has grown older since the look.
fn aged(lag: &PartitionLag, since: f64) -> Option<f64> {
    lag.seconds.map(|seconds| if lag.records > 0 { seconds + since } else { 0.0 })
}

fn about_the_collector(out: &mut Collected, view: &View) {
    out.add(family::UP, &[], f64::from(u8::from(view.is_up)));
    out.add(family::LAST_SUCCESS, &[], number(view.last_success_ms) / 1_000.0);
    for (question, errors) in Question::ALL.iter().zip(view.errors) {
        out.add(family::ERRORS, &[question.word()], count(errors));
    }
    let counted = view.counted;
    let counts = [
        (family::RESOLVED, "record", counted.by_record),
        (family::RESOLVED, "samples", counted.by_samples),
        (family::CLAMPED, "future_timestamp", counted.in_future),
        (family::CLAMPED, "position_beyond_end", counted.beyond_end),
    ];
    for (family, label, value) in counts {
        out.add(family, &[label], count(value));
    }
}

/// How long looks take.
///
/// # Errors
/// [`prometheus::Error`] when the name is taken.
pub fn look_duration(registry: &Registry) -> Result<Histogram, prometheus::Error> {
    let options =
        HistogramOpts::new("timesale_lag_exporter_collect_duration_seconds", "Time of one collection of lag.")
            .buckets(vec![0.01, 0.03, 0.1, 0.3, 1.0, 3.0]);
    let histogram = Histogram::with_opts(options)?;
    registry.register(Box::new(histogram.clone()))?;
    Ok(histogram)
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;

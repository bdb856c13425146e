//! Families of metrics that are made when they are asked for, from what is known at that moment: nothing that was set once can stand still.

use std::collections::BTreeMap;

use prometheus::core::Desc;
use prometheus::proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType};

/// A family of metrics: its name, help text and labels, and whether it only grows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Family {
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    pub(crate) labels: &'static [&'static str],
    pub(crate) is_counter: bool,
}

/// A family of numbers that come and go.
pub(crate) const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Family {
    Family { name, help, labels, is_counter: false }
}

/// A family of numbers that only grow.
pub(crate) const fn counter(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Family {
    Family { name, help, labels, is_counter: true }
}

/// Series by family, as they are collected.
#[derive(Default)]
pub(crate) struct Collected {
    families: BTreeMap<&'static str, (Family, Vec<Metric>)>,
    series: usize,
}

impl Collected {
    /// Adds a series; the label values in the order of the family's labels.
    pub(crate) fn add(&mut self, family: Family, labels: &[&str], value: f64) {
        let mut metric = Metric::default();
        let pair = |(name, value): (&&str, &&str)| {
            let mut pair = LabelPair::default();
            pair.set_name((*name).to_owned());
            pair.set_value((*value).to_owned());
            pair
        };
        // By name, as the registry has those of its own metrics.
        let mut pairs: Vec<LabelPair> = family.labels.iter().zip(labels).map(pair).collect();
        pairs.sort_by(|one, other| one.name().cmp(other.name()));
        metric.set_label(pairs);
        if family.is_counter {
            let mut counter = Counter::default();
            counter.set_value(value);
            metric.set_counter(counter);
        } else {
            let mut gauge = Gauge::default();
            gauge.set_value(value);
            metric.set_gauge(gauge);
        }
        self.families.entry(family.name).or_insert_with(|| (family, Vec::new())).1.push(metric);
        self.series += 1;
    }

    /// How many series there are.
    pub(crate) const fn series(&self) -> usize {
        self.series
    }

    /// In the shape of the registry.
    pub(crate) fn into_families(self) -> Vec<MetricFamily> {
        let family = |(family, metrics): (Family, Vec<Metric>)| {
            let mut made = MetricFamily::default();
            made.set_name(family.name.to_owned());
            made.set_help(family.help.to_owned());
            made.set_field_type(if family.is_counter { MetricType::COUNTER } else { MetricType::GAUGE });
            made.set_metric(metrics);
            made
        };
        self.families.into_values().map(family).collect()
    }
}

/// What a registry wants to know of families before it has any.
///
/// # Errors
/// [`prometheus::Error`] when a name or a label is none.
pub(crate) fn descriptions(families: &[Family]) -> Result<Vec<Desc>, prometheus::Error> {
    let description = |family: &Family| {
        let labels = family.labels.iter().map(|label| (*label).to_owned()).collect();
        Desc::new(family.name.to_owned(), family.help.to_owned(), labels, std::collections::HashMap::new())
    };
    families.iter().map(description).collect()
}

/// A number of a metric.
#[expect(clippy::cast_precision_loss, reason = "metrics are floating-point numbers")]
pub(crate) const fn number(value: i64) -> f64 {
    value as f64
}

/// A count of a metric.
#[expect(clippy::cast_precision_loss, reason = "metrics are floating-point numbers")]
pub(crate) const fn count(value: u64) -> f64 {
    value as f64
}

/// How many there are.
#[expect(clippy::cast_precision_loss, reason = "metrics are floating-point numbers")]
pub(crate) const fn whole(value: usize) -> f64 {
    value as f64
}

//! The kinds of metrics that the runtime uses. With the feature `metrics` they are Prometheus'; without it they do nothing and cost
//! nothing.

/// Why metrics cannot be made: a registry has their names already.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("metrics: {0}")]
pub struct MetricsError(String);

#[cfg(feature = "metrics")]
pub(crate) use enabled::{
    Gauge, GaugeVec, Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Maker,
};

#[cfg(not(feature = "metrics"))]
pub(crate) use disabled::{
    Gauge, GaugeVec, Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Maker,
};

#[cfg(feature = "metrics")]
mod enabled {
    pub(crate) use prometheus::{
        Gauge, GaugeVec, Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec,
    };
    use prometheus::{HistogramOpts, Opts, Registry};

    use super::MetricsError;

    impl From<prometheus::Error> for MetricsError {
        fn from(error: prometheus::Error) -> Self {
            Self(error.to_string())
        }
    }

    /// Makes metrics and registers them, if there is a registry.
    pub(crate) struct Maker<'a> {
        registry: Option<&'a Registry>,
        namespace: &'static str,
        /// A label that every metric has, and its value.
        label: Option<(&'static str, &'a str)>,
    }

    impl<'a> Maker<'a> {
        /// Metrics whose names begin with this word.
        pub(crate) fn new(registry: &'a Registry, namespace: &'static str) -> Self {
            Self { registry: Some(registry), namespace, label: None }
        }

        /// The same, with this label and value on every metric, so that a registry can hold several of each name.
        pub(crate) fn labelled(mut self, name: &'static str, value: &'a str) -> Self {
            self.label = Some((name, value));
            self
        }

        /// Metrics that are counted and never shown.
        pub(crate) fn unregistered(namespace: &'static str) -> Self {
            Self { registry: None, namespace, label: None }
        }

        /// Its buckets double from `first` seconds on.
        pub(crate) fn histogram(
            &self,
            name: &str,
            help: &str,
            labels: &[&str],
            (first, count): (f64, usize),
        ) -> Result<HistogramVec, MetricsError> {
            let buckets = prometheus::exponential_buckets(first, 2.0, count)?;
            let opts = HistogramOpts { common_opts: self.opts(name, help), buckets };
            self.register(HistogramVec::new(opts, labels)?)
        }

        pub(crate) fn counter(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntCounterVec, MetricsError> {
            self.register(IntCounterVec::new(self.opts(name, help), labels)?)
        }

        pub(crate) fn gauge(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntGaugeVec, MetricsError> {
            self.register(IntGaugeVec::new(self.opts(name, help), labels)?)
        }

        pub(crate) fn float_gauge(&self, name: &str, help: &str, labels: &[&str]) -> Result<GaugeVec, MetricsError> {
            self.register(GaugeVec::new(self.opts(name, help), labels)?)
        }

        fn opts(&self, name: &str, help: &str) -> Opts {
            let opts = Opts::new(name, help).namespace(self.namespace);
            match self.label {
                Some((name, value)) => opts.const_label(name, value),
                None => opts,
            }
        }

        fn register<C>(&self, collector: C) -> Result<C, MetricsError>
        where
            C: prometheus::core::Collector + Clone + 'static,
        {
            if let Some(registry) = self.registry {
                registry.register(Box::new(collector.clone()))?;
            }
            Ok(collector)
        }
    }
}

#[cfg(not(feature = "metrics"))]
mod disabled {
    use super::MetricsError;

    /// Stands for every kind of metric.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Nothing;

    pub(crate) type Gauge = Nothing;
    pub(crate) type GaugeVec = Nothing;
    pub(crate) type Histogram = Nothing;
    pub(crate) type HistogramVec = Nothing;
    pub(crate) type IntCounter = Nothing;
    pub(crate) type IntCounterVec = Nothing;
    pub(crate) type IntGauge = Nothing;
    pub(crate) type IntGaugeVec = Nothing;

    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "the shape of Prometheus' methods")]
    impl Nothing {
        pub(crate) fn with_label_values<L: AsRef<str>>(&self, _: &[L]) -> Self {
            Self
        }

        pub(crate) fn remove_label_values<L: AsRef<str>>(&self, _: &[L]) -> Result<(), MetricsError> {
            Ok(())
        }

        pub(crate) fn inc(&self) {}

        pub(crate) fn dec(&self) {}

        pub(crate) fn inc_by(&self, _: u64) {}

        pub(crate) fn set<N>(&self, _: N) {}

        pub(crate) fn observe(&self, _: f64) {}
    }

    /// Makes nothing.
    pub(crate) struct Maker<'a>(std::marker::PhantomData<&'a ()>);

    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "the shape of the maker with the feature")]
    impl Maker<'_> {
        pub(crate) fn unregistered(_: &'static str) -> Self {
            Self(std::marker::PhantomData)
        }

        pub(crate) fn histogram(
            &self,
            _: &str,
            _: &str,
            _: &[&str],
            _: (f64, usize),
        ) -> Result<HistogramVec, MetricsError> {
            Ok(Nothing)
        }

        pub(crate) fn counter(&self, _: &str, _: &str, _: &[&str]) -> Result<IntCounterVec, MetricsError> {
            Ok(Nothing)
        }

        pub(crate) fn gauge(&self, _: &str, _: &str, _: &[&str]) -> Result<IntGaugeVec, MetricsError> {
            Ok(Nothing)
        }

        pub(crate) fn float_gauge(&self, _: &str, _: &str, _: &[&str]) -> Result<GaugeVec, MetricsError> {
            Ok(Nothing)
        }
    }
}

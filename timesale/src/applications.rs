//! The processors as running applications: which there are, how many threads each gets, and how they end together. Each reads
//! one inbox in a group of its own, so each can be stopped, scaled and watched by itself.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use console::serve::Application as Declared;
use events::prices::PriceRefusal;
use prometheus::{IntCounterVec, Opts, Registry};
use streams::application::{Application, ApplicationConfig, ApplicationError};
use streams::kafka::{KafkaBroker, SlotConfig};
use streams::metrics::Metrics;
use streams::service::{Condition, Health, Shutdown};
use streams::topology::Topology;

use crate::config::Config;
use crate::parts::PartError;

/// Makes an application's topology, which may count in this registry.
type MakeTopology = fn(&Registry) -> anyhow::Result<Topology>;

/// Every application, by its id.
const ALL: [(&str, MakeTopology); 5] = [
    (processors::coupons::NAME, |_| Ok(processors::coupons::topology()?)),
    (processors::inventory::NAME, |_| Ok(processors::inventory::topology()?)),
    (processors::orders::NAME, |_| Ok(processors::orders::topology()?)),
    (processors::prices::NAME, prices),
    (processors::settlement::NAME, |_| Ok(processors::settlement::topology()?)),
];

/// How long stream threads may take to end; a little less than the process has.
const THREADS_END_WITHIN: Duration = Duration::from_secs(9);

/// The ids of every application.
pub(crate) fn names() -> [&'static str; ALL.len()] {
    ALL.map(|(name, _)| name)
}

/// How many threads each of `applications` gets where the configuration leaves it open: the CPUs are shared out among them, and
/// each gets at least one. An idle thread costs little; a busy one is kept from being one of many on its CPU.
fn threads_for_each(applications: usize, cpus: usize) -> usize {
    (cpus / applications.max(1)).max(1)
}

/// Runs the configured applications until shutdown.
///
/// # Errors
/// [`PartError`] when one cannot be started, or did not end in time. One that fails later says so in its health, which ends the
/// process.
pub(crate) async fn run(
    config: &Config,
    health: &Health,
    registry: &Registry,
    mut shutdown: Shutdown,
) -> Result<(), PartError> {
    let metrics = Metrics::new(registry).map_err(|error| PartError::Internal(error.into()))?;
    let metrics = metrics.with_dead_letter_reasons(&processors::DEAD_LETTER_REASONS);
    let wanted: Vec<MakeTopology> = ALL
        .into_iter()
        .filter(|(name, _)| config.processors.applications.iter().any(|wanted| wanted == name))
        .map(|(_, topology)| topology)
        .collect();
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = match config.processors.threads {
        0 => threads_for_each(wanted.len(), cpus),
        threads => threads,
    };
    let mut applications = Vec::with_capacity(wanted.len());
    for topology in wanted {
        let topology = topology(registry).map_err(PartError::Internal)?;
        applications.push(start(topology, threads, config, &metrics, health, &shutdown)?);
    }
    health.set("processors", Condition::Ready);
    shutdown.requested().await;
    tokio::task::spawn_blocking(move || join(applications))
        .await
        .context("waiting for the stream threads")
        .map_err(PartError::Internal)?
}

/// What each application reads and writes, as it declares it, and the group with which it reads.
pub(crate) fn declared(prefix: &str) -> anyhow::Result<Vec<Declared>> {
    // What an application counts is registered nowhere: it does not run here.
    let registry = Registry::new();
    let declared = |(_, topology): (&str, MakeTopology)| {
        let topology = topology(&registry)?;
        Ok(Declared {
            name: topology.name().to_string(),
            group: format!("{prefix}.{}", topology.name()),
            input: topology.source().to_string(),
            outputs: topology.sinks().iter().map(ToString::to_string).collect(),
        })
    };
    ALL.into_iter().map(declared).collect()
}

/// A counter by a label with these values. All are shown from the beginning: whoever watches a rate would miss the first of a series
/// that only appears with it.
fn counter<const N: usize>(
    registry: &Registry,
    options: Opts,
    label: &str,
    values: [&str; N],
) -> anyhow::Result<IntCounterVec> {
    let counter = IntCounterVec::new(options, &[label])?;
    registry.register(Box::new(counter.clone()))?;
    values.into_iter().for_each(|value| counter.with_label_values(&[value]).reset());
    Ok(counter)
}

/// Prices, with a counter of the offers that are refused: price servers get no reply.
fn prices(registry: &Registry) -> anyhow::Result<Topology> {
    let help = "Offers of other shops that were refused; one that is decided again after an abort counts again.";
    let options = Opts::new("timesale_prices_offers_refused_total", help);
    let refused = counter(registry, options, "reason", PriceRefusal::ALL.map(PriceRefusal::code))?;
    Ok(processors::prices::topology(move |reason| refused.with_label_values(&[reason.code()]).inc())?)
}

fn start(
    topology: Topology,
    threads: usize,
    config: &Config,
    metrics: &Metrics,
    health: &Health,
    shutdown: &Shutdown,
) -> Result<Application, PartError> {
    let section = &config.processors;
    let application = ApplicationConfig {
        threads: u32::try_from(threads).unwrap_or(1),
        instance: section.instance.clone(),
        commit_interval_ms: u32::try_from(section.commit_interval_ms).unwrap_or(u32::MAX),
        ..ApplicationConfig::default()
    };
    let group = format!("{}.{}", section.prefix, topology.name());
    let connect = {
        let (cluster, source) = (config.kafka.clone(), topology.source().to_string());
        let (group, instance) = (group.clone(), section.instance.clone());
        move |slot: u32| {
            KafkaBroker::new(&cluster, SlotConfig::new(&group, &format!("{group}.{instance}.{slot}"), &source))
        }
    };
    let application = Application::start(topology, connect, application, metrics, health, shutdown)
        .map_err(|error| PartError::Internal(error.into()))?;
    tracing::info!(group, threads, "an application runs");
    Ok(application)
}

/// All are stopped at once, so they end side by side: one deadline for all. Every one that is stuck is named.
fn join(applications: Vec<Application>) -> Result<(), PartError> {
    let until = Instant::now() + THREADS_END_WITHIN;
    let mut worst = Ok(());
    for application in applications {
        if let Err(error) = application.join(until.saturating_duration_since(Instant::now())) {
            tracing::error!(%error, "an application did not end well");
            worst = Err(match error {
                ApplicationError::Stuck { .. } => PartError::DrainDeadline(error.into()),
                ApplicationError::Start { .. } => PartError::Internal(error.into()),
            });
        }
    }
    worst
}

#[cfg(test)]
#[path = "applications_tests.rs"]
mod tests;

//! One call that runs processors on a Kafka cluster until it is told to stop.
//!
//! ```no_run
//! # fn topology() -> Result<logstreams::Topology, logstreams::TopologyError> { unimplemented!() }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut config = logstreams::RunConfig::new("127.0.0.1:9092");
//! config.application.threads = 2;
//! logstreams::run([topology()?], config)?;
//! # Ok(())
//! # }
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::application::{Application, ApplicationConfig, ApplicationError};
use crate::kafka::{Admin, AdminError, ClusterConfig, KafkaBroker, SlotConfig, TopicToCreate};
use crate::metrics::{Metrics, MetricsError};
use crate::service::{Condition, Health, Shutdown, shutdown};
use crate::topology::Topology;

/// How processors are run. Make one with [`RunConfig::new`] and change what differs.
pub struct RunConfig {
    /// The cluster.
    pub cluster: ClusterConfig,
    /// Threads, instance, commit interval: for each processor.
    pub application: ApplicationConfig,
    /// Begins every consumer group and transactional id, with a dot after it; empty: they begin with the processor's name.
    pub prefix: String,
    /// Changelogs and dead-letter topics that are missing are created with so many replicas; 0: they must be there.
    pub replication: i32,
    /// Where its metrics are counted.
    pub metrics: Option<Metrics>,
    /// Where the condition of its threads is kept.
    pub health: Option<Health>,
    /// Ends it, besides ctrl-c and SIGTERM.
    pub shutdown: Option<Shutdown>,
    /// How long threads may take to commit and end.
    pub end_within: Duration,
}

/// Why processors could not be run, or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The cluster's topics could not be looked up or created.
    #[error(transparent)]
    Topics(#[from] AdminError),
    /// Inputs or outputs that do not exist.
    #[error("these topics do not exist: {}", .0.join(", "))]
    Missing(Vec<String>),
    /// The metrics could not be made.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// A thread could not be started, or did not end in time.
    #[error(transparent)]
    Application(#[from] ApplicationError),
    /// A processor has stopped by itself: a restart is needed, or somebody must look at the reason first.
    #[error("stopped: {0}")]
    Stopped(String),
}

impl RunConfig {
    /// The usual settings, on the cluster with these bootstrap servers (`host:port`, separated by commas).
    #[must_use]
    pub fn new(bootstrap: &str) -> Self {
        Self {
            cluster: ClusterConfig { bootstrap: bootstrap.to_owned(), ..ClusterConfig::default() },
            application: ApplicationConfig::default(),
            prefix: String::new(),
            replication: 1,
            metrics: None,
            health: None,
            shutdown: None,
            end_within: Duration::from_secs(15),
        }
    }
}

/// Runs processors until ctrl-c, SIGTERM or a shutdown is requested, or one of them stops by itself. Blocks.
///
/// # Errors
/// [`RunError`]. Whichever it is, nothing is lost: the next run goes on after the last commit.
pub fn run(topologies: impl IntoIterator<Item = Topology>, config: RunConfig) -> Result<(), RunError> {
    let topologies: Vec<Topology> = topologies.into_iter().collect();
    prepare_topics(&topologies, &config)?;
    let metrics = config.metrics.clone().map_or_else(Metrics::unregistered, Ok)?;
    let health = config.health.clone().unwrap_or_default();
    // Dropping the handle stops the threads as well: so also when one of several cannot be started.
    let (handle, stop) = shutdown();
    let mut applications = Vec::new();
    for topology in topologies {
        applications.push(start(topology, &config, &metrics, &health, &stop)?);
    }
    let signalled = Arc::new(AtomicBool::new(false));
    let signals = watch_signals(Arc::clone(&signalled), stop);
    let requested = || config.shutdown.as_ref().is_some_and(Shutdown::is_requested);
    let mut stopped = None;
    while stopped.is_none() && !signalled.load(Ordering::Acquire) && !requested() {
        thread::sleep(Duration::from_millis(50));
        stopped = failure(&health, &applications);
    }
    handle.request();
    let until = Instant::now() + config.end_within;
    let mut ended = Ok(());
    for application in applications {
        let joined = application.join(until.saturating_duration_since(Instant::now()));
        ended = ended.and(joined);
    }
    drop(signals.map(thread::JoinHandle::join));
    match stopped {
        Some(reason) => Err(RunError::Stopped(reason)),
        None => ended.map_err(RunError::from),
    }
}

fn start(
    topology: Topology,
    config: &RunConfig,
    metrics: &Metrics,
    health: &Health,
    stop: &Shutdown,
) -> Result<Application, ApplicationError> {
    let dot = if config.prefix.is_empty() { "" } else { "." };
    let group = format!("{}{dot}{}", config.prefix, topology.name());
    let (cluster, source) = (config.cluster.clone(), topology.source().to_string());
    let instance = config.application.instance.clone();
    let connect = move |slot: u32| {
        KafkaBroker::new(&cluster, SlotConfig::new(&group, &format!("{group}.{instance}.{slot}"), &source))
    };
    Application::start(topology, connect, config.application.clone(), metrics, health, stop)
}

/// The reason of the first of these applications' threads that has failed.
fn failure(health: &Health, applications: &[Application]) -> Option<String> {
    let parts = health.parts();
    let failed = parts.iter().find_map(|(part, condition)| match condition {
        Condition::Failed(reason) if applications.iter().any(|application| application.has_part(part)) => {
            Some(format!("{part}: {reason}"))
        }
        _ => None,
    });
    failed.or_else(|| applications.iter().any(Application::is_finished).then(|| "every thread has ended".to_owned()))
}

/// Waits for ctrl-c and SIGTERM on a thread of its own, until the processors stop.
fn watch_signals(signalled: Arc<AtomicBool>, mut stop: Shutdown) -> Option<thread::JoinHandle<()>> {
    let watch = move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            tokio::select! {
                () = termination() => signalled.store(true, Ordering::Release),
                () = stop.requested() => {}
            }
        });
    };
    thread::Builder::new().name("signals".to_owned()).spawn(watch).ok()
}

#[cfg(unix)]
async fn termination() {
    use tokio::signal::unix::{SignalKind, signal};

    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        tracing::warn!("signals cannot be watched: only a shutdown request ends this run");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn termination() {
    if tokio::signal::ctrl_c().await.is_err() {
        tracing::warn!("signals cannot be watched: only a shutdown request ends this run");
        std::future::pending::<()>().await;
    }
}

/// Inputs and outputs must be there; changelogs and dead-letter topics are created.
fn prepare_topics(topologies: &[Topology], config: &RunConfig) -> Result<(), RunError> {
    let admin = Admin::new(&config.cluster)?;
    let outside = topologies.iter().flat_map(|topology| topology.sinks().iter().chain([topology.source()]));
    let own = topologies.iter().flat_map(|topology| [topology.changelog(), topology.dead_letters()]);
    let names: Vec<&str> = outside.clone().chain(own).map(AsRef::as_ref).collect();
    let found = admin.describe(&names)?;
    let mut missing: Vec<String> =
        outside.filter(|topic| !found.contains_key(topic.as_ref())).map(ToString::to_string).collect();
    let mut new = BTreeMap::new();
    for topology in topologies {
        let partitions = found.get(topology.source().as_ref()).map_or(1, |source| source.partitions);
        for (topic, cleanup) in [(topology.changelog(), "compact"), (topology.dead_letters(), "delete")] {
            if found.contains_key(topic.as_ref()) {
                continue;
            }
            if config.replication < 1 {
                missing.push(topic.to_string());
            }
            let settings = BTreeMap::from([("cleanup.policy".to_owned(), cleanup.to_owned())]);
            let (name, replication) = (topic.to_string(), config.replication);
            new.insert(name.clone(), TopicToCreate { name, partitions, replication, config: settings });
        }
    }
    if !missing.is_empty() {
        missing.sort();
        missing.dedup();
        return Err(RunError::Missing(missing));
    }
    for topic in new.values() {
        tracing::info!(topic = topic.name, partitions = topic.partitions, "creating a topic");
        admin.create(topic)?;
    }
    await_topics(&admin, &new)
}

/// A new topic is not known to every broker at once.
fn await_topics(admin: &Admin, new: &BTreeMap<String, TopicToCreate>) -> Result<(), RunError> {
    let names: Vec<&str> = new.keys().map(String::as_str).collect();
    for _ in 0..200 {
        if names.is_empty() || admin.describe(&names)?.len() == names.len() {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(50));
    }
    Err(RunError::Topics(AdminError::Unavailable(format!("created, but not there yet: {}", names.join(", ")))))
}

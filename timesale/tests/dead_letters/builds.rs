//! Two builds of the coupon processor: one with a defect, and the one that repairs it.
//!
//! A dead letter is replayed as it was, so only another build can make something of it. The build with the defect is the real processor, with
//! its stores, its changelog and its group, that takes every claim for garbage. The repaired build is the real processor alone. So the
//! poisoned records, their letters and their decisions are all made by the runtime, and the second build takes the first one's state over.

use std::thread::JoinHandle;

use streams::kafka::ClusterConfig;
use streams::processor::{Context, Processor, Timer, Verdict};
use streams::record::Record;
use streams::service::{ShutdownHandle, shutdown};
use streams::{RunConfig, RunError, Topology};

/// What the build with the defect says of a claim.
pub(crate) const REASON: &str = "not a readable value: unknown variant `claim`";

/// A processor that runs until it is dropped.
pub(crate) struct Running {
    stop: ShutdownHandle,
    thread: Option<JoinHandle<Result<(), RunError>>>,
}

impl Running {
    /// The build that takes claims for garbage.
    pub(crate) fn with_the_defect(cluster: &ClusterConfig) -> Self {
        let real = processors::coupons::topology().unwrap();
        Self::start(real.wrapped(|real| Box::new(Defect(real))), cluster)
    }

    /// The build that decides them.
    pub(crate) fn repaired(cluster: &ClusterConfig) -> Self {
        Self::start(processors::coupons::topology().unwrap(), cluster)
    }

    fn start(topology: Topology, cluster: &ClusterConfig) -> Self {
        let (stop, stopping) = shutdown();
        let mut config = RunConfig::new(&cluster.bootstrap);
        config.prefix = "timesale".to_owned();
        config.shutdown = Some(stopping);
        let thread = std::thread::spawn(move || streams::run([topology], config));
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.request();
        let ended = self.thread.take().map(JoinHandle::join);
        if !std::thread::panicking() {
            ended.unwrap().unwrap().unwrap();
        }
    }
}

struct Defect(Box<dyn Processor>);

impl Processor for Defect {
    fn process(&mut self, record: &Record, context: &mut dyn Context) -> Result<(), Verdict> {
        if record.value.as_ref().is_some_and(|value| value.starts_with(b"{\"claim\"")) {
            return Err(Verdict::Poison(REASON.to_owned()));
        }
        self.0.process(record, context)
    }

    fn punctuate(&mut self, timer: &Timer, context: &mut dyn Context) -> Result<(), Verdict> {
        self.0.punctuate(timer, context)
    }
}

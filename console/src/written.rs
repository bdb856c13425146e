//! A record that must be in the log before anything else happens.

use std::time::Duration;

use streams::emitter::{Emitter, emit_until_durable};
use streams::kafka::{ClusterConfig, EmitterConfig, KafkaEmitter};
use streams::record::Outgoing;
use tokio::time::timeout;

/// How long a record may take to be in the log.
const DEADLINE: Duration = Duration::from_secs(15);

/// The pause before it is written again.
const PAUSE: Duration = Duration::from_millis(100);

/// Writes single records, each until every in-sync replica has it.
pub(crate) struct Writer(KafkaEmitter);

impl Writer {
    /// Makes the client; asks nobody.
    ///
    /// # Errors
    /// Says which setting is refused.
    pub(crate) fn new(cluster: &ClusterConfig) -> Result<Self, String> {
        let emitter = KafkaEmitter::without_metrics(cluster, EmitterConfig::default());
        emitter.map(Self).map_err(|error| error.to_string())
    }

    /// Writes a record, and returns when every in-sync replica has it.
    ///
    /// # Errors
    /// Says why it is not written, or not known to be, after 15 s at the latest.
    pub(crate) async fn write(&self, outgoing: Outgoing) -> Result<(), String> {
        let (emitter, topic): (&dyn Emitter, _) = (&self.0, outgoing.topic.clone());
        match timeout(DEADLINE, emit_until_durable(emitter, outgoing, |_| PAUSE)).await {
            Ok(written) => written.map_err(|error| error.to_string()),
            Err(_) => Err(format!("{topic} did not take it within {} s", DEADLINE.as_secs())),
        }
    }
}

/// Writes one record. Blocks until every in-sync replica has it; not for an async worker thread.
///
/// # Errors
/// Says why it is not written, or not known to be.
pub(crate) fn write(cluster: &ClusterConfig, outgoing: Outgoing) -> Result<(), String> {
    let writer = Writer::new(cluster)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.map_err(|error| error.to_string())?.block_on(writer.write(outgoing))
}

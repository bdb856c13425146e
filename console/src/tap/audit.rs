//! Who was shown personal fields: a record in the audit topic, acknowledged before the first of them leaves.

use std::time::Duration;

use events::audit::AuditRecord;
use events::topics::CONSOLE_AUDIT;
use streams::emitter::{Emitter, emit_until_durable};
use streams::kafka::{ClusterConfig, EmitterConfig, KafkaEmitter};
use streams::record::Outgoing;
use tokio::time::timeout;

/// How long the record may take to be in the log.
const DEADLINE: Duration = Duration::from_secs(15);

/// The pause before it is written again.
const PAUSE: Duration = Duration::from_millis(100);

/// Writes the record. Blocks until every in-sync replica has it; not for an async worker thread.
///
/// # Errors
/// Says why it is not written, or not known to be.
pub fn write(cluster: &ClusterConfig, record: &AuditRecord) -> Result<(), String> {
    let emitter =
        KafkaEmitter::without_metrics(cluster, EmitterConfig::default()).map_err(|error| error.to_string())?;
    let value = serde_json::to_vec(record).map_err(|error| error.to_string())?;
    let outgoing = Outgoing {
        topic: CONSOLE_AUDIT.name().into(),
        partition: None,
        key: Some(record.who.clone().into_bytes().into()),
        value: Some(value.into()),
        headers: vec![("event-type".into(), "unmasked".into()), ("schema-version".into(), "1".into())],
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let emitter: &dyn Emitter = &emitter;
    let written = runtime.block_on(async { timeout(DEADLINE, emit_until_durable(emitter, outgoing, |_| PAUSE)).await });
    match written {
        Ok(written) => written.map_err(|error| error.to_string()),
        Err(_) => Err(format!("{} did not take it within {} s", CONSOLE_AUDIT.name(), DEADLINE.as_secs())),
    }
}

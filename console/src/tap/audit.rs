//! Who was shown what: records in the audit topic, the first of them acknowledged before anything leaves.

use events::audit::{AuditCoverage, AuditPart, AuditRecord, AuditStep};
use events::time::Timestamp;
use events::topics::CONSOLE_AUDIT;
use streams::clock::now_ms;
use streams::kafka::ClusterConfig;
use streams::record::Outgoing;

use super::cover::{Coverage, Reason};
use crate::written::{self, Writer};

/// Writes records to the audit topic.
pub struct AuditLog(Writer);

impl AuditLog {
    /// Makes the client; asks nobody.
    ///
    /// # Errors
    /// Says which setting is refused.
    pub fn new(cluster: &ClusterConfig) -> Result<Self, String> {
        Writer::new(cluster).map(Self)
    }

    /// Writes a record, and returns when every in-sync replica has it.
    ///
    /// # Errors
    /// Says why it is not written, or not known to be, after 15 s at the latest.
    pub async fn write(&self, record: &AuditRecord) -> Result<(), String> {
        self.0.write(outgoing(record)?).await
    }
}

/// Writes one record. Blocks until every in-sync replica has it; not for an async worker thread.
///
/// # Errors
/// Says why it is not written, or not known to be.
pub fn write(cluster: &ClusterConfig, record: &AuditRecord) -> Result<(), String> {
    written::write(cluster, outgoing(record)?)
}

fn outgoing(record: &AuditRecord) -> Result<Outgoing, String> {
    let value = serde_json::to_vec(record).map_err(|error| error.to_string())?;
    Ok(Outgoing {
        topic: CONSOLE_AUDIT.name().into(),
        partition: None,
        key: Some(record.who.clone().into_bytes().into()),
        value: Some(value.into()),
        headers: vec![("event-type".into(), record.step.name().into()), ("schema-version".into(), "1".into())],
    })
}

/// The record of a tap or story that begins now.
#[must_use]
pub fn begun(who: String, words: Vec<String>, reason: String, masked: bool) -> AuditRecord {
    let (at, id) = (Timestamp::from_millis(now_ms()), format!("{:032x}", fastrand::u128(..)));
    AuditRecord { at, who, words, reason, step: AuditStep::Begin, masked, id: Some(id), coverage: None }
}

/// The record of its end, which is now.
#[must_use]
pub fn ended(begun: AuditRecord, coverage: Option<AuditCoverage>) -> AuditRecord {
    AuditRecord { at: Timestamp::from_millis(now_ms()), step: AuditStep::End, coverage, ..begun }
}

/// What a tap has covered, as it is written down.
#[must_use]
pub fn covered(coverage: &Coverage) -> AuditCoverage {
    let part = |covered: &super::Covered| AuditPart {
        topic: covered.topic.clone(),
        partition: covered.partition,
        from: covered.from,
        to: covered.to,
    };
    AuditCoverage {
        complete: coverage.complete,
        reason: coverage.reason.map(|reason: Reason| reason.name().to_owned()),
        read: coverage.counts.read,
        shown: coverage.counts.matched,
        partitions: coverage.partitions.iter().map(part).collect(),
    }
}

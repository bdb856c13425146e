//! Writes transactions of records only: for a program that reads no topic with a group, and of which one at a time may work.

use std::time::{Duration, Instant};

use super::cluster::ClusterConfig;
use super::transaction::{Identity, TransactionalProducer};
use crate::broker::BrokerError;
use crate::record::Outgoing;

/// How long a transaction may stay open before the coordinator ends it, milliseconds.
const TRANSACTION_TIMEOUT_MS: u32 = 10_000;

/// The one writer of a transactional id.
pub struct TransactionalWriter {
    producer: TransactionalProducer,
}

impl TransactionalWriter {
    /// Takes the id over. When this returns, every earlier writer of the id is fenced, and each of its transactions is decided and can
    /// be read or never will be. Blocks for `within` at most, and a few seconds more.
    ///
    /// # Errors
    /// [`BrokerError::Unavailable`] when the cluster does not answer in time; [`BrokerError::Fatal`] when it refuses.
    pub fn open(cluster: &ClusterConfig, id: &str, within: Duration) -> Result<Self, BrokerError> {
        let identity = Identity { id: id.to_owned(), timeout_ms: TRANSACTION_TIMEOUT_MS };
        let mut producer = TransactionalProducer::new(cluster, &identity)?;
        let deadline = Instant::now() + within;
        loop {
            match producer.init(cluster, &identity) {
                Ok(()) => return Ok(Self { producer }),
                Err(BrokerError::Unavailable(_)) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(50));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes records in one transaction: all of them become visible, or none. Blocks.
    ///
    /// # Errors
    /// [`BrokerError::Fenced`]: another writer has taken the id over, and decided the transaction. [`BrokerError::Unknown`]: the transaction
    /// may have been committed; the next [`TransactionalWriter::open`] decides it. With any other nothing was written.
    pub fn write(&mut self, records: &[Outgoing]) -> Result<(), BrokerError> {
        self.producer.begin()?;
        let sent = records.iter().try_for_each(|record| self.producer.send(record));
        match sent.and_then(|()| self.producer.drain()) {
            Ok(()) => self.producer.commit(),
            Err(error) => match self.producer.abort() {
                // Records of a writer that is fenced are purged, and only the abort tells why.
                Err(fenced @ BrokerError::Fenced(_)) => Err(fenced),
                // A transaction that cannot be aborted now is aborted by the coordinator, or by the next writer.
                Err(left) => {
                    tracing::debug!(error = %left, "a transaction is left to its time-out");
                    Err(error)
                }
                Ok(()) => Err(error),
            },
        }
    }
}

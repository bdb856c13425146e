//! Writes transactions of records only: for a program that reads no topic with a group, and of which one at a time may work.

use std::time::{Duration, Instant};

use super::cluster::ClusterConfig;
use super::transaction::{Committed, Identity, TransactionalProducer};
use crate::broker::BrokerError;
use crate::record::Outgoing;

/// How long a transaction may stay open before the coordinator ends it, milliseconds.
const TRANSACTION_TIMEOUT_MS: u32 = 10_000;

/// The one writer of a transactional id.
pub struct TransactionalWriter {
    producer: TransactionalProducer,
    /// What the last transaction lost: a request of it may still be under way, so there is no next one.
    loss: Option<String>,
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
                Ok(()) => return Ok(Self { producer, loss: None }),
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
    ///
    /// A writer that has lost a connection in a transaction writes no other one, for a late request could become part of it: it answers
    /// [`BrokerError::Unavailable`] from then on. (It does not replace its producer by itself, for that would fence whoever has taken the
    /// id over meanwhile.)
    pub fn write(&mut self, records: &[Outgoing]) -> Result<(), BrokerError> {
        self.write_each(records.iter().map(|record| (record, None)))
    }

    /// The same for records with their times, milliseconds since 1970. A topic with `LogAppendTime` does not keep them.
    ///
    /// # Errors
    /// As [`TransactionalWriter::write`].
    pub fn write_at(&mut self, records: &[(Outgoing, i64)]) -> Result<(), BrokerError> {
        self.write_each(records.iter().map(|(record, timestamp)| (record, Some(*timestamp))))
    }

    fn write_each<'r>(
        &mut self,
        mut records: impl Iterator<Item = (&'r Outgoing, Option<i64>)>,
    ) -> Result<(), BrokerError> {
        if let Some(loss) = &self.loss {
            return Err(BrokerError::Unavailable(format!("in the transaction before: {loss}")));
        }
        self.producer.begin()?;
        let sent = records.try_for_each(|(record, timestamp)| self.producer.send_at(record, timestamp));
        match sent.and_then(|()| self.producer.drain()) {
            Ok(()) => {
                if let Committed::AfterLoss(loss) = self.producer.commit()? {
                    self.loss = Some(loss);
                }
                Ok(())
            }
            Err(error) => match self.producer.abort() {
                // Records of a writer that is fenced are not acknowledged, and only the abort tells why.
                Err(fenced @ BrokerError::Fenced(_)) => Err(fenced),
                // It is ended by the next writer, or by the coordinator.
                Err(left) => {
                    self.loss = Some(left.to_string());
                    Err(error)
                }
                Ok(()) => Err(error),
            },
        }
    }
}

//! The transaction coordinator: transactional ids, epochs, fencing, phases, time-out. Follows the protocol that librdkafka
//! implements (EndTxn v1): the epoch changes only with `init_transactions`, not with every transaction, so a delayed EndTxn can end
//! the next transaction of the same epoch. KIP-890 prevents that for newer clients.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::protocol::{Ending, ProducerId, Refusal};

/// What one transactional id is doing.
#[derive(Clone, Debug)]
pub(super) struct Transaction {
    pub(super) producer: ProducerId,
    pub(super) epoch: i32,
    pub(super) phase: Phase,
    pub(super) partitions: BTreeSet<(Arc<str>, i32)>,
    pub(super) groups: BTreeSet<Arc<str>>,
    began: i64,
    timeout_ms: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    Empty,
    Ongoing,
    /// The ending is decided and lasting; markers are being written.
    Prepared(Ending),
    Complete(Ending),
}

#[derive(Clone, Debug, Default)]
pub(super) struct Transactions {
    by_id: BTreeMap<Arc<str>, Transaction>,
    producers: ProducerId,
}

/// What the coordinator answers to a request that ends a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ended {
    /// Markers must be written now.
    Prepared,
    /// It has been ended like this before.
    Already,
}

/// What the coordinator answers to `InitProducerId`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Initialised {
    Ready(ProducerId, i32),
    /// An open transaction of an earlier producer must be aborted first; ask again.
    MustAbort,
}

impl Transactions {
    pub(super) fn get(&self, id: &str) -> Option<&Transaction> {
        self.by_id.get(id)
    }

    /// Ids whose transaction is not over.
    pub(super) fn open(&self) -> Vec<Arc<str>> {
        let open = |transaction: &Transaction| matches!(transaction.phase, Phase::Ongoing | Phase::Prepared(_));
        self.by_id.iter().filter(|(_, transaction)| open(transaction)).map(|(id, _)| Arc::clone(id)).collect()
    }

    pub(super) fn initialise(&mut self, id: &Arc<str>, timeout_ms: i64) -> Result<Initialised, Refusal> {
        let Some(transaction) = self.by_id.get_mut(id) else {
            self.producers += 1;
            let producer = self.producers;
            self.by_id.insert(Arc::clone(id), Transaction::new(producer, timeout_ms));
            return Ok(Initialised::Ready(producer, 0));
        };
        match transaction.phase {
            Phase::Prepared(_) => Err(Refusal::ConcurrentTransactions),
            Phase::Ongoing => {
                // Fences the earlier producer before its transaction is aborted, so that it cannot add to it meanwhile.
                transaction.epoch += 1;
                transaction.phase = Phase::Prepared(Ending::Abort);
                Ok(Initialised::MustAbort)
            }
            Phase::Empty | Phase::Complete(_) => {
                transaction.epoch += 1;
                transaction.phase = Phase::Empty;
                transaction.timeout_ms = timeout_ms;
                Ok(Initialised::Ready(transaction.producer, transaction.epoch))
            }
        }
    }

    fn of_producer(&mut self, id: &str, (producer, epoch): (ProducerId, i32)) -> Result<&mut Transaction, Refusal> {
        match self.by_id.get_mut(id) {
            Some(found) if (found.producer, found.epoch) == (producer, epoch) => Ok(found),
            _ => Err(Refusal::ProducerFenced),
        }
    }

    fn ongoing(&mut self, id: &str, who: (ProducerId, i32), now: i64) -> Result<&mut Transaction, Refusal> {
        let transaction = self.of_producer(id, who)?;
        match transaction.phase {
            Phase::Prepared(_) => return Err(Refusal::ConcurrentTransactions),
            Phase::Ongoing => {}
            Phase::Empty | Phase::Complete(_) => {
                transaction.phase = Phase::Ongoing;
                transaction.began = now;
                transaction.partitions.clear();
                transaction.groups.clear();
            }
        }
        Ok(transaction)
    }

    pub(super) fn add_partition(
        &mut self,
        id: &str,
        who: (ProducerId, i32),
        partition: (Arc<str>, i32),
        now: i64,
    ) -> Result<(), Refusal> {
        self.ongoing(id, who, now)?.partitions.insert(partition);
        Ok(())
    }

    pub(super) fn add_group(
        &mut self,
        id: &str,
        who: (ProducerId, i32),
        group: &Arc<str>,
        now: i64,
    ) -> Result<(), Refusal> {
        self.ongoing(id, who, now)?.groups.insert(Arc::clone(group));
        Ok(())
    }

    /// Whether a record of this producer may be appended: the broker's check of KIP-890 part 1.
    pub(super) fn verify(&self, id: &str, who: (ProducerId, i32), partition: &(Arc<str>, i32)) -> Result<(), Refusal> {
        let found = self.by_id.get(id).filter(|found| (found.producer, found.epoch) == who);
        let found = found.ok_or(Refusal::ProducerFenced)?;
        if found.phase == Phase::Ongoing && found.partitions.contains(partition) {
            Ok(())
        } else {
            Err(Refusal::InvalidTxnState)
        }
    }

    /// EndTxn.
    pub(super) fn end(&mut self, id: &str, who: (ProducerId, i32), ending: Ending) -> Result<Ended, Refusal> {
        let transaction = self.of_producer(id, who)?;
        match transaction.phase {
            Phase::Ongoing => {
                transaction.phase = Phase::Prepared(ending);
                Ok(Ended::Prepared)
            }
            Phase::Prepared(found) if found == ending => Err(Refusal::ConcurrentTransactions),
            Phase::Complete(found) if found == ending => Ok(Ended::Already),
            Phase::Empty | Phase::Prepared(_) | Phase::Complete(_) => Err(Refusal::InvalidTxnState),
        }
    }

    /// The last marker has been written.
    pub(super) fn complete(&mut self, id: &str) {
        if let Some(transaction) = self.by_id.get_mut(id)
            && let Phase::Prepared(ending) = transaction.phase
        {
            transaction.phase = Phase::Complete(ending);
        }
    }

    /// Transactions that have been open for longer than their time-out: fenced, and to be aborted by the caller.
    pub(super) fn expire(&mut self, now: i64) -> Vec<Arc<str>> {
        let mut expired = Vec::new();
        for (id, transaction) in &mut self.by_id {
            if transaction.phase == Phase::Ongoing && now - transaction.began > transaction.timeout_ms {
                transaction.epoch += 1;
                transaction.phase = Phase::Prepared(Ending::Abort);
                expired.push(Arc::clone(id));
            }
        }
        expired
    }
}

impl Transaction {
    fn new(producer: ProducerId, timeout_ms: i64) -> Self {
        Self {
            producer,
            epoch: 0,
            phase: Phase::Empty,
            partitions: BTreeSet::new(),
            groups: BTreeSet::new(),
            began: 0,
            timeout_ms,
        }
    }
}

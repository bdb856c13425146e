//! For tests: a broker connection with a seeded bug. The tests must find each of them.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use super::{Isolation, SimulatedBroker};
use crate::broker::{Broker, BrokerError, Polled, Position, ReadRequest};
use crate::record::{Outgoing, Record};

/// A seeded bug of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mutant {
    /// No bug.
    None,
    /// Positions are committed in a transaction of their own, after the one with the records.
    OffsetsInTheirOwnTransaction,
    /// Positions are committed at once, by an ordinary offset commit.
    PlainOffsets,
    /// Positions are sent without the member's generation.
    NoGenerationFence,
    /// Records of one store never reach the changelog.
    StoreNotInChangelog {
        /// The changelog topic.
        changelog: &'static str,
        /// The store.
        store: u8,
    },
    /// A commit of unknown outcome counts as aborted, and the producer stays in use.
    UnknownCountsAsAborted,
    /// The changelog is restored with `read_uncommitted`.
    RestoreUncommitted,
}

/// A connection that ends at a simulated cluster.
pub(crate) trait Simulated: Broker {
    /// Its last part.
    fn simulated(&mut self) -> &mut SimulatedBroker;
}

impl Simulated for SimulatedBroker {
    fn simulated(&mut self) -> &mut SimulatedBroker {
        self
    }
}

/// A connection with a seeded bug.
pub(crate) struct MutantBroker<B> {
    inner: B,
    mutant: Mutant,
}

impl<B> MutantBroker<B> {
    pub(crate) fn new(inner: B, mutant: Mutant) -> Self {
        Self { inner, mutant }
    }
}

impl<B> Deref for MutantBroker<B> {
    type Target = B;

    fn deref(&self) -> &B {
        &self.inner
    }
}

impl<B> DerefMut for MutantBroker<B> {
    fn deref_mut(&mut self) -> &mut B {
        &mut self.inner
    }
}

impl<B: Simulated> Broker for MutantBroker<B> {
    fn send(&mut self, outgoing: Outgoing) -> Result<(), BrokerError> {
        let first = outgoing.key.as_deref().and_then(<[u8]>::first);
        match self.mutant {
            Mutant::StoreNotInChangelog { changelog, store }
                if outgoing.topic.as_ref() == changelog && first == Some(&store) =>
            {
                Ok(())
            }
            _ => self.inner.send(outgoing),
        }
    }

    fn send_offsets(&mut self, positions: &[(i32, Position)]) -> Result<(), BrokerError> {
        match self.mutant {
            Mutant::OffsetsInTheirOwnTransaction => {
                self.inner.drain()?;
                // A commit that is not answered has an unknown outcome.
                self.inner.commit().map_err(|error| match error {
                    BrokerError::Unavailable(reason) => BrokerError::Unknown(reason),
                    error => error,
                })?;
                self.inner.begin()?;
                self.inner.send_offsets(positions)
            }
            Mutant::PlainOffsets => {
                self.inner.simulated().commit_offsets_outside(positions);
                Ok(())
            }
            Mutant::NoGenerationFence => self.inner.simulated().send_offsets_unfenced(positions),
            _ => self.inner.send_offsets(positions),
        }
    }

    fn commit(&mut self) -> Result<(), BrokerError> {
        match self.inner.commit() {
            Err(BrokerError::Unknown(reason)) if self.mutant == Mutant::UnknownCountsAsAborted => {
                Err(BrokerError::Abort(reason))
            }
            ended => ended,
        }
    }

    fn abort(&mut self) -> Result<(), BrokerError> {
        match self.inner.abort() {
            Err(_) if self.mutant == Mutant::UnknownCountsAsAborted => Ok(()),
            ended => ended,
        }
    }

    fn read(&mut self, request: ReadRequest<'_>) -> Result<(Vec<Record>, i64), BrokerError> {
        match self.mutant {
            Mutant::RestoreUncommitted => {
                let ReadRequest { topic, partition, position, most, .. } = request;
                self.inner.simulated().read_isolated((topic, partition), position, most, Isolation::ReadUncommitted)
            }
            _ => self.inner.read(request),
        }
    }

    fn now(&self) -> i64 {
        self.inner.now()
    }

    fn partitions(&mut self, topic: &str) -> Result<i32, BrokerError> {
        self.inner.partitions(topic)
    }

    fn poll(&mut self, most: usize, timeout: Duration) -> Result<Polled, BrokerError> {
        self.inner.poll(most, timeout)
    }

    fn assign(&mut self, positions: &[(i32, i64)]) -> Result<(), BrokerError> {
        self.inner.assign(positions)
    }

    fn unassign(&mut self, partitions: &[i32]) -> Result<(), BrokerError> {
        self.inner.unassign(partitions)
    }

    fn set_paused(&mut self, partition: i32, paused: bool) -> Result<(), BrokerError> {
        self.inner.set_paused(partition, paused)
    }

    fn seek(&mut self, partition: i32, offset: i64) -> Result<(), BrokerError> {
        self.inner.seek(partition, offset)
    }

    fn committed(&mut self, partitions: &[i32]) -> Result<Vec<Option<Position>>, BrokerError> {
        self.inner.committed(partitions)
    }

    fn rejoin(&mut self) -> Result<(), BrokerError> {
        self.inner.rejoin()
    }

    fn init_transactions(&mut self) -> Result<(), BrokerError> {
        self.inner.init_transactions()
    }

    fn begin(&mut self) -> Result<(), BrokerError> {
        self.inner.begin()
    }

    fn drain(&mut self) -> Result<(), BrokerError> {
        self.inner.drain()
    }

    fn log_range(&mut self, topic: &str, partition: i32) -> Result<(i64, i64), BrokerError> {
        self.inner.log_range(topic, partition)
    }

    fn close(&mut self) {
        self.inner.close();
    }
}

//! For tests: a broker connection with a seeded bug. The tests must find each of them.

use std::collections::BTreeMap;
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
    /// Deletions are not restored.
    TombstonesNotRestored,
    /// A restore skips the first record of each read.
    RestoreSkips,
    /// A restore misses the last record.
    RestoreStopsShort,
    /// Positions are read although a transaction is pending on them.
    UnstableOffsets,
    /// Positions are read once and remembered.
    StaleOffsets,
    /// A partition begins a record too late.
    AssignedTooFar,
    /// A rewind leaves a record out.
    SeekTooFar,
    /// A rewind does nothing.
    SeekIgnored,
    /// One record of seventeen is not handed out.
    PollGap,
    /// The log time is not kept.
    LogTimeNotKept,
    /// The checkpoint does not go to the changelog.
    CheckpointNotInChangelog,
    /// All changelog records go to one partition.
    ChangelogInOnePartition,
    /// One output of seventeen is sent twice.
    OutputTwice,
    /// One output of seventeen is lost.
    OutputLost,
    /// A commit that is not answered is sent again by the same producer, which stays in use.
    EndRetried,
}

/// What every changelog record of a checkpoint has as its key.
const CHECKPOINT: u8 = 254;

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
    /// How many records went by that a bug may meet.
    met: u64,
    /// Positions as they were first read.
    remembered: BTreeMap<i32, Option<Position>>,
}

impl<B> MutantBroker<B> {
    pub(crate) fn new(inner: B, mutant: Mutant) -> Self {
        Self { inner, mutant, met: 0, remembered: BTreeMap::new() }
    }
}

impl<B> MutantBroker<B> {
    /// Whether the bug meets this one: one of seventeen.
    fn meets(&mut self) -> bool {
        self.met += 1;
        self.met.is_multiple_of(17)
    }
}

/// Without the log time.
fn timeless(metadata: &str) -> String {
    let words = metadata.split(' ').map(|word| if word.starts_with("time=") { "time=0" } else { word });
    words.collect::<Vec<_>>().join(" ")
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
        let may_meet = matches!(self.mutant, Mutant::OutputTwice | Mutant::OutputLost);
        let meets = may_meet && !outgoing.topic.contains("changelog") && self.meets();
        match self.mutant {
            Mutant::StoreNotInChangelog { changelog, store }
                if outgoing.topic.as_ref() == changelog && first == Some(&store) =>
            {
                Ok(())
            }
            Mutant::CheckpointNotInChangelog if first == Some(&CHECKPOINT) => Ok(()),
            Mutant::LogTimeNotKept if first == Some(&CHECKPOINT) => {
                let text = outgoing.value.as_deref().map(|bytes| timeless(&String::from_utf8_lossy(bytes)));
                self.inner.send(Outgoing { value: text.map(Into::into), ..outgoing })
            }
            Mutant::ChangelogInOnePartition if outgoing.topic.contains("changelog") => {
                self.inner.send(Outgoing { partition: Some(0), ..outgoing })
            }
            Mutant::OutputTwice if meets => {
                self.inner.send(outgoing.clone())?;
                self.inner.send(outgoing)
            }
            Mutant::OutputLost if meets => Ok(()),
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
            Mutant::LogTimeNotKept => {
                let timeless = |position: &Position| Position { metadata: timeless(&position.metadata), ..*position };
                let positions: Vec<(i32, Position)> =
                    positions.iter().map(|(partition, position)| (*partition, timeless(position))).collect();
                self.inner.send_offsets(&positions)
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
            Err(BrokerError::Unknown(_)) if self.mutant == Mutant::EndRetried => self.inner.commit(),
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
            Mutant::TombstonesNotRestored => {
                let (mut records, next) = self.inner.read(request)?;
                records.retain(|record| record.value.is_some());
                Ok((records, next))
            }
            Mutant::RestoreStopsShort if request.topic.contains("changelog") => {
                let (mut records, next) = self.inner.read(request)?;
                let (_, end) = self.inner.log_range(request.topic, request.partition)?;
                if next >= end {
                    records.pop();
                }
                Ok((records, next))
            }
            Mutant::RestoreSkips if request.topic.contains("changelog") => {
                let (_, end) = self.inner.log_range(request.topic, request.partition)?;
                let skips = i64::from(request.position + 1 < end);
                self.inner.read(ReadRequest { position: request.position + skips, ..request })
            }
            _ => self.inner.read(request),
        }
    }

    fn now(&self) -> i64 {
        self.inner.now()
    }

    fn elapsed(&self) -> i64 {
        self.inner.elapsed()
    }

    fn partitions(&mut self, topic: &str) -> Result<i32, BrokerError> {
        self.inner.partitions(topic)
    }

    fn poll(&mut self, most: usize, timeout: Duration) -> Result<Polled, BrokerError> {
        let mut polled = self.inner.poll(most, timeout)?;
        if self.mutant == Mutant::PollGap
            && let Polled::Records(records) = &mut polled
        {
            records.retain(|_| !self.meets());
        }
        Ok(polled)
    }

    fn assign(&mut self, positions: &[(i32, i64)]) -> Result<(), BrokerError> {
        if self.mutant == Mutant::AssignedTooFar {
            let positions: Vec<_> = positions.iter().map(|(partition, offset)| (*partition, offset + 1)).collect();
            return self.inner.assign(&positions);
        }
        self.inner.assign(positions)
    }

    fn unassign(&mut self, partitions: &[i32]) -> Result<(), BrokerError> {
        self.inner.unassign(partitions)
    }

    fn set_paused(&mut self, partition: i32, paused: bool) -> Result<(), BrokerError> {
        self.inner.set_paused(partition, paused)
    }

    fn seek(&mut self, partition: i32, offset: i64) -> Result<(), BrokerError> {
        match self.mutant {
            Mutant::SeekTooFar => self.inner.seek(partition, offset + 1),
            Mutant::SeekIgnored => Ok(()),
            _ => self.inner.seek(partition, offset),
        }
    }

    fn committed(&mut self, partitions: &[i32]) -> Result<Vec<Option<Position>>, BrokerError> {
        match self.mutant {
            Mutant::UnstableOffsets => self.inner.last_committed(partitions),
            Mutant::StaleOffsets => {
                let found = self.inner.committed(partitions)?;
                let remember = |(partition, position): (&i32, Option<Position>)| {
                    self.remembered.entry(*partition).or_insert(position).clone()
                };
                Ok(partitions.iter().zip(found).map(remember).collect())
            }
            _ => self.inner.committed(partitions),
        }
    }

    fn last_committed(&mut self, partitions: &[i32]) -> Result<Vec<Option<Position>>, BrokerError> {
        self.inner.last_committed(partitions)
    }

    fn rejoin(&mut self) -> Result<(), BrokerError> {
        self.inner.rejoin()
    }

    fn end_transactions_of(&mut self, own: &str, dead: &str) -> Result<bool, BrokerError> {
        self.inner.end_transactions_of(own, dead)
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

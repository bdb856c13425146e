//! Mutation tests: the simulation must find each seeded bug within so many seeds.

use std::time::Duration;

use super::super::{Isolation, Seeds, SimulatedBroker};
use super::checks::{Subject, run};
use crate::broker::{Broker, BrokerError, Polled, Position};
use crate::record::{Outgoing, Record};
use crate::thread::Sabotage;

/// Checks seeds until one fails.
fn is_found(bug: &str, subject: Subject, within: u64) {
    let explored = Seeds { first: 1, count: within }.explore(|seed| run(seed, subject, false));
    let Some(failure) = explored.failure else { panic!("{bug}: not found within {within} seeds") };
    let reason = failure.reason.lines().next().unwrap_or_default();
    println!("{bug}: found by seed {} of at most {within}: {reason}", failure.seed);
}

fn in_the_loop(sabotage: Sabotage) -> Subject {
    Subject { sabotage: Some(sabotage), ..Subject::CORRECT }
}

#[test]
fn an_overlay_kept_after_an_abort_is_found() {
    is_found("overlay kept after abort", in_the_loop(Sabotage::KeepOverlayOnAbort), 100);
}

#[test]
fn positions_outside_the_transaction_are_found() {
    is_found("offsets outside the transaction", in_the_loop(Sabotage::OffsetsOutsideTransaction), 100);
}

#[test]
fn positions_committed_at_once_are_found() {
    let subject = Subject { wrap: |inner| Box::new(Bugged { inner, bug: Bug::PlainOffsets }), ..Subject::CORRECT };
    is_found("offsets committed before the transaction", subject, 100);
}

#[test]
fn a_dedupe_store_missing_in_the_changelog_is_found() {
    let store = super::leases::REQUESTS.0;
    is_found("dedupe store not in the changelog", in_the_loop(Sabotage::LeaveStoreOutOfChangelog(store)), 100);
}

#[test]
fn a_producer_kept_after_an_unknown_end_is_found() {
    is_found("no new producer after an unknown EndTxn", in_the_loop(Sabotage::NoReinitAfterUnknown), 500);
}

#[test]
fn a_restore_that_reads_uncommitted_is_found() {
    let subject = Subject { wrap: |inner| Box::new(Bugged { inner, bug: Bug::DirtyRestore }), ..Subject::CORRECT };
    is_found("restore read_uncommitted", subject, 100);
}

#[test]
fn a_missing_generation_fence_is_found() {
    let subject = Subject { wrap: |inner| Box::new(Bugged { inner, bug: Bug::NoGenerationFence }), ..Subject::CORRECT };
    is_found("no generation fence", subject, 3_000);
}

/// Bugs at the seam.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bug {
    /// Positions are committed at once, by an ordinary offset commit.
    PlainOffsets,
    /// The changelog is restored with `read_uncommitted`.
    DirtyRestore,
    /// Positions are sent without the member's generation.
    NoGenerationFence,
}

struct Bugged {
    inner: SimulatedBroker,
    bug: Bug,
}

impl Broker for Bugged {
    fn send_offsets(&mut self, positions: &[(i32, Position)]) -> Result<(), BrokerError> {
        match self.bug {
            Bug::PlainOffsets => {
                self.inner.commit_offsets_outside(positions);
                Ok(())
            }
            Bug::NoGenerationFence => self.inner.send_offsets_unfenced(positions),
            Bug::DirtyRestore => self.inner.send_offsets(positions),
        }
    }

    fn read(
        &mut self,
        topic: &str,
        partition: i32,
        position: i64,
        most: usize,
        timeout: Duration,
    ) -> Result<(Vec<Record>, i64), BrokerError> {
        match self.bug {
            Bug::DirtyRestore => {
                self.inner.read_isolated((topic, partition), position, most, Isolation::ReadUncommitted)
            }
            _ => self.inner.read(topic, partition, position, most, timeout),
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

    fn send(&mut self, outgoing: Outgoing) -> Result<(), BrokerError> {
        self.inner.send(outgoing)
    }

    fn drain(&mut self) -> Result<(), BrokerError> {
        self.inner.drain()
    }

    fn commit(&mut self) -> Result<(), BrokerError> {
        self.inner.commit()
    }

    fn abort(&mut self) -> Result<(), BrokerError> {
        self.inner.abort()
    }

    fn log_range(&mut self, topic: &str, partition: i32) -> Result<(i64, i64), BrokerError> {
        self.inner.log_range(topic, partition)
    }

    fn close(&mut self) {
        self.inner.close();
    }
}

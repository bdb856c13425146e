//! For tests: a simulated connection whose calls fail by a script, and that records the calls.

use std::time::Duration;

use crate::broker::{Broker, BrokerError, Polled, Position, ReadRequest};
use crate::record::{Outgoing, Record};
use crate::simulated::SimulatedBroker;
use crate::simulated::mutant::Simulated;

/// Calls that a script may name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Call {
    Poll,
    Committed,
    Init,
    Begin,
    Send,
    SendOffsets,
    Drain,
    Commit,
    Abort,
}

/// Whether a failing call has its effect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Effect {
    None,
    Had,
}

/// A connection that follows a script: the first line that names a call makes its next use fail, and is removed.
pub(crate) struct ScriptedBroker {
    pub(crate) inner: SimulatedBroker,
    pub(crate) script: Vec<(Call, Effect, BrokerError)>,
    pub(crate) calls: Vec<Call>,
    /// Partitions that were paused.
    pub(crate) paused_partitions: Vec<i32>,
    /// Polls return nothing until the group is joined again.
    pub(crate) returns_nothing: bool,
    /// Of these partitions alone, until the group is joined again.
    pub(crate) muted: Vec<i32>,
}

impl ScriptedBroker {
    pub(crate) fn new(inner: SimulatedBroker) -> Self {
        Self {
            inner,
            script: Vec::new(),
            calls: Vec::new(),
            paused_partitions: Vec::new(),
            returns_nothing: false,
            muted: Vec::new(),
        }
    }

    fn call<T>(
        &mut self,
        call: Call,
        effect: impl FnOnce(&mut SimulatedBroker) -> Result<T, BrokerError>,
    ) -> Result<T, BrokerError> {
        self.calls.push(call);
        match self.script.iter().position(|(named, _, _)| *named == call) {
            None => effect(&mut self.inner),
            Some(line) => {
                let (_, had, error) = self.script.remove(line);
                if had == Effect::Had {
                    effect(&mut self.inner)?;
                }
                Err(error)
            }
        }
    }
}

impl Simulated for ScriptedBroker {
    fn simulated(&mut self) -> &mut SimulatedBroker {
        &mut self.inner
    }
}

impl Broker for ScriptedBroker {
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
        if self.returns_nothing {
            return Ok(Polled::Records(Vec::new()));
        }
        let mut polled = self.call(Call::Poll, |inner| inner.poll(most, timeout))?;
        if let Polled::Records(records) = &mut polled {
            records.retain(|record| !self.muted.contains(&record.partition));
        }
        Ok(polled)
    }

    fn assign(&mut self, positions: &[(i32, i64)]) -> Result<(), BrokerError> {
        self.inner.assign(positions)
    }

    fn unassign(&mut self, partitions: &[i32]) -> Result<(), BrokerError> {
        self.inner.unassign(partitions)
    }

    fn set_paused(&mut self, partition: i32, paused: bool) -> Result<(), BrokerError> {
        self.paused_partitions.extend(paused.then_some(partition));
        self.inner.set_paused(partition, paused)
    }

    fn seek(&mut self, partition: i32, offset: i64) -> Result<(), BrokerError> {
        self.inner.seek(partition, offset)
    }

    fn committed(&mut self, partitions: &[i32]) -> Result<Vec<Option<Position>>, BrokerError> {
        self.call(Call::Committed, |inner| inner.committed(partitions))
    }

    fn last_committed(&mut self, partitions: &[i32]) -> Result<Vec<Option<Position>>, BrokerError> {
        self.inner.last_committed(partitions)
    }

    fn end_transactions_of(&mut self, own: &str, dead: &str) -> Result<bool, BrokerError> {
        self.inner.end_transactions_of(own, dead)
    }

    fn rejoin(&mut self) -> Result<(), BrokerError> {
        self.returns_nothing = false;
        self.muted.clear();
        self.inner.rejoin()
    }

    fn init_transactions(&mut self) -> Result<(), BrokerError> {
        self.call(Call::Init, Broker::init_transactions)
    }

    fn begin(&mut self) -> Result<(), BrokerError> {
        self.call(Call::Begin, Broker::begin)
    }

    fn send(&mut self, outgoing: Outgoing) -> Result<(), BrokerError> {
        self.call(Call::Send, |inner| inner.send(outgoing))
    }

    fn send_offsets(&mut self, positions: &[(i32, Position)]) -> Result<(), BrokerError> {
        self.call(Call::SendOffsets, |inner| inner.send_offsets(positions))
    }

    fn drain(&mut self) -> Result<(), BrokerError> {
        self.call(Call::Drain, Broker::drain)
    }

    fn commit(&mut self) -> Result<(), BrokerError> {
        self.call(Call::Commit, Broker::commit)
    }

    fn abort(&mut self) -> Result<(), BrokerError> {
        self.call(Call::Abort, Broker::abort)
    }

    fn log_range(&mut self, topic: &str, partition: i32) -> Result<(i64, i64), BrokerError> {
        self.inner.log_range(topic, partition)
    }

    fn read(&mut self, request: ReadRequest<'_>) -> Result<(Vec<Record>, i64), BrokerError> {
        self.inner.read(request)
    }

    fn close(&mut self) {
        self.inner.close();
    }
}

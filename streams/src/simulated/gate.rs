//! A broker connection through which fate reaches a process: before and after every call it may die, or stand still while
//! everybody else goes on. Relies on the thread above it to be a state machine that can be dropped at any point.

use std::sync::{Arc, Weak};
use std::time::Duration;

use super::broker::ProcessId;
use super::world::World;
use crate::broker::{Broker, BrokerError, Polled, Position};
use crate::record::{Outgoing, Record};

/// What a simulated crash unwinds with. It is no panic: no hook runs, no message is printed.
pub(super) struct Crash;

/// A connection and the world that interrupts it.
pub(super) struct Gate {
    inner: Box<dyn Broker + Send>,
    world: Weak<World>,
    process: ProcessId,
}

impl Gate {
    pub(super) fn new(inner: Box<dyn Broker + Send>, world: &Arc<World>, process: ProcessId) -> Self {
        Self { inner, world: Arc::downgrade(world), process }
    }

    fn gated<T>(&mut self, call: impl FnOnce(&mut dyn Broker) -> T) -> T {
        self.interrupt();
        let answer = call(self.inner.as_mut());
        self.interrupt();
        answer
    }

    fn interrupt(&self) {
        if let Some(world) = self.world.upgrade() {
            world.interrupt(self.process);
        }
    }
}

impl Broker for Gate {
    fn now(&self) -> i64 {
        self.inner.now()
    }

    fn partitions(&mut self, topic: &str) -> Result<i32, BrokerError> {
        self.gated(|inner| inner.partitions(topic))
    }

    fn poll(&mut self, most: usize, timeout: Duration) -> Result<Polled, BrokerError> {
        self.gated(|inner| inner.poll(most, timeout))
    }

    fn assign(&mut self, positions: &[(i32, i64)]) -> Result<(), BrokerError> {
        self.gated(|inner| inner.assign(positions))
    }

    fn unassign(&mut self, partitions: &[i32]) -> Result<(), BrokerError> {
        self.gated(|inner| inner.unassign(partitions))
    }

    fn set_paused(&mut self, partition: i32, paused: bool) -> Result<(), BrokerError> {
        self.gated(|inner| inner.set_paused(partition, paused))
    }

    fn seek(&mut self, partition: i32, offset: i64) -> Result<(), BrokerError> {
        self.gated(|inner| inner.seek(partition, offset))
    }

    fn committed(&mut self, partitions: &[i32]) -> Result<Vec<Option<Position>>, BrokerError> {
        self.gated(|inner| inner.committed(partitions))
    }

    fn rejoin(&mut self) -> Result<(), BrokerError> {
        self.gated(|inner| inner.rejoin())
    }

    fn init_transactions(&mut self) -> Result<(), BrokerError> {
        self.gated(|inner| inner.init_transactions())
    }

    fn begin(&mut self) -> Result<(), BrokerError> {
        self.gated(|inner| inner.begin())
    }

    fn send(&mut self, outgoing: Outgoing) -> Result<(), BrokerError> {
        self.gated(|inner| inner.send(outgoing))
    }

    fn send_offsets(&mut self, positions: &[(i32, Position)]) -> Result<(), BrokerError> {
        self.gated(|inner| inner.send_offsets(positions))
    }

    fn drain(&mut self) -> Result<(), BrokerError> {
        self.gated(|inner| inner.drain())
    }

    fn commit(&mut self) -> Result<(), BrokerError> {
        self.gated(|inner| inner.commit())
    }

    fn abort(&mut self) -> Result<(), BrokerError> {
        self.gated(|inner| inner.abort())
    }

    fn log_range(&mut self, topic: &str, partition: i32) -> Result<(i64, i64), BrokerError> {
        self.gated(|inner| inner.log_range(topic, partition))
    }

    fn read(
        &mut self,
        topic: &str,
        partition: i32,
        position: i64,
        most: usize,
        timeout: Duration,
    ) -> Result<(Vec<Record>, i64), BrokerError> {
        self.gated(|inner| inner.read(topic, partition, position, most, timeout))
    }

    fn close(&mut self) {
        self.gated(|inner| inner.close());
    }
}

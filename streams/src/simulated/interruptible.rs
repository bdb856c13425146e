//! A broker connection that the scheduler can interrupt: before and after every call the process may crash, or freeze while the
//! others run. Relies on the thread above it to be a state machine that can be dropped at any point.

use std::time::Duration;

use crate::broker::{Broker, BrokerError, Polled, Position, ReadRequest};
use crate::record::{Outgoing, Record};

/// What a simulated crash unwinds with. It is not a panic: no hook runs, no message is printed.
pub(super) struct Crash;

/// A connection, and what interrupts it.
pub(super) struct InterruptibleBroker {
    inner: Box<dyn Broker + Send>,
    interrupt: Box<dyn Fn() + Send>,
}

impl InterruptibleBroker {
    pub(super) fn new(inner: Box<dyn Broker + Send>, interrupt: impl Fn() + Send + 'static) -> Self {
        Self { inner, interrupt: Box::new(interrupt) }
    }

    fn interrupted<T>(&mut self, call: impl FnOnce(&mut dyn Broker) -> T) -> T {
        (self.interrupt)();
        let answer = call(self.inner.as_mut());
        (self.interrupt)();
        answer
    }
}

impl Broker for InterruptibleBroker {
    fn now(&self) -> i64 {
        self.inner.now()
    }

    fn elapsed(&self) -> i64 {
        self.inner.elapsed()
    }

    fn partitions(&mut self, topic: &str) -> Result<i32, BrokerError> {
        self.interrupted(|inner| inner.partitions(topic))
    }

    fn poll(&mut self, most: usize, timeout: Duration) -> Result<Polled, BrokerError> {
        self.interrupted(|inner| inner.poll(most, timeout))
    }

    fn assign(&mut self, positions: &[(i32, i64)]) -> Result<(), BrokerError> {
        self.interrupted(|inner| inner.assign(positions))
    }

    fn unassign(&mut self, partitions: &[i32]) -> Result<(), BrokerError> {
        self.interrupted(|inner| inner.unassign(partitions))
    }

    fn set_paused(&mut self, partition: i32, paused: bool) -> Result<(), BrokerError> {
        self.interrupted(|inner| inner.set_paused(partition, paused))
    }

    fn seek(&mut self, partition: i32, offset: i64) -> Result<(), BrokerError> {
        self.interrupted(|inner| inner.seek(partition, offset))
    }

    fn committed(&mut self, partitions: &[i32]) -> Result<Vec<Option<Position>>, BrokerError> {
        self.interrupted(|inner| inner.committed(partitions))
    }

    fn last_committed(&mut self, partitions: &[i32]) -> Result<Vec<Option<Position>>, BrokerError> {
        self.interrupted(|inner| inner.last_committed(partitions))
    }

    fn end_transactions_of(&mut self, own: &str, dead: &str) -> Result<bool, BrokerError> {
        self.interrupted(|inner| inner.end_transactions_of(own, dead))
    }

    fn rejoin(&mut self) -> Result<(), BrokerError> {
        self.interrupted(|inner| inner.rejoin())
    }

    fn init_transactions(&mut self) -> Result<(), BrokerError> {
        self.interrupted(|inner| inner.init_transactions())
    }

    fn begin(&mut self) -> Result<(), BrokerError> {
        self.interrupted(|inner| inner.begin())
    }

    fn send(&mut self, outgoing: Outgoing) -> Result<(), BrokerError> {
        self.interrupted(|inner| inner.send(outgoing))
    }

    fn send_offsets(&mut self, positions: &[(i32, Position)]) -> Result<(), BrokerError> {
        self.interrupted(|inner| inner.send_offsets(positions))
    }

    fn drain(&mut self) -> Result<(), BrokerError> {
        self.interrupted(|inner| inner.drain())
    }

    fn commit(&mut self) -> Result<(), BrokerError> {
        self.interrupted(|inner| inner.commit())
    }

    fn abort(&mut self) -> Result<(), BrokerError> {
        self.interrupted(|inner| inner.abort())
    }

    fn log_range(&mut self, topic: &str, partition: i32) -> Result<(i64, i64), BrokerError> {
        self.interrupted(|inner| inner.log_range(topic, partition))
    }

    fn read(&mut self, request: ReadRequest<'_>) -> Result<(Vec<Record>, i64), BrokerError> {
        self.interrupted(|inner| inner.read(request))
    }

    fn close(&mut self) {
        self.interrupted(|inner| inner.close());
    }
}

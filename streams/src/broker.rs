//! The seam between the loop and a Kafka cluster. Two implementations, `kafka` and `simulated`, run under the same loop
//! (`thread`). One `Broker` is one slot's connection: one consumer of one group and one transactional producer.
//!
//! Calls are made from one thread. Every call returns within its own deadline; a call whose effect is not
//! known returns [`BrokerError::Unknown`].

use std::time::Duration;

use crate::record::{Outgoing, Record};

/// What [`Broker::read`] is asked for.
#[derive(Clone, Copy, Debug)]
pub struct ReadRequest<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The partition.
    pub partition: i32,
    /// The first offset.
    pub position: i64,
    /// How many records at most.
    pub most: usize,
    /// How long to wait for the first.
    pub timeout: Duration,
}

impl<'a> ReadRequest<'a> {
    /// At most so many records from this position on.
    #[must_use]
    pub fn new(topic: &'a str, partition: i32, position: i64, most: usize, timeout: Duration) -> Self {
        Self { topic, partition, position, most, timeout }
    }
}

/// A connection of one stream thread.
pub trait Broker {
    /// Wall-clock time, milliseconds since 1970. Held against the times of records and timers only; no processor sees it.
    fn now(&self) -> i64;

    /// Monotonic time, milliseconds since any moment. Whatever lasts is measured with it, for the wall clock may be set.
    fn elapsed(&self) -> i64;

    /// The partition count of a topic.
    ///
    /// # Errors
    /// [`BrokerError::Fatal`] when there is no such topic.
    fn partitions(&mut self, topic: &str) -> Result<i32, BrokerError>;

    // --- the group ---------------------------------------------------------------------------------------------------

    /// What happened since the last poll: group changes first, else records of assigned, not paused partitions. Waits `timeout` at most and
    /// returns at once when there is something. An empty answer means that there is no more input for now.
    ///
    /// # Errors
    /// [`BrokerError::Fenced`] when another process has taken this member's place, [`BrokerError::Fatal`] when this consumer is dead for
    /// another reason (unauthorised): build a new one with [`Broker::rejoin`].
    fn poll(&mut self, most: usize, timeout: Duration) -> Result<Polled, BrokerError>;

    /// Completes [`Polled::Assigned`]: reading begins at these offsets, paused.
    ///
    /// # Errors
    /// As for [`Broker::poll`].
    fn assign(&mut self, positions: &[(i32, i64)]) -> Result<(), BrokerError>;

    /// Completes [`Polled::Revoked`] and [`Polled::Lost`].
    ///
    /// # Errors
    /// As for [`Broker::poll`].
    fn unassign(&mut self, partitions: &[i32]) -> Result<(), BrokerError>;

    /// Stops or resumes handing out a partition's records.
    ///
    /// # Errors
    /// As for [`Broker::poll`].
    fn set_paused(&mut self, partition: i32, paused: bool) -> Result<(), BrokerError>;

    /// Goes back (or forth): the next record handed out of the partition is the first at or after `offset`. Nothing that was
    /// fetched before the call is handed out after it.
    ///
    /// # Errors
    /// As for [`Broker::poll`].
    fn seek(&mut self, partition: i32, offset: i64) -> Result<(), BrokerError>;

    /// The group's committed positions, after every transaction that is still pending on them has ended ("stable").
    ///
    /// # Errors
    /// [`BrokerError::Unavailable`]: try again.
    fn committed(&mut self, partitions: &[i32]) -> Result<Vec<Option<Position>>, BrokerError>;

    /// The group's last committed positions, whatever transaction is pending on them: not good enough to begin at.
    ///
    /// # Errors
    /// [`BrokerError::Unavailable`].
    fn last_committed(&mut self, partitions: &[i32]) -> Result<Vec<Option<Position>>, BrokerError>;

    /// Drops the consumer and joins the group anew, with a later [`Broker::poll`] if its coordinator does not answer. Every assignment is
    /// gone.
    ///
    /// # Errors
    /// [`BrokerError::Fatal`] when the configuration itself is refused.
    fn rejoin(&mut self) -> Result<(), BrokerError>;

    /// Why this slot is no member of its group for now. It joins by itself.
    fn joining(&self) -> Option<&'static str> {
        None
    }

    // --- the transaction ---------------------------------------------------------------------------------------------

    /// Drops the producer if there is one, makes a new one with the same transactional id and fences every earlier one: when
    /// this returns, every earlier transaction of the id is decided.
    ///
    /// # Errors
    /// [`BrokerError::Unavailable`]: try again for as long as it takes.
    fn init_transactions(&mut self) -> Result<(), BrokerError>;

    /// Ends what the slot `dead` has left open, and fences it, unless it is a member of the group still. Slots' identities differ in their
    /// names only: `own` is that of this one. Returns whether it did; false if it is a member.
    ///
    /// # Errors
    /// [`BrokerError::Unavailable`]: it may have; else the coordinator ends it by its time-out.
    fn end_transactions_of(&mut self, own: &str, dead: &str) -> Result<bool, BrokerError>;

    /// Begins a transaction.
    ///
    /// # Errors
    /// [`BrokerError::Fenced`] or [`BrokerError::Fatal`].
    fn begin(&mut self) -> Result<(), BrokerError>;

    /// Adds a record to the transaction. Waits within the call while the queue is full.
    ///
    /// # Errors
    /// [`BrokerError::Abort`], [`BrokerError::Fenced`] or [`BrokerError::Fatal`].
    fn send(&mut self, outgoing: Outgoing) -> Result<(), BrokerError>;

    /// Adds consumed positions to the transaction, with this member's current generation.
    ///
    /// # Errors
    /// [`BrokerError::Abort`] (for one: this member's generation is over), [`BrokerError::Fenced`], [`BrokerError::Fatal`].
    fn send_offsets(&mut self, positions: &[(i32, Position)]) -> Result<(), BrokerError>;

    /// Waits until every record of the transaction has been acknowledged.
    ///
    /// # Errors
    /// [`BrokerError::Abort`] when one was refused.
    fn drain(&mut self) -> Result<(), BrokerError>;

    /// Ends the transaction: all of it becomes visible, at once.
    ///
    /// # Errors
    /// [`BrokerError::Abort`]: it has not and cannot; [`BrokerError::Unknown`]: it may have: only
    /// [`Broker::init_transactions`] and then [`Broker::committed`] show it.
    fn commit(&mut self) -> Result<(), BrokerError>;

    /// Ends the transaction: none of it becomes visible.
    ///
    /// # Errors
    /// Any: [`Broker::init_transactions`] must follow.
    fn abort(&mut self) -> Result<(), BrokerError>;

    // --- restoring ---------------------------------------------------------------------------------------------------

    /// First offset and log end (read-uncommitted: open transactions count) of any partition.
    ///
    /// # Errors
    /// [`BrokerError::Unavailable`]: try again.
    fn log_range(&mut self, topic: &str, partition: i32) -> Result<(i64, i64), BrokerError>;

    /// Committed records of any partition at or after the position of the request, and the position after them. Control records and aborted
    /// records take offsets, so the position may move past an empty answer: `position >= end` is the only sign of having read
    /// everything.
    ///
    /// # Errors
    /// [`BrokerError::Unavailable`]: try again; [`BrokerError::Fatal`]: the position is outside the log.
    fn read(&mut self, request: ReadRequest<'_>) -> Result<(Vec<Record>, i64), BrokerError>;

    /// Closes it: leaves the group (a static member stays for its session), closes the producer.
    fn close(&mut self);
}

/// What a poll brought.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Polled {
    /// Records, in order within each partition; empty when there is no more input for now.
    Records(Vec<Record>),
    /// These partitions are assigned once [`Broker::assign`] is called.
    Assigned(Vec<i32>),
    /// These partitions go to another member once [`Broker::unassign`] is called: commit first.
    Revoked(Vec<i32>),
    /// These partitions are assigned to another member already: commit nothing, call [`Broker::unassign`].
    Lost(Vec<i32>),
}

/// A committed position: the next offset to read, and what travels with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Position {
    /// The next offset to read.
    pub offset: i64,
    /// Written by the runtime: commit sequence, log time, topology fingerprint. At most 4,096 bytes on a stock broker.
    pub metadata: String,
}

/// What a failed call means for the caller. Each variant is a decision.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BrokerError {
    /// Nothing has happened; try again.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The transaction cannot be committed: abort it, drop the overlay, rewind.
    #[error("abort: {0}")]
    Abort(String),
    /// The transaction may or may not have been committed: the producer must be replaced and the outcome looked up.
    #[error("outcome unknown: {0}")]
    Unknown(String),
    /// Another instance with the same identity has taken over, or the coordinator has expired this producer.
    #[error("fenced: {0}")]
    Fenced(String),
    /// Trying again cannot help.
    #[error("fatal: {0}")]
    Fatal(String),
}

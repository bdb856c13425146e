//! A simulated Kafka cluster in memory: partitions, transactions, groups, an injected clock, seeded faults. It implements
//! [`Broker`](crate::broker::Broker), so the loop that runs on Kafka runs on it unchanged; a seed reproduces a run exactly.
//!
//! It is not a Kafka server and speaks no wire protocol, and it has one replica of everything. It implements what
//! exactly-once depends on: records and markers take offsets, last stable offset, aborted ranges, pending offsets; epochs,
//! fencing and time-outs of transactional ids; markers that arrive after the commit was answered; EndTxn requests that arrive
//! late and end the next transaction of the same epoch (Kafka before KIP-890, which is what librdkafka implements); generations,
//! static members, sessions and cooperative assignment of a classic group; compaction and retention.

mod broker;
mod cluster;
mod emitter;
mod faults;
mod feed;
mod interruptible;
mod groups;
mod log;
mod protocol;
mod seeds;
mod simulation;
mod state;
mod transactions;
mod scheduler;

pub use broker::SimulatedBroker;
pub use cluster::{Cluster, Offsets};
pub use emitter::{Emission, MemoryEmitter};
pub use faults::{Fault, FaultCounts, FaultRates};
pub use feed::{MemoryFeed, MemoryLog};
pub use log::{AbortedRange, Tombstones};
pub use protocol::{Clock, Isolation, ProcessId, Refusal, Slot, Timestamps};
pub use seeds::{Explored, Failure, Seeds};
pub use simulation::{BEGINNING, Entries, QuiesceError, Setup, Simulation};

#[cfg(test)]
mod cluster_tests;
#[cfg(test)]
pub(crate) mod mutant;
#[cfg(test)]
mod simulation_tests;

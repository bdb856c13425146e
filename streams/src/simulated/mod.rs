//! A simulated Kafka cluster in memory: partitions, transactions, groups, an injected clock, seeded faults. It implements
//! [`Broker`](crate::broker::Broker), so the loop that runs on Kafka runs on it unchanged; a seed reproduces a run exactly.
//!
//! It is not a Kafka server and speaks no wire protocol, and it has one replica of everything. What it keeps to, because
//! exactly-once stands on it: records and markers take offsets, last stable offset, aborted ranges, pending offsets; epochs,
//! fencing and time-outs of transactional ids; markers that arrive after the commit was answered; EndTxn requests that arrive
//! late and strike the next transaction of the same epoch (Kafka before KIP-890, which is what librdkafka speaks); generations,
//! static members, sessions and cooperative assignment of a classic group; compaction and retention.

mod broker;
mod cluster;
mod emitter;
mod faults;
mod gate;
mod groups;
mod log;
mod protocol;
mod seeds;
mod simulation;
mod state;
mod transactions;
mod world;

pub use broker::{ProcessId, SimulatedBroker, Slot};
pub use cluster::{Clock, Cluster, Offsets, Timestamps};
pub use emitter::{Emission, MemoryEmitter};
pub use faults::{Fault, FaultCounts, FaultRates};
pub use log::{AbortedRange, Tombstones};
pub use protocol::{Isolation, Refusal};
pub use seeds::{Explored, Failure, Seeds};
pub use simulation::{BEGINNING, Entries, Restless, Setup, Simulation};

#[cfg(test)]
mod cluster_tests;
#[cfg(test)]
mod simulation_tests;

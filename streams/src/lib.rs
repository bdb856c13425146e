#![doc = include_str!("../README.md")]

pub mod codec;
pub mod table;
pub mod topic;
pub mod wakeup;
pub mod group;
pub mod run;
pub mod record;
pub mod partitioner;
pub mod processor;
pub mod topology;
pub mod backoff;
pub mod broker;
pub mod clock;
pub mod store;
pub mod changelog;
pub mod control;
pub mod task;
pub mod thread;
pub mod application;
mod instruments;
pub mod metrics;
pub mod emitter;
pub mod feed;
pub mod service;
pub mod kafka;
#[cfg(feature = "testing")]
pub mod simulated;
#[cfg(feature = "testing")]
pub mod driver;
#[cfg(feature = "testing")]
pub mod testing;

pub use codec::{Codec, Compact, Corrupt, Json, Plain};
pub use group::Group;
pub use processor::{Context, Verdict};
pub use run::{RunConfig, RunError, run};
pub use table::Table;
pub use topic::{Input, Output};
pub use topology::{Topology, TopologyError};
pub use wakeup::Wakeup;

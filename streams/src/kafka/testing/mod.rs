//! For tests against a real cluster: clients as other programs have them, and a broker of one's own.

mod own_broker;
mod plain;

pub use own_broker::OwnBroker;
pub use plain::{PlainAdmin, PlainConsumer, PlainProducer, Protocol};

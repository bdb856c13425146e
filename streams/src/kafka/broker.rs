//! One slot's connection to a Kafka cluster.

/// Which slot, of which application, reading what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SlotConfig {
    /// The group id: the application id with the deployment's prefix, such as `timesale.coupons`.
    pub group: String,
    /// The transactional id and group instance id: stable across restarts and unique to this slot, such as
    /// `timesale.coupons.0.1`.
    pub identity: String,
    /// The topic that the group shares out.
    pub source: String,
    /// How long the group waits for a silent member before its partitions go to another, milliseconds.
    pub session_timeout_ms: u32,
    /// How long a transaction may stay open before the coordinator ends it, milliseconds.
    pub transaction_timeout_ms: u32,
    /// The longest time between two polls, milliseconds.
    pub max_poll_interval_ms: u32,
    /// Most bytes that the client holds ready per source partition, in KiB.
    pub fetch_kbytes_per_partition: u32,
}

/// One consumer of one group and one transactional producer.
#[derive(Debug)]
pub struct KafkaBroker(());

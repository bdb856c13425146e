//! The settings of a stream thread.

use crate::task::Limits;

/// The settings of a stream thread. Times are milliseconds.
#[derive(Clone, Debug)]
pub(crate) struct ThreadConfig {
    /// The slot's name. With the time of its start it becomes the writer in its checkpoints.
    pub(crate) slot: String,
    /// A transaction is committed at this age at the latest.
    pub(crate) commit_interval_ms: i64,
    /// How long an open transaction waits for more input before it is committed.
    pub(crate) idle_after_ms: u64,
    /// The longest wait for input when there is nothing else to do.
    pub(crate) poll_timeout_ms: u64,
    /// Records of one poll, at most.
    pub(crate) poll_records: usize,
    /// Records and timers of one transaction, at most.
    pub(crate) transaction_records: usize,
    /// Bytes of one transaction, about, outputs and store writes together.
    pub(crate) transaction_bytes: usize,
    /// Changelog records read between two polls.
    pub(crate) restore_records: usize,
    /// The first and the longest pause after something failed; it doubles between.
    pub(crate) backoff_ms: (i64, i64),
    /// The least time between two ticks.
    pub(crate) tick_interval_ms: i64,
    /// The longest time between two ticks of a partition whose broker's clock is behind.
    pub(crate) longest_tick_interval_ms: i64,
    /// After this time another tick is sent although the last one has not been read.
    pub(crate) unread_tick_timeout_ms: i64,
    /// How long the state of a revoked partition is kept.
    pub(crate) suspend_ms: i64,
    /// What a task may write.
    pub(crate) limits: Limits,
}

impl Default for ThreadConfig {
    fn default() -> Self {
        Self {
            slot: "0".to_owned(),
            commit_interval_ms: 20,
            idle_after_ms: 4,
            poll_timeout_ms: 100,
            poll_records: 1_000,
            transaction_records: 4_000,
            transaction_bytes: 8 << 20,
            restore_records: 5_000,
            backoff_ms: (10, 1_000),
            tick_interval_ms: 50,
            longest_tick_interval_ms: 1_000,
            unread_tick_timeout_ms: 1_000,
            suspend_ms: 60_000,
            limits: Limits { record_bytes: 900_000, dead_letter_bytes: 900_000 },
        }
    }
}

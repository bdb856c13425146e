//! Who a connection is to the cluster.

use std::sync::Arc;

/// Who connects.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Slot {
    /// The consumer group: the application id.
    pub group: Arc<str>,
    /// `group.instance.id`.
    pub instance: Arc<str>,
    /// The topic the group reads.
    pub topic: Arc<str>,
    /// `transactional.id`.
    pub transactional_id: Arc<str>,
    /// `transaction.timeout.ms`.
    pub transaction_timeout_ms: i64,
    /// `session.timeout.ms`.
    pub session_timeout_ms: i64,
}

impl Slot {
    /// A slot of an application with the runtime's own settings: transactions time out after 10 s, sessions after 15 s.
    #[must_use]
    pub fn new(application: &str, instance: &str, topic: &str) -> Self {
        Self {
            group: application.into(),
            instance: instance.into(),
            topic: topic.into(),
            transactional_id: format!("{application}.{instance}").into(),
            transaction_timeout_ms: 10_000,
            session_timeout_ms: 15_000,
        }
    }
}

/// One process, as the cluster sees it: a connection and those that replace it by `rejoin`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ProcessId(pub(in crate::simulated) u64);

//! What all looks at copies need: everything that the log holds of `prices.best`, and what may go wrong.

use std::time::Duration;

use events::codec;
use events::envelope::Envelope;
use events::prices::BestPrice;
use events::topics::PRICES_BEST;
use redis::RedisError;
use streams::kafka::{ClusterConfig, ReadError, TopicReader};

use super::Stated;

/// A copy and the reader of the log may have clocks of their own.
pub(super) const CLOCKS_DIFFER_MS: i64 = 5_000;
/// How long before a copy that is late is looked at again.
pub(super) const POLL: Duration = Duration::from_millis(250);

/// What could not be read.
#[derive(Debug, thiserror::Error)]
pub(in crate::verify) enum CompareError {
    /// The log.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Redis.
    #[error("redis: {0}")]
    Redis(#[from] RedisError),
    /// The ingress's address.
    #[error("--ingress must be http://host:port")]
    Address,
    /// The thread that read the log.
    #[error("the reader of the log was torn down: {0}")]
    Reader(#[from] tokio::task::JoinError),
}

/// Everything that the log holds of `prices.best`.
///
/// # Errors
/// [`CompareError::Read`].
pub(super) async fn read(cluster: &ClusterConfig) -> Result<Stated, CompareError> {
    let cluster = cluster.clone();
    let read = move || {
        let mut stated = Stated::default();
        for record in TopicReader::open(&cluster, PRICES_BEST.name())? {
            let record = record?;
            let envelope = Envelope::from_headers(record.header_pairs());
            // Garbage is counted where the log is judged.
            if let Ok(best) = codec::decode::<BestPrice>(record.value.as_deref(), &envelope) {
                stated.take(best);
            }
        }
        Ok::<_, ReadError>(stated)
    };
    Ok(tokio::task::spawn_blocking(read).await??)
}

//! Every committed record of a topic, from its beginning to the end at the time of opening.
//!
//! For people and for proofs: disturbs nobody, commits nothing. What is written after the opening is not shown, and neither is
//! a transaction that was open then.

use std::time::{Duration, Instant};

use super::cluster::{ClusterConfig, ConfigError};
use super::reader::PartitionReader;
use crate::broker::BrokerError;
use crate::record::Record;

/// Most records taken from the client at once.
const BATCH: usize = 4_096;
/// Bytes the client may hold ready, in KiB: one partition is read at a time.
const FETCH_KBYTES: u32 = 16_384;
/// How long the cluster may stay silent before a tap gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a tap has stopped.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TapError {
    /// The configuration is refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The cluster could not be read.
    #[error("{topic}: {reason}")]
    Broker {
        /// The topic.
        topic: String,
        /// Why.
        reason: String,
    },
}

/// An iterator over a topic, partition by partition in their order, in order of offsets within each.
pub struct Tap {
    topic: String,
    reader: PartitionReader,
    lanes: Vec<Lane>,
    /// The place in `lanes` of the partition that is being read.
    current: usize,
    batch: std::vec::IntoIter<Record>,
    /// How long the cluster has been asked in vain.
    silent: Duration,
}

struct Lane {
    partition: i32,
    position: i64,
    end: i64,
}

impl Tap {
    /// Captures the topic's end and begins at its beginning.
    ///
    /// # Errors
    /// [`TapError`] when there is no such topic or no broker.
    pub fn open(cluster: &ClusterConfig, topic: &str) -> Result<Self, TapError> {
        let reader = PartitionReader::new(cluster, topic, FETCH_KBYTES)?;
        let lane = |partition| {
            let (position, end) = reader.stable_range(partition)?;
            Ok(Lane { partition, position, end })
        };
        let lanes = reader.partitions().and_then(|count| (0..count).map(lane).collect::<Result<Vec<_>, _>>());
        let lanes = lanes.map_err(|error| broken(topic, &error))?;
        let batch = Vec::new().into_iter();
        Ok(Self { topic: topic.to_owned(), reader, lanes, current: 0, batch, silent: Duration::ZERO })
    }

    /// Where the tap stands, by partition: the next offset it will ask for.
    #[must_use]
    pub fn positions(&self) -> Vec<(i32, i64)> {
        self.lanes.iter().map(|lane| (lane.partition, lane.position)).collect()
    }

    /// The committed end at the time of opening, by partition.
    #[must_use]
    pub fn ends(&self) -> Vec<(i32, i64)> {
        self.lanes.iter().map(|lane| (lane.partition, lane.end)).collect()
    }

    /// Reads on; an empty batch only means that there is nothing yet.
    fn fill(&mut self) -> Result<(), TapError> {
        let Some(lane) = self.lanes.get_mut(self.current) else {
            return Ok(());
        };
        if lane.position >= lane.end {
            self.current += 1;
            return Ok(());
        }
        let asked = Instant::now();
        let answer = self.reader.read(lane.partition, lane.position, BATCH, Duration::from_millis(200));
        match answer {
            Ok((mut records, next)) => {
                self.silent = if next > lane.position { Duration::ZERO } else { self.silent + asked.elapsed() };
                records.retain(|record| record.offset < lane.end);
                lane.position = next;
                self.batch = records.into_iter();
            }
            Err(BrokerError::Unavailable(_)) => self.silent += asked.elapsed(),
            Err(error) => return Err(broken(&self.topic, &error)),
        }
        if self.silent >= PATIENCE {
            let silent = BrokerError::Unavailable(format!("nothing has come for {} s", PATIENCE.as_secs()));
            return Err(broken(&self.topic, &silent));
        }
        Ok(())
    }
}

impl Iterator for Tap {
    type Item = Result<Record, TapError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(record) = self.batch.next() {
                return Some(Ok(record));
            }
            if self.current >= self.lanes.len() {
                return None;
            }
            if let Err(error) = self.fill() {
                self.current = self.lanes.len();
                return Some(Err(error));
            }
        }
    }
}

pub(super) fn broken(topic: &str, error: &BrokerError) -> TapError {
    TapError::Broker { topic: topic.to_owned(), reason: error.to_string() }
}

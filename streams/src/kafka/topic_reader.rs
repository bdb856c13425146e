//! Every committed record of a topic, from its beginning to the end at the time of opening.
//!
//! Joins no group and commits nothing. Records written after the opening are not returned, nor those of
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
/// How long the cluster may return nothing before the reader fails.
const SILENCE_LIMIT: Duration = Duration::from_secs(30);

/// Why a topic cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReadError {
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
pub struct TopicReader {
    topic: String,
    reader: PartitionReader,
    ranges: Vec<PartitionRange>,
    /// The place in `ranges` of the partition that is being read.
    current: usize,
    batch: std::vec::IntoIter<Record>,
    /// For how long the cluster has returned nothing.
    idle: Duration,
}

struct PartitionRange {
    partition: i32,
    position: i64,
    end: i64,
}

impl TopicReader {
    /// Captures the topic's end and begins at its beginning.
    ///
    /// # Errors
    /// [`ReadError`] when there is no such topic or no broker.
    pub fn open(cluster: &ClusterConfig, topic: &str) -> Result<Self, ReadError> {
        let reader = PartitionReader::new(cluster, topic, FETCH_KBYTES)?;
        let range = |partition| {
            let (position, end) = reader.stable_range(partition)?;
            Ok(PartitionRange { partition, position, end })
        };
        let ranges = reader.partitions().and_then(|count| (0..count).map(range).collect::<Result<Vec<_>, _>>());
        let ranges = ranges.map_err(|error| read_error(topic, &error))?;
        let batch = Vec::new().into_iter();
        Ok(Self { topic: topic.to_owned(), reader, ranges, current: 0, batch, idle: Duration::ZERO })
    }

    /// The next offset to read, by partition.
    #[must_use]
    pub fn positions(&self) -> Vec<(i32, i64)> {
        self.ranges.iter().map(|range| (range.partition, range.position)).collect()
    }

    /// The committed end at the time of opening, by partition.
    #[must_use]
    pub fn ends(&self) -> Vec<(i32, i64)> {
        self.ranges.iter().map(|range| (range.partition, range.end)).collect()
    }

    /// Reads on; an empty batch only means that there is nothing yet.
    fn fill(&mut self) -> Result<(), ReadError> {
        let Some(range) = self.ranges.get_mut(self.current) else {
            return Ok(());
        };
        if range.position >= range.end {
            self.current += 1;
            return Ok(());
        }
        let asked = Instant::now();
        let answer = self.reader.read(range.partition, range.position, BATCH, Duration::from_millis(200));
        match answer {
            Ok((mut records, next)) => {
                self.idle = if next > range.position { Duration::ZERO } else { self.idle + asked.elapsed() };
                records.retain(|record| record.offset < range.end);
                range.position = next;
                self.batch = records.into_iter();
            }
            Err(BrokerError::Unavailable(_)) => self.idle += asked.elapsed(),
            Err(error) => return Err(read_error(&self.topic, &error)),
        }
        if self.idle >= SILENCE_LIMIT {
            let idle = BrokerError::Unavailable(format!("no record was returned for {} s", SILENCE_LIMIT.as_secs()));
            return Err(read_error(&self.topic, &idle));
        }
        Ok(())
    }
}

impl Iterator for TopicReader {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(record) = self.batch.next() {
                return Some(Ok(record));
            }
            if self.current >= self.ranges.len() {
                return None;
            }
            if let Err(error) = self.fill() {
                self.current = self.ranges.len();
                return Some(Err(error));
            }
        }
    }
}

pub(super) fn read_error(topic: &str, error: &BrokerError) -> ReadError {
    ReadError::Broker { topic: topic.to_owned(), reason: error.to_string() }
}

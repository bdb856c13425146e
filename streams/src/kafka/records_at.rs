//! Single records of a topic, each by its place in the log.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::cluster::{ClusterConfig, ConfigError};
use super::reader::PartitionReader;
use super::topic_reader::{ReadError, read_error};
use crate::broker::BrokerError;
use crate::record::Record;

/// Bytes the client may hold ready, in KiB.
const FETCH_KBYTES: u32 = 4_096;
/// Most records taken from the client at once.
const BATCH: usize = 64;
/// Whoever wants a record so few offsets further on reads on; else the fetch begins anew there.
const NEAR: i64 = 500;
/// How long the cluster may return nothing before the reader fails.
const SILENCE_LIMIT: Duration = Duration::from_secs(15);

/// Reads records of one topic by their places. Belongs to no group.
pub struct RecordsAt {
    topic: String,
    reader: PartitionReader,
}

impl RecordsAt {
    /// Makes a client; connects in the background.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn new(cluster: &ClusterConfig, topic: &str) -> Result<Self, ConfigError> {
        Ok(Self { topic: topic.to_owned(), reader: PartitionReader::hasty(cluster, topic, FETCH_KBYTES)? })
    }

    /// Those of the records that the log has, committed ones only, by their offsets. Where an offset has none, the record was deleted, was
    /// never committed, or never was. Blocks.
    ///
    /// # Errors
    /// [`ReadError`] when there is no such partition, or the cluster does not answer.
    pub fn read(&mut self, partition: i32, offsets: &BTreeSet<i64>) -> Result<BTreeMap<i64, Record>, ReadError> {
        let mut found = BTreeMap::new();
        let (first, stable) = self.reader.stable_range(partition).map_err(|error| read_error(&self.topic, &error))?;
        let mut next = None;
        for offset in offsets.range(first..stable.max(first)) {
            let near = next.filter(|next| offset.saturating_sub(*next) <= NEAR);
            next = Some(self.read_past(partition, near.unwrap_or(*offset), *offset, offsets, &mut found)?);
        }
        Ok(found)
    }

    /// Reads from the position until it is past the offset, keeps what is wanted, and returns the position after.
    fn read_past(
        &mut self,
        partition: i32,
        mut position: i64,
        offset: i64,
        wanted: &BTreeSet<i64>,
        found: &mut BTreeMap<i64, Record>,
    ) -> Result<i64, ReadError> {
        let mut moved = Instant::now();
        while position <= offset {
            match self.reader.read(partition, position, BATCH, Duration::from_millis(200)) {
                Ok((records, next)) => {
                    if next > position {
                        moved = Instant::now();
                    }
                    position = next;
                    let records = records.into_iter().filter(|record| wanted.contains(&record.offset));
                    found.extend(records.map(|record| (record.offset, record)));
                }
                Err(BrokerError::Unavailable(_)) => {}
                Err(error) => return Err(read_error(&self.topic, &error)),
            }
            if moved.elapsed() >= SILENCE_LIMIT {
                let reason = format!("partition {partition} returned nothing for {} s", SILENCE_LIMIT.as_secs());
                return Err(read_error(&self.topic, &BrokerError::Unavailable(reason)));
            }
        }
        Ok(position)
    }
}

//! `--latest`: the newest record of each key, kept until the range is read.

use std::collections::HashMap;

use bytes::Bytes;
use streams::kafka::tap::KeptRecord;

use crate::tap::error::RunError;
use crate::tap::run::Plan;
use crate::tap::write::Transaction;

/// Bytes of newest records that are kept at most, unless the tap may keep less.
const MOST_BYTES: usize = 256 << 20;

/// A record, the place of its span, and what became of its transaction.
type Newest = (KeptRecord, usize, Option<Transaction>);

/// The newest record of each key that is wanted, until the range is read.
pub(in crate::tap) struct Latest {
    records: HashMap<(usize, Option<Bytes>), Newest>,
    bytes: usize,
    most: usize,
}

impl Latest {
    pub(in crate::tap) fn new(plan: &Plan<'_>) -> Self {
        let most = plan.tap.share.as_ref().map_or(MOST_BYTES, |share| share.kept_bytes);
        Self { records: HashMap::new(), bytes: 0, most }
    }

    /// Keeps a record in place of an older one of its key. `topic` is the place of its topic: a key may be in several partitions.
    pub(in crate::tap) fn take(
        &mut self,
        topic: usize,
        kept: KeptRecord,
        place: usize,
        transaction: Option<Transaction>,
    ) -> Result<(), RunError> {
        let size = |kept: &KeptRecord| {
            let headers: usize = kept.record.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
            kept.record.value.as_ref().map_or(0, Bytes::len) + headers + 256
        };
        let key = (topic, kept.record.key.clone());
        if let Some((before, ..)) = self.records.get(&key) {
            let (old, new) = (&before.record, &kept.record);
            let is_newer = old.partition == new.partition || new.timestamp >= old.timestamp;
            if !is_newer {
                return Ok(());
            }
            self.bytes -= size(before);
        }
        self.bytes += size(&kept);
        if self.bytes > self.most {
            return Err(RunError::Usage(format!(
                "--latest: the newest records take more than {} MiB; narrow the range or the keys",
                self.most >> 20
            )));
        }
        self.records.insert(key, (kept, place, transaction));
        Ok(())
    }

    /// The records, by topic, partition and offset.
    pub(in crate::tap) fn sorted(self) -> Vec<Newest> {
        let mut records: Vec<_> = self.records.into_values().collect();
        records.sort_by_key(|(kept, place, _)| (*place, kept.record.offset));
        records
    }
}

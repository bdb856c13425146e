//! A sample by key: the same keys in every topic and every run. A record without a key is taken by its place.

use streams::kafka::tap::RecordView;

use crate::tap::words::Sample;

pub(super) fn holds(sample: &Sample, key: Option<&[u8]>, record: &RecordView<'_>) -> bool {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&sample.seed.to_le_bytes());
    match key {
        Some(key) => hasher.update(key),
        None => hasher
            .update(record.topic.as_bytes())
            .update(&record.partition.to_le_bytes())
            .update(&record.offset.to_le_bytes()),
    };
    let hash = hasher.finalize();
    let number = hash.as_bytes().iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    number.is_multiple_of(sample.of)
}

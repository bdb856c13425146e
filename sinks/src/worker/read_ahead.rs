//! What is read and decoded while a batch is being written: a reader does not stand still because its destination is busy.
//!
//! Not here: what becomes of events other than batches; they wait until the write is done, and so does whatever follows them.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;

use streams::feed::{FeedEvent, FeedSource};
use tokio::time::Instant;

use super::Pace;
use super::partition_state::PartitionState;
use super::session::End;

/// Reads one event. A batch goes to its partition; any other event is answered. Dropping the future loses nothing.
pub(super) async fn read<F: FeedSource>(
    feed: &mut F,
    partitions: &mut BTreeMap<i32, PartitionState>,
    pace: Pace,
) -> Result<Option<FeedEvent>, End> {
    match feed.next().await {
        None => Err(End::Again("the feed has ended".into())),
        Some(Err(error)) => Err(End::of(&error)),
        Some(Ok(FeedEvent::Batch { partition, from, records, next })) => {
            let Some(state) = partitions.get_mut(&partition) else { return Ok(None) };
            match state.take(from, records, next, Instant::now(), pace) {
                Ok(()) => Ok(None),
                Err(gap) => {
                    let (expected, found) = (gap.expected, gap.found);
                    Err(End::Again(format!("partition {partition}: expected {expected}, was given {found}")))
                }
            }
        }
        Some(Ok(event)) => Ok(Some(event)),
    }
}

/// Waits for a write, and reads meanwhile: until a partition has a full batch waiting, which bounds the memory, or until something
/// else than a batch was read, which is left in `ahead`.
pub(super) async fn read_while<T, F: FeedSource>(
    write: impl Future<Output = T>,
    ahead: &mut Option<Result<FeedEvent, End>>,
    feed: &mut F,
    partitions: &mut BTreeMap<i32, PartitionState>,
    pace: Pace,
) -> T {
    let mut write = pin!(write);
    loop {
        let may_read = ahead.is_none() && !partitions.values().any(|state| state.is_full(pace.records));
        tokio::select! {
            biased;
            written = &mut write => return written,
            event = read(feed, partitions, pace), if may_read => *ahead = event.transpose(),
        }
    }
}

//! What has been copied: the last record of each partition of which the shadow topic has a copy.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use streams::kafka::PartitionEnds;
use streams::kafka::tap::{Order, Scan, Span, Step, TapClient, TapError};

use super::{Identity, record};

/// How long is waited for a record at once.
const WAIT: Duration = Duration::from_millis(100);

/// Reads what was written to the shadow topic since the copy began. Another tap may have written there meanwhile. Blocks.
///
/// # Errors
/// [`TapError`].
pub(super) fn of(
    client: &TapClient,
    ends: &BTreeMap<(Arc<str>, i32), PartitionEnds>,
    began: &BTreeMap<i32, i64>,
    identity: &Identity<'_>,
) -> Result<BTreeMap<i32, i64>, TapError> {
    let span = |((topic, partition), ends): (&(Arc<str>, i32), &PartitionEnds)| Span {
        topic: Arc::clone(topic),
        partition: *partition,
        from: began.get(partition).copied().unwrap_or(0).max(ends.first),
        to: Some(ends.stable),
    };
    let mut copied = BTreeMap::new();
    let mut scan = Scan::begin(client, ends.iter().map(span).collect(), Order::AsTheyCome)?;
    loop {
        match scan.next(WAIT)? {
            Step::Record(found, _) => {
                let view = found.view();
                if let Some(offset) = record::offset_of(&view.headers, identity.of, view.partition, identity.id) {
                    let last = copied.entry(view.partition).or_insert(offset);
                    *last = offset.max(*last);
                }
            }
            Step::Nothing => {}
            Step::Done => break,
        }
    }
    scan.end()?;
    Ok(copied)
}

//! Reads the records of a story: parts of partitions, between two times, those that belong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use streams::kafka::tap::{Isolation, Order, Scan, Span, Step, TapClient, TapConfig, TapError};
use streams::kafka::{ClusterConfig, PartitionEnds};

use super::entry::Entry;
use super::names::Names;
use super::places::{Places, all_topics};

/// Bytes that the client holds ready for a partition, in KiB.
const FETCH_KBYTES: u32 = 2_048;
/// How long a read waits before it looks whether somebody wants it to end.
const WAIT: Duration = Duration::from_millis(100);

/// Between which times records are read, milliseconds since 1970.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Times {
    /// Nothing before; without it from the log's beginning.
    pub(super) from_ms: Option<i64>,
    /// Nothing after; without it to the log's stable end.
    pub(super) to_ms: Option<i64>,
}

/// Reads records of all topics of stories. The ends are those of its beginning.
pub(super) struct Gatherer<'a> {
    client: TapClient,
    ends: BTreeMap<(Arc<str>, i32), PartitionEnds>,
    stop: &'a AtomicBool,
    seen: BTreeSet<(Arc<str>, i32, i64)>,
    /// Records read.
    pub(super) read: u64,
    /// Whether it was stopped.
    pub(super) is_stopped: bool,
}

impl<'a> Gatherer<'a> {
    /// Opens the topics. Blocks.
    ///
    /// # Errors
    /// [`TapError`].
    pub(super) fn open(cluster: &ClusterConfig, user: &str, stop: &'a AtomicBool) -> Result<Self, TapError> {
        let config = TapConfig { user: user.to_owned(), fetch_kbytes: FETCH_KBYTES, isolation: Isolation::Committed };
        let client = TapClient::open(cluster, &all_topics(), &config)?;
        let ends = client.ends(&client.partitions())?;
        Ok(Self { client, ends, stop, seen: BTreeSet::new(), read: 0, is_stopped: false })
    }

    /// Offsets between the beginnings and the stable ends: no fewer than there are records.
    pub(super) fn in_log(&self) -> u64 {
        let of_one = |ends: &PartitionEnds| u64::try_from(ends.stable - ends.first).unwrap_or(0);
        self.ends.values().map(of_one).sum()
    }

    /// The records that belong and were not read before. Blocks.
    ///
    /// # Errors
    /// [`TapError`].
    pub(super) fn gather(&mut self, places: &Places, times: Times, names: &Names) -> Result<Vec<Entry>, TapError> {
        let spans = self.spans(places, times)?;
        let topics: Vec<Arc<str>> = spans.iter().map(|span| Arc::clone(&span.topic)).collect();
        let mut scan = Scan::begin(&self.client, spans, Order::AsTheyCome)?;
        let mut entries = Vec::new();
        loop {
            if self.stop.load(Ordering::Relaxed) {
                self.is_stopped = true;
                break;
            }
            match scan.next(WAIT)? {
                Step::Done => break,
                Step::Nothing => {}
                Step::Record(record, place) => {
                    self.read += 1;
                    let view = record.view();
                    let Some(topic) = topics.get(place) else { continue };
                    if names.has(&view) && self.seen.insert((Arc::clone(topic), view.partition, view.offset)) {
                        entries.push(Entry::of(record.keep(topic)));
                    }
                }
            }
        }
        scan.end()?;
        Ok(entries)
    }

    fn spans(&self, places: &Places, times: Times) -> Result<Vec<Span>, TapError> {
        let mut partitions: BTreeMap<&Arc<str>, i32> = BTreeMap::new();
        self.ends.keys().for_each(|(topic, _)| *partitions.entry(topic).or_default() += 1);
        let of_topic = |topic| partitions.get(topic).copied().unwrap_or(1);
        let wanted: Vec<(Arc<str>, i32)> =
            self.ends.keys().filter(|name| places.has(name, of_topic(&name.0))).cloned().collect();
        let offsets = |time: Option<i64>| match time {
            Some(time) => self.client.offsets_at(&wanted, time).map(Some),
            None => Ok(None),
        };
        let from = offsets(times.from_ms)?;
        let to = offsets(times.to_ms.map(|to| to + 1))?;
        let span = |name: &(Arc<str>, i32)| {
            let ends = self.ends.get(name)?;
            // No offset for a time: everything is older.
            let place = |found: &Option<BTreeMap<_, i64>>, otherwise: i64| match found {
                Some(offsets) => offsets.get(name).copied().unwrap_or(ends.stable),
                None => otherwise,
            };
            let cut = |offset: i64| offset.clamp(ends.first, ends.stable);
            let (from, to) = (cut(place(&from, ends.first)), cut(place(&to, ends.stable)));
            Some(Span { topic: Arc::clone(&name.0), partition: name.1, from, to: Some(to.max(from)) })
        };
        Ok(wanted.iter().filter_map(span).collect())
    }
}

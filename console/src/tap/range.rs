//! From words to offsets: which part of each partition a tap reads. Pure; the ends and the offsets of times come from the broker.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use streams::kafka::PartitionEnds;
use streams::kafka::tap::Span;

use super::words::{Isolation, Place, Range};

/// A partition's name: topic and number.
pub(crate) type Name = (Arc<str>, i32);

/// What the broker knows of partitions.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Known {
    /// The offsets between which each can be read.
    pub(crate) ends: BTreeMap<Name, PartitionEnds>,
    /// The first offsets that are not older than the times that words name; none where everything is older.
    pub(crate) times: BTreeMap<i64, BTreeMap<Name, i64>>,
}

/// A partition that was named and is not there.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{topic} has no partition {partition}")]
pub(crate) struct NoPartition {
    /// The topic.
    pub(crate) topic: String,
    /// The partition.
    pub(crate) partition: i32,
}

/// The times that a range names, milliseconds since 1970.
#[must_use]
pub(crate) fn times(range: &Range) -> BTreeSet<i64> {
    let time = |place: &Place| if let Place::Time(at) = place { Some(*at) } else { None };
    match range {
        Range::Between(from, to) => [from, to].into_iter().filter_map(time).collect(),
        Range::Last(_) | Range::At(..) => BTreeSet::new(),
    }
}

/// The spans that a range means. It is cut to the log: nothing before its first offset, nothing behind the end that its readers have. With
/// `follow` a span ends only where the range names an end. Of the newest records the spans are everything: they are narrowed later.
///
/// # Errors
/// [`NoPartition`].
pub(crate) fn spans(
    range: &Range,
    wanted: &BTreeSet<i32>,
    follow: bool,
    isolation: Isolation,
    known: &Known,
) -> Result<Vec<Span>, NoPartition> {
    let topics: BTreeSet<&Arc<str>> = known.ends.keys().map(|(topic, _)| topic).collect();
    for topic in &topics {
        let named = wanted.iter().chain(named(range));
        if let Some(partition) =
            named.copied().find(|partition| !known.ends.contains_key(&(Arc::clone(topic), *partition)))
        {
            return Err(NoPartition { topic: topic.to_string(), partition });
        }
    }
    let is_wanted = |partition: &i32| {
        let mut of_range = named(range).peekable();
        (wanted.is_empty() || wanted.contains(partition))
            && (of_range.peek().is_none() || of_range.any(|named| named == partition))
    };
    let span = |(name, ends): (&Name, &PartitionEnds)| {
        let end = if isolation == Isolation::Committed { ends.stable } else { ends.end };
        let cut = |offset: i64| offset.clamp(ends.first, end);
        let (from, to) = match range {
            Range::Between(from, to) => (offset(from, name, ends.first, end, known), offset(to, name, end, end, known)),
            Range::Last(_) => (ends.first, end),
            Range::At(_, offset) => (*offset, offset.saturating_add(1)),
        };
        let is_open = follow && !matches!(range, Range::At(..));
        Span { topic: Arc::clone(&name.0), partition: name.1, from: cut(from), to: (!is_open).then_some(cut(to)) }
    };
    Ok(known.ends.iter().filter(|((_, partition), _)| is_wanted(partition)).map(span).collect())
}

/// The partitions that a range names itself.
fn named(range: &Range) -> impl Iterator<Item = &i32> {
    let (one, from, to) = match range {
        Range::At(partition, _) => (Some(partition), None, None),
        Range::Between(from, to) => (None, offsets(from), offsets(to)),
        Range::Last(_) => (None, None, None),
    };
    one.into_iter().chain([from, to].into_iter().flatten().flat_map(BTreeMap::keys))
}

fn offsets(place: &Place) -> Option<&BTreeMap<i32, i64>> {
    if let Place::Offsets(offsets) = place { Some(offsets) } else { None }
}

/// The offset of a place in a partition, not cut.
fn offset(place: &Place, name: &Name, otherwise: i64, end: i64, known: &Known) -> i64 {
    match place {
        Place::Beginning => i64::MIN,
        Place::End => end,
        Place::Offset(offset) => *offset,
        Place::Offsets(offsets) => offsets.get(&name.1).copied().unwrap_or(otherwise),
        Place::Time(at) => known.times.get(at).and_then(|offsets| offsets.get(name)).copied().unwrap_or(end),
    }
}

#[cfg(test)]
#[path = "range_tests.rs"]
mod tests;

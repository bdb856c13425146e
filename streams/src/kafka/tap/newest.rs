//! Where the newest records of some partitions begin. Offsets are no records: markers, aborted and compacted ones take some, so the end of
//! the log is read backwards in growing steps until enough records were seen.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use super::scan::{Order, Scan, Step};
use super::{Span, TapClient, TapError};

/// Offsets that are looked through at most for each record that is wanted, and at least altogether.
const OFFSETS_PER_RECORD: i64 = 64;
const FEWEST_OFFSETS: i64 = 10_000;

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Newest {
    /// The spans, each beginning at its first record among the newest; those without one are empty.
    pub spans: Vec<Span>,
    /// The time of the newest record, milliseconds since 1970.
    pub timestamp: Option<i64>,
}

/// Narrows spans to their newest records, so many of all together; by their times, and by their offsets where those are equal. Each span must
/// have an end. Blocks.
///
/// # Errors
/// [`TapError`].
pub fn newest(client: &TapClient, spans: Vec<Span>, records: usize) -> Result<Newest, TapError> {
    let mut found: Vec<VecDeque<(i64, i64)>> = vec![VecDeque::new(); spans.len()];
    let mut begins: Vec<i64> = spans.iter().map(|span| span.to.unwrap_or(span.from)).collect();
    let wanted = i64::try_from(records).unwrap_or(i64::MAX);
    let most = wanted.saturating_mul(OFFSETS_PER_RECORD).max(FEWEST_OFFSETS);
    let mut step = wanted.max(1).saturating_add(8);
    loop {
        // A step back in every partition that may hold one of the newest.
        let mut earlier = Vec::new();
        for (place, span) in spans.iter().enumerate() {
            let (Some(begin), Some(of_span)) = (begins.get_mut(place), found.get(place)) else { continue };
            let looked_through = span.to.unwrap_or(span.from) - *begin;
            if of_span.len() >= records || *begin <= span.from || looked_through >= most {
                continue;
            }
            let from = begin.saturating_sub(step).max(span.from);
            earlier.push((place, Span { from, to: Some(*begin), ..span.clone() }));
            *begin = from;
        }
        if earlier.is_empty() {
            break;
        }
        read(client, earlier, &mut found)?;
        step = step.saturating_mul(4);
    }
    // The oldest of the newest is on top.
    let mut kept = BinaryHeap::new();
    for (place, of_span) in found.iter().enumerate() {
        for (offset, timestamp) in of_span {
            kept.push(Reverse((*timestamp, *offset, place)));
            if kept.len() > records {
                kept.pop();
            }
        }
    }
    let timestamp = kept.iter().map(|Reverse((timestamp, ..))| *timestamp).max();
    let mut narrowed = spans;
    for (place, span) in narrowed.iter_mut().enumerate() {
        let of_span = kept.iter().filter(|Reverse((_, _, found))| *found == place);
        let first = of_span.map(|Reverse((_, offset, _))| *offset).min();
        span.from = first.or(span.to).unwrap_or(span.from);
    }
    Ok(Newest { spans: narrowed, timestamp })
}

/// Puts offsets and times of the records in these spans before those that were found behind them.
fn read(client: &TapClient, spans: Vec<(usize, Span)>, found: &mut [VecDeque<(i64, i64)>]) -> Result<(), TapError> {
    let (places, spans): (Vec<usize>, Vec<Span>) = spans.into_iter().unzip();
    let mut before: Vec<Vec<(i64, i64)>> = vec![Vec::new(); spans.len()];
    let mut scan = Scan::begin(client, spans, Order::AsTheyCome)?;
    loop {
        match scan.next(Duration::from_millis(100))? {
            Step::Record(record, place) => {
                let view = record.view();
                if let Some(records) = before.get_mut(place) {
                    records.push((view.offset, view.timestamp));
                }
            }
            Step::Nothing => {}
            Step::Done => break,
        }
    }
    scan.end()?;
    for (place, records) in places.into_iter().zip(before) {
        if let Some(found) = found.get_mut(place) {
            records.into_iter().rev().for_each(|record| found.push_front(record));
        }
    }
    Ok(())
}

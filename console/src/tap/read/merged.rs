//! Reading that takes from the partition that it wants: merged by time, and uncommitted beside committed.

use std::time::{Duration, Instant};

use streams::kafka::tap::{KeptRecord, Progress, Queued, TapClient};

use super::brake::Brake;
use super::{LINGER, Read, WAIT, finish, inline, write_newest};
use crate::tap::cover::Reason;
use crate::tap::engine::{Latest, Sink};
use crate::tap::error::RunError;
use crate::tap::run::Plan;
use crate::tap::write::Transaction;

/// Merged over all partitions by time; where times are equal, by topic, partition and offset.
pub(in crate::tap) fn by_time(plan: &Plan<'_>, client: &TapClient, sink: Sink) -> Read {
    let queued = Queued::begin(client, plan.spans.clone(), plan.queued_bytes())?;
    let next = |queued: &Queued<'_>| {
        if (0..plan.spans.len()).any(|place| queued.is_awaited(place)) {
            return Next::Awaited;
        }
        let fronts = (0..plan.spans.len()).filter_map(|place| queued.front(place).map(|front| (front, place)));
        fronts
            .min_by_key(|(front, place)| (front.record.timestamp, *place))
            .map_or(Next::None, |(_, place)| Next::Place(place))
    };
    merged(plan, queued, sink, next, |_, _| Ok(None))
}

/// Every record, with what became of its transaction: the same range is read committed beside it, and what only this sees was aborted, or is
/// still open from the stable end on.
pub(in crate::tap) fn uncommitted(plan: &Plan<'_>, client: &TapClient, committed: &TapClient, sink: Sink) -> Read {
    let names: Vec<_> = plan.spans.iter().map(|span| (span.topic.clone(), span.partition)).collect();
    let ends = committed.ends(&names)?;
    let stables: Vec<i64> = names.iter().map(|name| ends.get(name).map_or(0, |ends| ends.stable)).collect();
    let mut spans = plan.spans.clone();
    for (span, stable) in spans.iter_mut().zip(&stables) {
        span.to = Some(span.to.unwrap_or(*stable).min(*stable).max(span.from));
    }
    let mut beside = Queued::begin(committed, spans, plan.queued_bytes())?;
    let queued = Queued::begin(client, plan.spans.clone(), plan.queued_bytes())?;
    let by_time = plan.tap.words.by_time;
    let next = |queued: &Queued<'_>| {
        let places = 0..plan.spans.len();
        if by_time && places.clone().any(|place| queued.is_awaited(place)) {
            return Next::Awaited;
        }
        let fronts = places.clone().filter_map(|place| queued.front(place).map(|front| (front, place)));
        let first = fronts.min_by_key(|(front, place)| (if by_time { front.record.timestamp } else { 0 }, *place));
        match first {
            Some((_, place)) => Next::Place(place),
            None if places.clone().all(|place| queued.is_exhausted(place)) => Next::None,
            None => Next::Awaited,
        }
    };
    let label = |kept: &KeptRecord, place: usize| -> Result<Option<Transaction>, RunError> {
        let offset = kept.record.offset;
        if stables.get(place).is_none_or(|stable| offset >= *stable) {
            return Ok(Some(Transaction::Open));
        }
        // Committed records before this one were shown already.
        while !beside.is_exhausted(place) {
            match beside.front(place).map(|front| front.record.offset) {
                None => {
                    beside.fill(WAIT)?;
                }
                Some(found) if found < offset => {
                    beside.pop(place)?;
                }
                Some(found) if found == offset => return Ok(Some(Transaction::Committed)),
                Some(_) => break,
            }
        }
        Ok(Some(Transaction::Aborted))
    };
    merged(plan, queued, sink, next, label)
}

/// Which span's record is next.
enum Next {
    Place(usize),
    /// It has not come yet.
    Awaited,
    /// There is none any more.
    None,
}

fn merged(
    plan: &Plan<'_>,
    mut queued: Queued<'_>,
    sink: Sink,
    next: impl Fn(&Queued<'_>) -> Next,
    mut label: impl FnMut(&KeptRecord, usize) -> Result<Option<Transaction>, RunError>,
) -> Read {
    let words = &plan.tap.words;
    let mut brake = Brake::new(plan);
    let mut inline = inline(plan, sink)?;
    let mut newest = Latest::new(plan);
    // What waits in a queue was not read yet: everything before a record that was taken is.
    let mut progress: Vec<Progress> = queued.progress().to_vec();
    progress.iter_mut().for_each(|progress| progress.position = progress.span.from);
    let reason = loop {
        if words.bounds.limit.is_some_and(|most| inline.sink.matched() >= most) {
            break Some(Reason::Limit);
        }
        if let Some(reason) = brake.is_spent() {
            break Some(reason);
        }
        match next(&queued) {
            Next::Place(place) => {
                let Some(kept) = queued.pop(place)? else { continue };
                let transaction = label(&kept, place)?;
                let view = kept.view();
                if let (Some(taken), Some(read)) = (progress.get_mut(place), queued.progress().get(place)) {
                    taken.position = view.offset + 1;
                    taken.lost = read.lost;
                }
                if inline.wants(&view, place) {
                    if words.latest {
                        let topic = words.topics.iter().position(|name| **name == *kept.record.topic).unwrap_or(0);
                        newest.take(topic, kept.clone(), place, transaction)?;
                    } else {
                        inline.write(&view, place, transaction, &progress)?;
                    }
                }
                if inline.troubles().unreadable.is_some() {
                    break Some(Reason::Unreadable);
                }
                if let Some(reason) = brake.take(view.bytes()) {
                    break Some(reason);
                }
                if inline.is_full() {
                    inline.flush(&[])?;
                }
                inline.tick(&progress)?;
                // What has come meanwhile is taken from the client.
                queued.fill(Duration::ZERO)?;
            }
            Next::Awaited => {
                let began = Instant::now();
                if !queued.fill(if inline.is_empty() { WAIT } else { LINGER })? {
                    inline.flush(&[])?;
                    if began.elapsed() < LINGER {
                        std::thread::sleep(LINGER);
                    }
                }
                inline.tick(&progress)?;
                if let Some(reason) = brake.stops() {
                    break Some(reason);
                }
            }
            Next::None => break None,
        }
        if inline.sink.is_closed {
            break Some(Reason::Interrupted);
        }
    };
    for (place, (taken, read)) in progress.iter_mut().zip(queued.progress()).enumerate() {
        if queued.is_exhausted(place) {
            *taken = read.clone();
        } else {
            taken.lost = read.lost;
            taken.is_done = false;
        }
    }
    write_newest(&mut inline, newest, &progress)?;
    finish(plan, inline, progress, reason)
}

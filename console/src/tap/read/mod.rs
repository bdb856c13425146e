//! The ways to read: as records come, merged by time, and uncommitted beside committed.

mod brake;
mod merged;

use std::time::Duration;

use streams::kafka::tap::{Order, Progress, Scan, Step, TapClient};

use self::brake::Brake;
pub(super) use self::merged::{by_time, uncommitted};
use super::cover::Reason;
use super::engine::{Inline, Latest, Piped, Sink};
use super::error::RunError;
use super::filter::Filter;
use super::judge::Judge;
use super::output::Output;
use super::run::Plan;
use super::words::Format;
use super::write::{self, ParquetFile};

/// How long nothing may come before what is gathered is written; and how long is waited when nothing is.
const LINGER: Duration = Duration::from_millis(2);
const WAIT: Duration = Duration::from_millis(100);

/// Most threads that make bytes.
const MOST_WORKERS: usize = 4;

/// What was read: the sink, how far each span was read, and why no further.
pub(super) type Read = Result<(Sink, Vec<Progress>, Option<Reason>), RunError>;

/// A judge of these words.
fn judge(plan: &Plan<'_>) -> Result<Judge, RunError> {
    let words = &plan.tap.words;
    let lines = write::lines(words, &plan.look).map_err(RunError::Usage)?;
    let mut filter = Filter::new(words)?;
    if plan.tap.share.is_some() {
        filter.bound()?;
    }
    Ok(Judge::new(filter, plan.masks.clone(), lines, words.strict))
}

/// A reader that does one record after the other.
fn inline(plan: &Plan<'_>, mut sink: Sink) -> Result<Inline, RunError> {
    let words = &plan.tap.words;
    let is_copy = sink.is_copy();
    if words.format != Format::Parquet || is_copy {
        let mut inline = Inline::new(sink, judge(plan)?);
        if plan.is_new && !is_copy {
            inline.begin();
        }
        return Ok(inline);
    }
    let columns = write::columns(words).map_err(RunError::Usage)?;
    let out: Box<dyn std::io::Write + Send> = match sink.output() {
        Output::File(file) => Box::new(std::io::BufWriter::with_capacity(1 << 20, file.file().try_clone()?)),
        Output::Stream(stream) => std::mem::replace(stream, Box::new(std::io::sink())),
        Output::Topic(_) => Box::new(std::io::sink()),
    };
    Ok(Inline::new(sink, judge(plan)?).with_parquet(ParquetFile::begin(columns, out)?))
}

/// As records come. Bytes are made by several threads where that costs more than to read.
pub(super) fn as_it_comes(plan: &Plan<'_>, client: &TapClient, sink: Sink) -> Read {
    let words = &plan.tap.words;
    let order = if sink.has_state() { Order::OneByOne } else { Order::AsTheyCome };
    let scan = Scan::begin(client, plan.spans.clone(), order)?;
    let is_cheap = words.format == Format::Values && Filter::new(words)?.is_empty() && !plan.has_masks();
    let is_alone = sink.is_copy()
        || words.latest
        || words.format == Format::Parquet
        || words.bounds.limit.is_some()
        || words.follow;
    // Where the machine is shared a tap has one thread.
    let is_ordered = is_alone || plan.tap.share.is_some();
    if is_cheap || is_ordered { one_by_one(plan, scan, sink) } else { by_threads(plan, scan, sink) }
}

fn one_by_one(plan: &Plan<'_>, mut scan: Scan<'_>, sink: Sink) -> Read {
    let words = &plan.tap.words;
    let mut brake = Brake::new(plan);
    let mut inline = inline(plan, sink)?;
    let mut newest = Latest::new(plan);
    let topics: Vec<std::sync::Arc<str>> = plan.spans.iter().map(|span| span.topic.clone()).collect();
    let reason = loop {
        if words.bounds.limit.is_some_and(|most| inline.sink.matched() >= most) {
            break Some(Reason::Limit);
        }
        if let Some(reason) = brake.is_spent() {
            break Some(reason);
        }
        // Transactions are not cut short by a moment of silence.
        match scan.next(if inline.is_empty() || inline.sink.is_copy() { WAIT } else { LINGER })? {
            Step::Record(record, place) => {
                let view = record.view();
                if inline.wants(&view, place) {
                    match topics.get(place) {
                        Some(topic) if words.latest => {
                            let topic_place = words.topics.iter().position(|name| **name == **topic).unwrap_or(0);
                            newest.take(topic_place, record.keep(topic), place, None)?;
                        }
                        _ => inline.write(&view, place, None, scan.progress())?,
                    }
                }
                if inline.troubles().unreadable.is_some() {
                    break Some(Reason::Unreadable);
                }
                if let Some(reason) = brake.take(view.bytes()) {
                    break Some(reason);
                }
                if inline.is_full() {
                    inline.flush(scan.progress())?;
                }
                inline.tick(scan.progress())?;
            }
            Step::Nothing => {
                inline.flush(scan.progress())?;
                inline.tick(scan.progress())?;
                if let Some(reason) = brake.stops() {
                    break Some(reason);
                }
            }
            Step::Done => break None,
        }
        if inline.sink.is_closed {
            break Some(Reason::Interrupted);
        }
    };
    let progress = scan.progress().to_vec();
    write_newest(&mut inline, newest, &progress)?;
    finish(plan, inline, progress, reason)
}

fn write_newest(inline: &mut Inline, newest: Latest, progress: &[Progress]) -> Result<(), RunError> {
    for (kept, place, transaction) in newest.sorted() {
        inline.write(&kept.view(), place, transaction, progress)?;
        if inline.is_full() {
            inline.flush(&[])?;
        }
    }
    Ok(())
}

fn finish(plan: &Plan<'_>, inline: Inline, progress: Vec<Progress>, reason: Option<Reason>) -> Read {
    let told = |sink: &Sink| {
        let coverage = plan.tap.coverage(&progress, &sink.counts, &sink.troubles, reason);
        serde_json::to_string(&coverage).unwrap_or_default()
    };
    let sink = inline.finish(&progress, told)?;
    Ok((sink, progress, reason))
}

fn by_threads<'a>(plan: &Plan<'_>, mut scan: Scan<'a>, sink: Sink) -> Read {
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(MOST_WORKERS);
    let judges = (0..workers).map(|_| judge(plan)).collect::<Result<Vec<_>, _>>()?;
    std::thread::scope(|scope| {
        let mut brake = Brake::new(plan);
        let mut piped = Piped::<'_, 'a>::start(scope, sink, judges, plan.is_new)?;
        let reason = loop {
            match scan.next(if piped.is_empty() { WAIT } else { LINGER })? {
                Step::Record(record, place) => {
                    let bytes = record.view().bytes();
                    piped.push(record, place);
                    if piped.is_full() {
                        piped.pass_on(scan.progress())?;
                    }
                    if let Some(reason) = brake.take(bytes) {
                        break Some(reason);
                    }
                }
                Step::Nothing => {
                    piped.flush(scan.progress())?;
                    if let Some(reason) = brake.stops() {
                        break Some(reason);
                    }
                }
                Step::Done => break None,
            }
            if piped.sink.troubles.unreadable.is_some() {
                break Some(Reason::Unreadable);
            }
            if piped.sink.is_closed {
                break Some(Reason::Interrupted);
            }
        };
        let progress = scan.progress().to_vec();
        let sink = piped.finish(&progress)?;
        let reason = if sink.troubles.unreadable.is_some() { Some(Reason::Unreadable) } else { reason };
        Ok((sink, progress, reason))
    })
}

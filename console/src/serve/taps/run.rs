//! The thread of one tap: reads and writes until it ends, tells its end, and writes it down.

use std::cell::Cell;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use events::audit::{AuditCoverage, AuditRecord};
use events::calendar::Zone;
use serde_json::{Value, json};
use streams::kafka::tap::{Span, TapError};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::accept::Shape;
use super::frames::{Events, Plain, Seen, event};
use super::metrics;
use super::pieces::Pieces;
use super::places::{Place, Running, Taps};
use super::token::{At, Spent, Tokens};
use crate::serve::parameters::Refused;
use crate::serve::problem::Problem;
use crate::serve::state::State;
use crate::tap::frames::Frames;
use crate::tap::words::{Amount, Words};
use crate::tap::{Coverage, Ended, Reason, RunError, Share, Tap, Target, audit};

/// Bytes that the client of the library holds ready for a partition, in KiB.
const FETCH_KBYTES: u32 = 1_024;

/// Bytes of a partition that wait to be merged with those of others.
const QUEUED_BYTES: usize = 1 << 20;

/// Bytes of the newest records of keys.
const KEPT_BYTES: usize = 32 << 20;

/// One tap, with everything that its thread needs.
pub(super) struct Job {
    pub(super) state: Arc<State>,
    pub(super) words: Words,
    pub(super) zone: Zone,
    pub(super) shape: Shape,
    /// Who asks.
    pub(super) caller: String,
    /// What is written down of it.
    pub(super) record: AuditRecord,
    pub(super) tokens: Arc<Tokens>,
    /// What was counted before this answer began, and what is left to read.
    pub(super) spent: Spent,
    pub(super) spans: Option<Vec<Span>>,
    pub(super) place: Place,
    pub(super) running: Running,
    pub(super) pieces: Pieces,
}

/// Is told that the answer may begin, or why there is none.
pub(super) type Begin = oneshot::Sender<Result<(), Refused>>;

impl Job {
    /// Runs to the end. Blocks; not for an async worker thread.
    pub(super) fn run(self, begin: Begin, runtime: &Handle) {
        let (seen, begin) = (Arc::<Seen>::default(), Cell::new(Some(begin)));
        let taps = Arc::clone(&self.state.taps);
        let ended = catch_unwind(AssertUnwindSafe(|| self.read(&seen, &begin, runtime)));
        let Self { shape, record, tokens, spent, place, running, mut pieces, words, .. } = self;
        let begun = begin.take();
        let ended = ended.unwrap_or_else(|_| {
            tracing::error!(topics = words.topics.join(","), "a tap has panicked");
            Err(RunError::Worker)
        });
        let refused = ended.as_ref().err().map(problem);
        if let (Some(begin), Some(refused)) = (begun, &refused) {
            // Nothing was shown. Whoever is gone hears no answer.
            drop(place);
            drop(begin.send(Err(refused.clone())));
            return;
        }
        let is_gone = pieces.is_gone() || ended.as_ref().is_ok_and(|ended| ended.is_closed);
        let reason = match &ended {
            Ok(_) if pieces.is_slow() => metrics::SLOW_READER,
            Ok(_) if is_gone => metrics::CLIENT_GONE,
            Ok(Ended { coverage: Coverage { reason: Some(reason), .. }, .. }) => reason.name(),
            Ok(_) => metrics::COMPLETE,
            Err(_) => metrics::ERROR,
        };
        taps.metrics.ended(reason);
        let tail = match (&ended, &refused) {
            _ if is_gone => None,
            (Ok(ended), _) => end(shape, &words, ended, &tokens, spent),
            (Err(_), Some(refused)) => failed(shape, refused),
            (Err(_), None) => None,
        };
        // Without an end of its own, or when that does not leave, an answer is cut off.
        if tail.is_some_and(|tail| pieces.write_all(&tail).is_ok()) {
            pieces.end();
        } else {
            drop(pieces);
        }
        drop(place);
        write_down(&taps, record, &ended, reason, &seen, runtime);
        drop(running);
    }

    fn read(&self, seen: &Arc<Seen>, begin: &Cell<Option<Begin>>, runtime: &Handle) -> Result<Ended, RunError> {
        let taps = &self.state.taps;
        let begun = || -> Result<(), String> {
            runtime.block_on(taps.audit(&self.record))?;
            if let Some(begin) = begin.take() {
                // Whoever is gone by now is noticed at the first byte.
                drop(begin.send(Ok(())));
            }
            Ok(())
        };
        let share = Share {
            fetch_kbytes: FETCH_KBYTES,
            queued_bytes: QUEUED_BYTES,
            kept_bytes: KEPT_BYTES,
            most_bytes: taps.config.most_bytes,
            most_time: taps.config.most_time(self.words.follow),
            rate: taps.rate.clone(),
        };
        let tap = Tap {
            cluster: &taps.cluster,
            manifest: &self.state.manifest,
            words: left(self.words.clone(), self.spent),
            user: self.caller.clone(),
            mask_key: taps.mask_key.clone(),
            zone: self.zone.clone(),
            has_colour: false,
            rate: Some(taps.config.bytes_per_second),
            share: Some(share),
            frames: Some(self.frames(seen)),
            spans: self.spans.clone(),
            target: Target::Stream(Box::new(self.pieces.clone())),
            audit: &begun,
            stop: &self.place.stop,
        };
        tap.run()
    }

    fn frames(&self, seen: &Arc<Seen>) -> Box<dyn Frames> {
        let (seen, records) = (Arc::clone(seen), self.state.taps.metrics.records.clone());
        let plain = |begin, between, filler| -> Box<dyn Frames> {
            Box::new(Plain::new(Arc::clone(&seen), records.clone(), begin, between, filler))
        };
        match self.shape {
            Shape::Ndjson => plain("", "", "\n"),
            Shape::Json => plain("{\"records\":[\n", ",", "\n"),
            Shape::Csv | Shape::Parquet => plain("", "", ""),
            Shape::Events => {
                let tokens = (!self.words.latest).then(|| Arc::clone(&self.tokens));
                Box::new(Events::new(seen, records, tokens, self.spent))
            }
        }
    }
}

/// The words with what is left of their bounds.
fn left(mut words: Words, spent: Spent) -> Words {
    words.bounds.limit = words.bounds.limit.map(|limit| limit.saturating_sub(spent.matched));
    words.bounds.max_scan = words.bounds.max_scan.map(|most| match most {
        Amount::Records(most) => Amount::Records(most.saturating_sub(spent.read)),
        Amount::Bytes(most) => Amount::Bytes(most.saturating_sub(spent.bytes)),
    });
    words
}

/// What ends an answer: what was read, and the token of the place. None where there is no place for it and the answer is not whole.
fn end(shape: Shape, words: &Words, ended: &Ended, tokens: &Tokens, spent: Spent) -> Option<Vec<u8>> {
    let coverage = &ended.coverage;
    let spent = Spent {
        matched: spent.matched + coverage.counts.matched,
        read: spent.read + coverage.counts.read,
        bytes: spent.bytes + coverage.counts.bytes,
    };
    let at = coverage.partitions.iter().map(|part| At {
        topic: &part.topic,
        partition: part.partition,
        position: part.to,
        end: part.end,
    });
    // Without an id of its own for each record it cannot go on, except from the very beginning.
    let token = if words.latest { None } else { tokens.write(coverage.complete, spent, at) };
    let mut end = serde_json::to_value(coverage).unwrap_or_default();
    if let Some(fields) = end.as_object_mut() {
        fields.insert("token".to_owned(), json!(token));
        if let Some(unreadable) = &ended.unreadable {
            fields.insert("unreadable".to_owned(), json!(unreadable));
        }
    }
    let mut out = Vec::new();
    match shape {
        Shape::Ndjson => out.extend_from_slice(format!("{}\n", json!({ "end": end })).as_bytes()),
        Shape::Json => out.extend_from_slice(format!("],\"end\":{end}}}\n").as_bytes()),
        Shape::Events => {
            if let Some(token) = token {
                out.extend_from_slice(format!("id: {token}\n").as_bytes());
            }
            event("end", &end, &mut out);
        }
        // A file has its end in its metadata.
        Shape::Parquet => {}
        Shape::Csv => {
            let is_as_asked = matches!(coverage.reason, None | Some(Reason::Limit | Reason::MaxScan | Reason::For));
            if !is_as_asked {
                return None;
            }
        }
    }
    Some(out)
}

/// What ends an answer that cannot go on. None where there is no place for it.
fn failed(shape: Shape, refused: &Refused) -> Option<Vec<u8>> {
    let (problem, detail) = refused;
    let (_, code, title) = problem.facts();
    let error: Value = json!({ "code": code, "title": title, "detail": detail });
    let mut out = Vec::new();
    match shape {
        Shape::Ndjson => out.extend_from_slice(format!("{}\n", json!({ "error": error })).as_bytes()),
        Shape::Json => out.extend_from_slice(format!("],\"error\":{error}}}\n").as_bytes()),
        Shape::Events => event("error", &error, &mut out),
        Shape::Csv | Shape::Parquet => return None,
    }
    Some(out)
}

/// What an error means to whoever asked.
fn problem(error: &RunError) -> Refused {
    match error {
        RunError::Usage(text) => (Problem::ParameterInvalid, Some(text.replace("--", ""))),
        RunError::Tap(TapError::Absent(what)) => (Problem::Unknown, Some(format!("no topic or partition {what}"))),
        RunError::Tap(error) => (Problem::ClusterUnavailable, Some(error.to_string())),
        RunError::Audit(error) => (Problem::AuditUnwritten, Some(error.clone())),
        RunError::Stopped => (Problem::ClusterUnavailable, Some("the console is stopping".to_owned())),
        RunError::Output(_) | RunError::Parquet(_) | RunError::Resume(_) | RunError::Copy(_) | RunError::Worker => {
            (Problem::Internal, None)
        }
    }
}

/// Writes down that it has ended. What was shown stays shown: a failure is told to operators and changes nothing.
fn write_down(
    taps: &Taps,
    begun: AuditRecord,
    ended: &Result<Ended, RunError>,
    reason: &'static str,
    seen: &Seen,
    runtime: &Handle,
) {
    let coverage = match ended {
        Ok(ended) => {
            let covered = audit::covered(&ended.coverage);
            AuditCoverage { reason: (!covered.complete).then(|| reason.to_owned()), ..covered }
        }
        Err(error) => {
            let (read, shown) = seen.counts();
            AuditCoverage { reason: Some(format!("{reason}: {error}")), read, shown, ..AuditCoverage::default() }
        }
    };
    if let Err(error) = runtime.block_on(taps.audit(&audit::ended(begun, Some(coverage)))) {
        tracing::error!(%error, "the end of a tap is not written to the audit topic");
    }
}

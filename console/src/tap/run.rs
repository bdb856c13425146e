//! A tap from words to its end: what is refused before anything is read, which way it is read, and what becomes of its output.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use events::calendar::Zone;
use events::manifest::Manifest;
use streams::kafka::ClusterConfig;
use streams::kafka::tap::{self, Progress, Span, TapClient, TapConfig, TapError};

use super::copy::{CopyError, Identity, ShadowWriter};
use super::cover::{Counts, Coverage, Reason};
use super::during;
use super::engine::Sink;
use super::error::RunError;
use super::filter::partitions_of_keys;
use super::frames::Frames;
use super::judge::{Masks, Troubles};
use super::mask::MaskKey;
use super::output::{Output, PartFile};
use super::pace::SharedRate;
use super::range::{self, Known};
use super::read;
use super::resume::{State, StateFile};
use super::words::{Format, Isolation, Range, Words};
use super::write::Look;

/// Bytes that the client holds ready for a partition, in KiB; where records wait in queues of our own, less.
const FETCH_KBYTES: u32 = 16_384;
const FETCH_KBYTES_QUEUED: u32 = 2_048;

/// Bytes of a partition that wait to be merged with those of others.
const QUEUED_BYTES: usize = 4 << 20;

/// A tap that can be run.
pub struct Tap<'a> {
    /// Where the topics are.
    pub cluster: &'a ClusterConfig,
    /// What is declared of them.
    pub manifest: &'a Manifest,
    /// What is asked.
    pub words: Words,
    /// Who asks.
    pub user: String,
    /// What hashes of personal fields are keyed with.
    pub mask_key: Option<MaskKey>,
    /// Whose time is shown to people.
    pub zone: Zone,
    /// Whether there is a terminal with colours.
    pub has_colour: bool,
    /// Bytes a second at most.
    pub rate: Option<u64>,
    /// What it may take of a process in which others run; without it as much as it wants.
    pub share: Option<Share>,
    /// What stands around records, if anything does.
    pub frames: Option<Box<dyn Frames>>,
    /// The parts of partitions that are read, where an earlier tap of the same words has found them; the range is not looked at then.
    pub spans: Option<Vec<Span>>,
    /// Where records go.
    pub target: Target,
    /// Is called once everything else has been checked and before anything is written. What it cannot write down is not shown.
    pub audit: &'a dyn Fn() -> Result<(), String>,
    /// Set by whoever wants it to end.
    pub stop: &'a AtomicBool,
}

/// What a tap may take of a process in which others run.
#[derive(Clone, Debug)]
pub struct Share {
    /// Bytes that the client holds ready for a partition, in KiB.
    pub fetch_kbytes: u32,
    /// Bytes of a partition that wait to be merged with those of others.
    pub queued_bytes: usize,
    /// Bytes of the newest records of keys.
    pub kept_bytes: usize,
    /// Bytes that it reads before it ends.
    pub most_bytes: u64,
    /// How long it takes before it ends.
    pub most_time: Duration,
    /// The bytes a second that it reads together with others.
    pub rate: SharedRate,
}

/// Where records go.
pub enum Target {
    /// To whoever reads.
    Stream(Box<dyn std::io::Write + Send>),
    /// To a file.
    File {
        /// Its name when it is whole.
        path: PathBuf,
        /// The file that keeps where the export stands, and the words as they were typed.
        resume: Option<(PathBuf, String)>,
    },
    /// To a shadow topic, each record once, with its partition, key, headers and time, and the header `source`: `topic/partition/offset`.
    Topic {
        /// Its name.
        name: String,
        /// As of a file.
        resume: Option<(PathBuf, String)>,
    },
}

/// How a tap ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ended {
    /// What it read.
    pub coverage: Coverage,
    /// The record that is an error, if one is.
    pub unreadable: Option<String>,
    /// Whether the reader of the output went away.
    pub is_closed: bool,
}

/// What readers need.
pub(super) struct Plan<'a> {
    pub(super) tap: &'a Tap<'a>,
    pub(super) spans: Vec<Span>,
    pub(super) masks: Masks,
    pub(super) look: Look,
    pub(super) began: Instant,
    /// Whether the output begins here.
    pub(super) is_new: bool,
}

impl Plan<'_> {
    /// Whether anything is masked.
    pub(super) fn has_masks(&self) -> bool {
        self.masks.values().any(|mask| mask.has_personal_fields() || mask.is_key_personal())
    }

    /// Bytes of a partition that wait to be merged with those of others, at most.
    pub(super) fn queued_bytes(&self) -> usize {
        self.tap.share.as_ref().map_or(QUEUED_BYTES, |share| share.queued_bytes)
    }
}

impl Tap<'_> {
    /// Reads what is asked and writes it. Blocks until it ends.
    ///
    /// # Errors
    /// [`RunError`]; what was written by then is no whole output.
    pub fn run(mut self) -> Result<Ended, RunError> {
        let began = Instant::now();
        self.check()?;
        let masks = self.masks()?;
        let target = std::mem::replace(&mut self.target, Target::Stream(Box::new(std::io::sink())));
        let shadow = if let Target::Topic { name, .. } = &target { Some(name.clone()) } else { None };
        let (mut output, state_file, state) = open(target)?;
        if let (Some(state), Some(file)) = (&state, &state_file)
            && state.is_whole
        {
            return self.only_renamed(state, file, output);
        }
        if let (Some(campaign), None, None) = (&self.words.during, &state, &self.spans) {
            self.words.range = during::range(self.cluster, &self.user, campaign, self.stop)?;
        }
        let client = self.client(self.words.isolation)?;
        let is_new = state.is_none();
        let (spans, counts, began_at) = match &state {
            Some(state) => (
                state.spans.iter().map(super::resume::SpanState::left).collect(),
                state.spans.iter().map(super::resume::SpanState::counts).collect(),
                state.spans.iter().map(super::resume::SpanState::began).collect(),
            ),
            None => {
                let spans = self.spans(&client)?;
                (spans.clone(), vec![Counts::default(); spans.len()], spans.iter().map(|span| (span.from, 0)).collect())
            }
        };
        let leaders = if self.words.format == Format::Kcat { client.leaders() } else { BTreeMap::new() };
        let look = Look { zone: self.zone.clone(), has_colour: self.has_colour, leaders: Arc::new(leaders) };
        (self.audit)().map_err(RunError::Audit)?;
        if let Some(shadow) = shadow {
            let copy = self.copy(&shadow, client.partitions().len(), state_file.as_ref(), state.as_ref())?;
            output = Output::Topic(Box::new(copy));
        }
        let mut sink = Sink::new(output, state_file, counts, self.frames.take());
        if is_new && sink.is_copy() {
            // What is copied is told from what was there before, from the first record on.
            let progress: Vec<Progress> = spans.iter().cloned().map(Progress::of).collect();
            sink.keep(&progress, false)?;
        }
        let plan = Plan { tap: &self, spans, masks, look, began, is_new };
        let (sink, progress, reason) = match self.words.isolation {
            Isolation::Committed if self.words.by_time => read::by_time(&plan, &client, sink)?,
            Isolation::Committed => read::as_it_comes(&plan, &client, sink)?,
            Isolation::Uncommitted => {
                let committed = self.client(Isolation::Committed)?;
                read::uncommitted(&plan, &client, &committed, sink)?
            }
        };
        self.ended(sink, began_at, progress, reason)
    }

    /// What became of the output, and what was covered.
    fn ended(
        &self,
        mut sink: Sink,
        began_at: Vec<(i64, i64)>,
        mut progress: Vec<Progress>,
        reason: Option<Reason>,
    ) -> Result<Ended, RunError> {
        for (progress, (from, lost)) in progress.iter_mut().zip(began_at) {
            progress.span.from = from;
            progress.lost += lost;
        }
        let coverage = self.coverage(&progress, &sink.counts, &sink.troubles, reason);
        let is_failed = matches!(coverage.reason, Some(Reason::Interrupted | Reason::Unreadable)) || sink.is_closed;
        sink.keep(&progress, !is_failed)?;
        let (unreadable, is_closed) = (sink.troubles.unreadable.clone(), sink.is_closed);
        let (output, state) = sink.into_parts();
        match (output, state, is_failed) {
            (Output::Stream(_), ..) | (Output::Topic(_), _, true) => {}
            (Output::Topic(_), state, false) => state.map_or(Ok(()), |state| state.remove())?,
            (Output::File(file), state, false) => {
                file.rename()?;
                state.map_or(Ok(()), |state| state.remove())?;
            }
            // It goes on later.
            (Output::File(_), Some(_), true) => {}
            (Output::File(file), None, true) => file.remove()?,
        }
        Ok(Ended { coverage, unreadable, is_closed })
    }

    pub(super) fn coverage(
        &self,
        progress: &[Progress],
        counts: &[Counts],
        troubles: &Troubles,
        reason: Option<Reason>,
    ) -> Coverage {
        let mut coverage = Coverage::of(progress, counts, reason);
        coverage.first_not_judged.clone_from(&troubles.not_judged);
        coverage.by_key = !self.words.keys.is_empty() && !self.words.everywhere;
        coverage.masked = !self.words.is_unmasked;
        coverage
    }

    /// An export that was killed between its last byte and its name.
    fn only_renamed(&self, state: &State, file: &StateFile, output: Output) -> Result<Ended, RunError> {
        let progress: Vec<Progress> = state.spans.iter().map(super::resume::SpanState::progress).collect();
        let counts: Vec<Counts> = state.spans.iter().map(super::resume::SpanState::counts).collect();
        if let Output::File(part) = output {
            part.rename()?;
        }
        file.remove()?;
        let coverage = self.coverage(&progress, &counts, &Troubles::default(), None);
        Ok(Ended { coverage, unreadable: None, is_closed: false })
    }

    /// The shadow topic, taken over from whoever writes there.
    fn copy(
        &self,
        shadow: &str,
        partitions: usize,
        file: Option<&StateFile>,
        state: Option<&State>,
    ) -> Result<ShadowWriter, CopyError> {
        let id = file.map_or_else(|| "once".to_owned(), StateFile::id);
        let (of, began) = (self.words.topics.first().map_or("", String::as_str), state.map(|state| &state.began));
        ShadowWriter::open(self.cluster, shadow, &Identity { of, partitions, id: &id, began, user: &self.user })
    }

    fn client(&self, isolation: Isolation) -> Result<TapClient, RunError> {
        let is_queued = self.words.by_time || self.words.isolation == Isolation::Uncommitted;
        let config = TapConfig {
            user: self.user.clone(),
            fetch_kbytes: match &self.share {
                Some(share) => share.fetch_kbytes,
                None if is_queued => FETCH_KBYTES_QUEUED,
                None => FETCH_KBYTES,
            },
            isolation: match isolation {
                Isolation::Committed => tap::Isolation::Committed,
                Isolation::Uncommitted => tap::Isolation::Uncommitted,
            },
        };
        let topics: Vec<&str> = self.words.topics.iter().map(String::as_str).collect();
        Ok(TapClient::open(self.cluster, &topics, &config)?)
    }

    /// The spans that the words mean in the log as it is now.
    fn spans(&self, client: &TapClient) -> Result<Vec<Span>, RunError> {
        let words = &self.words;
        let names = client.partitions();
        if let Some(spans) = &self.spans {
            let is_there = |span: &Span| {
                names.iter().any(|(topic, partition)| (topic, partition) == (&span.topic, &span.partition))
            };
            return match spans.iter().find(|span| !is_there(span)) {
                Some(span) => Err(TapError::Absent(format!("{} [{}]", span.topic, span.partition)).into()),
                None => Ok(spans.clone()),
            };
        }
        let mut known = Known { ends: client.ends(&names)?, times: BTreeMap::new() };
        for time in range::times(&words.range) {
            known.times.insert(time, client.offsets_at(&names, time)?);
        }
        let is_last = matches!(words.range, Range::Last(_));
        let mut spans =
            range::spans(&words.range, &words.partitions, words.follow && !is_last, words.isolation, &known)?;
        let counts = names.iter().fold(BTreeMap::<&str, i32>::new(), |mut counts, (topic, _)| {
            *counts.entry(topic).or_default() += 1;
            counts
        });
        spans.retain(|span| {
            let of_topic = counts.get(&*span.topic).copied().unwrap_or(1);
            partitions_of_keys(words, of_topic).is_none_or(|partitions| partitions.contains(&span.partition))
        });
        if let Range::Last(records) = words.range {
            spans = tap::newest(client, spans, records)?.spans;
            if words.follow {
                spans.iter_mut().for_each(|span| span.to = None);
            }
        }
        Ok(spans)
    }
}

/// Opens the output, and reads where the export stands.
fn open(target: Target) -> Result<(Output, Option<StateFile>, Option<State>), RunError> {
    match target {
        Target::Stream(stream) => Ok((Output::Stream(stream), None, None)),
        Target::Topic { resume: None, .. } => Ok((Output::Stream(Box::new(std::io::sink())), None, None)),
        Target::Topic { name, resume: Some((state, asked)) } => {
            let file = StateFile::new(&state, &asked, Path::new(&name));
            let state = file.read()?;
            Ok((Output::Stream(Box::new(std::io::sink())), Some(file), state))
        }
        Target::File { path, resume: None } => Ok((Output::File(PartFile::open(&path, 0)?), None, None)),
        Target::File { path, resume: Some((state, asked)) } => {
            let file = StateFile::new(&state, &asked, &path);
            let state = file.read()?;
            // Killed after the rename: the file is in its place.
            if state.as_ref().is_some_and(|state| state.is_whole) && path.exists() && !PartFile::is_there(&path) {
                return Ok((Output::Stream(Box::new(std::io::sink())), Some(file), state));
            }
            let length = state.as_ref().map_or(0, |state| state.length);
            Ok((Output::File(PartFile::open(&path, length)?), Some(file), state))
        }
    }
}

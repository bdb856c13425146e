//! A tap from words to its end: what is refused before anything is read, which way it is read, and what becomes of its output.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use events::calendar::Zone;
use events::manifest::Manifest;
use streams::kafka::ClusterConfig;
use streams::kafka::tap::{self, Progress, Span, TapClient, TapConfig, TapError};

use super::cover::{Counts, Coverage, Reason};
use super::during;
use super::engine::Sink;
use super::filter::{FilterError, partitions_of_keys};
use super::judge::{Masks, Troubles};
use super::mask::MaskKey;
use super::output::{Output, PartFile};
use super::range::{self, Known, NoPartition};
use super::read;
use super::resume::{ResumeError, State, StateFile};
use super::words::{Format, Isolation, Range, Words};
use super::write::{Look, ParquetError};

/// Bytes that the client holds ready for a partition, in KiB; where records wait in queues of our own, less.
const FETCH_KBYTES: u32 = 16_384;
const FETCH_KBYTES_QUEUED: u32 = 2_048;

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
    /// Where records go.
    pub target: Target,
    /// Is called once everything else has been checked and before the first record is read, if personal fields are shown. What it cannot
    /// write down is not shown.
    pub audit: &'a dyn Fn() -> Result<(), String>,
    /// Set by whoever wants it to end.
    pub stop: &'a AtomicBool,
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

/// Why a tap did not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Its words do not go together, or mean nothing.
    #[error("{0}")]
    Usage(String),
    /// The cluster or a topic is not there.
    #[error(transparent)]
    Tap(#[from] TapError),
    /// The output cannot be written.
    #[error("the output: {0}")]
    Output(#[from] std::io::Error),
    /// Parquet could not be made.
    #[error("parquet: {0}")]
    Parquet(#[from] ParquetError),
    /// The export does not go on.
    #[error(transparent)]
    Resume(#[from] ResumeError),
    /// It could not be written down who is shown personal fields.
    #[error("nothing is shown, because the audit record is not written: {0}")]
    Audit(String),
    /// A thread is gone.
    #[error("a thread that makes the output is gone")]
    Worker,
}

impl From<FilterError> for RunError {
    fn from(error: FilterError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<NoPartition> for RunError {
    fn from(error: NoPartition) -> Self {
        Self::Usage(error.to_string())
    }
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
        let (output, state_file, state) = open(target)?;
        if let (Some(state), Some(file)) = (&state, &state_file)
            && state.is_whole
        {
            return self.only_renamed(state, file, output);
        }
        if let (Some(campaign), None) = (&self.words.during, &state) {
            self.words.range = during::range(self.cluster, &self.user, campaign)?;
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
        if self.words.is_unmasked {
            (self.audit)().map_err(RunError::Audit)?;
        }
        let plan = Plan { tap: &self, spans, masks, look, began, is_new };
        let sink = Sink::new(output, state_file, counts);
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
            (Output::Stream(_), ..) => {}
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

    fn client(&self, isolation: Isolation) -> Result<TapClient, RunError> {
        let is_queued = self.words.by_time || self.words.isolation == Isolation::Uncommitted;
        let config = TapConfig {
            user: self.user.clone(),
            fetch_kbytes: if is_queued { FETCH_KBYTES_QUEUED } else { FETCH_KBYTES },
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

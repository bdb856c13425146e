//! Replays and drops letters, each exactly once. Blocks; not for an async worker thread.
//!
//! A record is appended to its inbox and its letter gets its note in one transaction, so both are there or neither. One operator at a time:
//! whoever begins takes the transactional id over, which fences everybody before and decides their transactions, and *then* reads the
//! notes. So a letter without a note has not been replayed by anybody, and nobody but the newest operator can replay it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use events::manifest::Manifest;
use events::topics::DEAD_LETTERS;
use serde::Serialize;
use streams::kafka::{ClusterConfig, TopicReader, TransactionalWriter};
use streams::record::{Outgoing, Record};

use super::letter::{Letter, LetterId};
use super::list::Filter;
use super::note::{Note, Notes, Outcome};
use super::plan::{Refusal, Refused, Rules, Step};
use super::read::{self, Error, Places};

/// The transactional id of whoever replays or drops: one at a time.
pub const TRANSACTIONAL_ID: &str = "timesale.dead-letters";
/// How long the id may take to be taken over.
const OPEN_WITHIN: Duration = Duration::from_secs(20);
/// Most letters that are handled in one transaction. Their records, 1 MiB each at most, are in memory meanwhile.
const MOST_LETTERS: usize = 32;

/// Which letters are meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Choice {
    /// These.
    Letters(Vec<LetterId>),
    /// Every one that is not handled, of a topic and with a reason.
    Kind {
        /// The topic that their records were read from.
        topic: String,
        /// The words that their reason begins with.
        reason: String,
    },
}

/// What is to be done with letters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// Which.
    pub choice: Choice,
    /// So many at most.
    pub limit: Option<usize>,
    /// Whether a third replay, and any after, is wanted.
    pub again: bool,
    /// Says what would be done, and does nothing. Fences nobody.
    pub is_dry: bool,
    /// Who does it.
    pub who: String,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// Why they are dropped; none replays them.
    pub because: Option<String>,
    /// The request that asks for it; it stands in the notes.
    pub request: Option<String>,
}

/// What was done, or in a dry run what would be.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Report {
    /// Whether nothing was written.
    pub is_dry: bool,
    /// Letters whose records were appended to their inboxes.
    pub replayed: Vec<LetterId>,
    /// Letters of records that were replayed before, from another letter: noted only.
    pub repeats: Vec<LetterId>,
    /// Letters that were dropped.
    pub dropped: Vec<LetterId>,
    /// Letters that were left as they are.
    pub refused: Vec<Refused>,
}

/// Carries out an order. When it fails, what the report would have said of earlier transactions is in the log: `list` shows it.
///
/// # Errors
/// [`Error`]. Whichever it is, no record was appended without its note, and the same order can be given again.
pub fn run(cluster: &ClusterConfig, order: &Order) -> Result<Report, Error> {
    let manifest = Manifest::embedded()?;
    let mut writer = None;
    if !order.is_dry {
        writer = Some(TransactionalWriter::open(cluster, TRANSACTIONAL_ID, OPEN_WITHIN)?);
    }
    let mut notes = if writer.is_some() { read::settled_notes(cluster)? } else { read::notes(cluster)? };
    let mut letters = chosen(cluster, order, &notes)?;
    letters.truncate(order.limit.unwrap_or(usize::MAX));
    let rules = Rules { manifest: &manifest, again: order.again, who: &order.who, at_ms: order.at_ms };
    let mut report = Report { is_dry: order.is_dry, ..Report::default() };
    let mut places = Places::new(cluster);
    for some in letters.chunks(MOST_LETTERS) {
        let steps = steps(&mut places, rules, order, some, &notes)?;
        let mut transaction = Transaction::default();
        for (letter, step) in steps {
            // What came before in this order counts: two letters may be of one record.
            let step = match step {
                Step::Append(_, note) if transaction.appends(&note) => Step::Note(transaction.repeat(note)),
                other => other,
            };
            match step {
                Step::Append(outgoing, note) => transaction.add(letter, Some(outgoing), asked(note, order))?,
                Step::Note(note) => transaction.add(letter, None, asked(note, order))?,
                Step::Refuse(refusal) => report.refused.push(Refused::new(letter, refusal)),
            }
        }
        transaction.end(writer.as_mut(), &mut notes, &mut report)?;
    }
    Ok(report)
}

fn asked(note: Note, order: &Order) -> Note {
    Note { request: order.request.clone(), ..note }
}

/// The letters that an order means, in the order of the log.
fn chosen(cluster: &ClusterConfig, order: &Order, notes: &Notes) -> Result<Vec<LetterId>, Error> {
    let (topic, reason) = match &order.choice {
        Choice::Letters(letters) => {
            let mut seen = BTreeSet::new();
            return Ok(letters.iter().copied().filter(|letter| seen.insert(*letter)).collect());
        }
        Choice::Kind { topic, reason } => (topic.clone(), reason.clone()),
    };
    let filter = Filter { topic: Some(topic), reason: Some(reason), since_ms: None, handled: Some(false) };
    let mut chosen = Vec::new();
    for record in TopicReader::open(cluster, DEAD_LETTERS.name())? {
        let letter = Letter::of(&record?);
        if filter.takes(&letter, notes.of(&letter)) {
            chosen.push(letter.letter);
        }
        if order.limit.is_some_and(|limit| chosen.len() >= limit) {
            break;
        }
    }
    Ok(chosen)
}

/// What is done with each of these letters.
fn steps(
    places: &mut Places<'_>,
    rules: Rules<'_>,
    order: &Order,
    letters: &[LetterId],
    notes: &Notes,
) -> Result<Vec<(LetterId, Step)>, Error> {
    let partitions = rules.manifest.topics.get(DEAD_LETTERS.name()).map_or(0, |spec| spec.partitions);
    let records = places.letters(letters, partitions)?;
    if let Some(because) = &order.because {
        let step = |letter: &LetterId| match records.get(letter) {
            None => Step::Refuse(Refusal::Unknown),
            Some(record) => match rules.drop(&Letter::of(record), because, notes) {
                Ok(note) => Step::Note(note),
                Err(refusal) => Step::Refuse(refusal),
            },
        };
        return Ok(letters.iter().map(|letter| (*letter, step(letter))).collect());
    }
    let originals = originals(places, rules, records.values(), notes)?;
    let step = |letter: &LetterId| {
        let Some(record) = records.get(letter) else { return Step::Refuse(Refusal::Unknown) };
        rules.step(record, originals.get(letter), notes)
    };
    Ok(letters.iter().map(|letter| (*letter, step(letter))).collect())
}

/// A partition and an offset in it.
type Place = (i32, i64);

/// The records that stand where these letters came from, as far as the log still has them.
fn originals<'r>(
    places: &mut Places<'_>,
    rules: Rules<'_>,
    letters: impl Iterator<Item = &'r Record>,
    notes: &Notes,
) -> Result<BTreeMap<LetterId, Record>, Error> {
    let mut wanted: BTreeMap<String, Vec<(LetterId, Place)>> = BTreeMap::new();
    for letter in letters.map(Letter::of).filter(|letter| rules.check(letter, notes).is_ok()) {
        if let Some(source) = letter.source {
            wanted.entry(source.topic).or_default().push((letter.letter, (source.partition, source.offset)));
        }
    }
    let mut originals = BTreeMap::new();
    for (topic, wanted) in wanted {
        let found = places.read(&topic, wanted.iter().map(|(_, place)| *place))?;
        let of_letter = |(letter, place): &(LetterId, Place)| Some((*letter, found.get(place)?.clone()));
        originals.extend(wanted.iter().filter_map(of_letter));
    }
    Ok(originals)
}

/// What goes into one transaction.
#[derive(Default)]
struct Transaction {
    records: Vec<Outgoing>,
    notes: Vec<(LetterId, Note)>,
}

impl Transaction {
    fn add(&mut self, letter: LetterId, record: Option<Outgoing>, note: Note) -> Result<(), Error> {
        self.records.extend(record);
        self.records.push(note.outgoing(letter)?);
        self.notes.push((letter, note));
        Ok(())
    }

    /// Whether it appends the record of this note already.
    fn appends(&self, note: &Note) -> bool {
        self.same(note).is_some()
    }

    fn same(&self, note: &Note) -> Option<LetterId> {
        let is_it = |other: &Note| {
            other.outcome == Outcome::Replayed && (&other.source, other.record_ms) == (&note.source, note.record_ms)
        };
        self.notes.iter().find(|(_, other)| is_it(other)).map(|(letter, _)| *letter)
    }

    fn repeat(&self, note: Note) -> Note {
        let instead = self.same(&note).map(|letter| letter.to_string());
        Note { outcome: Outcome::Repeat, to: None, attempt: None, instead, ..note }
    }

    /// Commits it, and says what it did. Without a writer it only says so.
    fn end(
        &mut self,
        writer: Option<&mut TransactionalWriter>,
        notes: &mut Notes,
        report: &mut Report,
    ) -> Result<(), Error> {
        let Self { records, notes: done } = std::mem::take(self);
        if records.is_empty() {
            return Ok(());
        }
        if let Some(writer) = writer {
            writer.write(&records)?;
        }
        for (letter, note) in done {
            match note.outcome {
                Outcome::Replayed => report.replayed.push(letter),
                Outcome::Repeat => report.repeats.push(letter),
                Outcome::Dropped => report.dropped.push(letter),
            }
            notes.add(letter, note);
        }
        Ok(())
    }
}

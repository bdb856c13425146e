//! What becomes of one record: filtered, masked, written. Threads have a judge each.

use std::collections::BTreeMap;
use std::sync::Arc;

use streams::kafka::tap::RecordView;

use super::cover::Counts;
use super::filter::{Filter, Verdict};
use super::mask::Mask;
use super::write::{Lines, Row, Transaction};

/// The masks of topics, by name.
pub(crate) type Masks = Arc<BTreeMap<String, Mask>>;

/// Decides on records, and makes bytes of those that are wanted.
pub(crate) struct Judge {
    filter: Filter,
    masks: Masks,
    /// The mask that was used last, with its topic.
    last: Option<(String, Mask)>,
    lines: Option<Box<dyn Lines>>,
    is_strict: bool,
    /// What went wrong first.
    pub(crate) troubles: Troubles,
}

/// What went wrong first, with the record's place.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Troubles {
    /// The first record that could not be judged.
    pub(crate) not_judged: Option<String>,
    /// The first record that is an error, since that was asked for.
    pub(crate) unreadable: Option<String>,
}

impl Troubles {
    /// Takes over what another thread met, if nothing was met before.
    pub(crate) fn take(&mut self, other: Self) {
        self.not_judged = self.not_judged.take().or(other.not_judged);
        self.unreadable = self.unreadable.take().or(other.unreadable);
    }
}

impl Judge {
    /// A judge; without lines it only filters.
    #[must_use]
    pub(crate) fn new(filter: Filter, masks: Masks, lines: Option<Box<dyn Lines>>, is_strict: bool) -> Self {
        Self { filter, masks, last: None, lines, is_strict, troubles: Troubles::default() }
    }

    /// Appends what stands before the first record.
    pub(crate) fn begin(&mut self, out: &mut Vec<u8>) {
        if let Some(lines) = &mut self.lines {
            lines.begin(out);
        }
    }

    /// Counts a record and says whether it is wanted.
    pub(crate) fn wants(&mut self, record: &RecordView<'_>, counts: &mut Counts) -> bool {
        counts.read += 1;
        counts.bytes += record.bytes();
        if self.filter.is_empty() {
            counts.matched += 1;
            return true;
        }
        match self.filter.judge(record) {
            Verdict::Match => {
                counts.matched += 1;
                true
            }
            Verdict::NoMatch => false,
            Verdict::NotJudged(reason) => {
                counts.not_judged += 1;
                let told = told(record, &reason);
                if self.is_strict {
                    self.troubles.unreadable.get_or_insert_with(|| told.clone());
                }
                self.troubles.not_judged.get_or_insert(told);
                false
            }
        }
    }

    /// Appends a record that is wanted.
    pub(crate) fn write(
        &mut self,
        record: &RecordView<'_>,
        transaction: Option<Transaction>,
        counts: &mut Counts,
        out: &mut Vec<u8>,
    ) {
        let Some(lines) = &mut self.lines else { return };
        let mask = mask(&mut self.last, &self.masks, record.topic);
        if let Err(unreadable) = lines.record(&Row { record: *record, mask, transaction }, out) {
            self.troubled(record, &unreadable.0, counts);
        }
    }

    /// What is personal in a topic's records.
    pub(crate) fn mask(&mut self, topic: &str) -> &Mask {
        mask(&mut self.last, &self.masks, topic)
    }

    /// A record was written, but not as it should be.
    pub(crate) fn troubled(&mut self, record: &RecordView<'_>, reason: &str, counts: &mut Counts) {
        counts.unreadable += 1;
        if self.is_strict {
            self.troubles.unreadable.get_or_insert_with(|| told(record, reason));
        }
    }
}

/// The mask of a topic. Every topic of a tap has one; of any other nothing would be shown.
fn mask<'l>(last: &'l mut Option<(String, Mask)>, masks: &BTreeMap<String, Mask>, topic: &str) -> &'l Mask {
    if last.as_ref().is_some_and(|(of, _)| of != topic) {
        *last = None;
    }
    let (_, mask) =
        last.get_or_insert_with(|| (topic.to_owned(), masks.get(topic).cloned().unwrap_or_else(Mask::everything)));
    mask
}

/// A record's place with what is wrong there.
fn told(record: &RecordView<'_>, reason: &str) -> String {
    format!("{} {}:{}: {reason}", record.topic, record.partition, record.offset)
}

//! What is refused before anything is read: words that do not go together, and questions past the mask.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use events::manifest::{PartitionedBy, SHADOW};

use super::error::RunError;
use super::filter::{Filter, FilterError};
use super::judge::Masks;
use super::mask::Mask;
use super::run::{Tap, Target};
use super::words::{Format, Isolation, Place, Range};
use super::write;

impl Tap<'_> {
    /// Refuses words that do not go together.
    pub(super) fn check(&self) -> Result<(), RunError> {
        let words = &self.words;
        let is_merged = words.by_time || words.isolation == Isolation::Uncommitted;
        let has_end =
            matches!(&words.range, Range::Between(_, to) if *to != Place::End) || matches!(words.range, Range::At(..));
        let is_resumed =
            matches!(&self.target, Target::File { resume: Some(_), .. } | Target::Topic { resume: Some(_), .. });
        let is_copy = matches!(&self.target, Target::Topic { .. });
        let is_parquet = words.format == Format::Parquet;
        let has_no_columns = matches!(words.format, Format::Values | Format::Kcat | Format::Pretty);
        let names: BTreeSet<&String> = words.topics.iter().collect();
        let rules = [
            (words.topics.is_empty(), "no topic is named"),
            (names.len() != words.topics.len(), "a topic is named twice"),
            (words.follow && words.during.is_some(), "--during has an end: without --follow"),
            (words.follow && has_end, "--follow has no end: without --to and --at"),
            (
                words.follow && is_merged,
                "--follow reads records as they come: without --by-time and --isolation uncommitted",
            ),
            (words.follow && words.latest, "--follow never knows the newest record: without --latest"),
            (words.follow && is_parquet, "--follow never ends, and a Parquet file is whole at its end only"),
            (words.latest && words.bounds.limit.is_some(), "--latest shows one record a key: without --limit"),
            (words.columns.is_some() && has_no_columns, "--columns are for the formats ndjson, csv, tsv and parquet"),
            (words.everywhere && words.keys.is_empty(), "--everywhere says where to look for --key"),
            (is_resumed && words.follow, "--resume goes on with a range: without --follow"),
            (is_resumed && is_parquet, "--resume cannot go on with a Parquet file: its end describes all of it"),
            (
                is_resumed && (is_merged || words.latest),
                "--resume reads partition after partition: without --by-time, --latest and --isolation uncommitted",
            ),
            (
                is_copy && is_merged,
                "--to-topic copies committed records as they come: without --by-time and --isolation",
            ),
            (is_copy && words.columns.is_some(), "--to-topic copies whole records: without --columns"),
            (is_resumed && words.bounds.limit.is_some(), "--resume goes on to the end of the range: without --limit"),
        ];
        match rules.iter().find(|(is_wrong, _)| *is_wrong) {
            Some((_, rule)) => Err(RunError::Usage((*rule).to_owned())),
            None => self.check_shadow(),
        }
    }

    /// Refuses every topic to write to but a shadow topic of the one that is read.
    fn check_shadow(&self) -> Result<(), RunError> {
        let Target::Topic { name, .. } = &self.target else { return Ok(()) };
        let shadow = &self.manifest.shadow;
        let wrong = |reason: String| Err(RunError::Usage(format!("--to-topic {name}: {reason}")));
        match shadow.get(name) {
            Some(spec) if self.words.topics == [spec.of.clone()] => Ok(()),
            Some(spec) => wrong(format!("takes copies of {} alone", spec.of)),
            None if name.starts_with(SHADOW) => {
                let names: Vec<&str> = shadow.keys().map(String::as_str).collect();
                wrong(format!("topics.yaml names no such topic under shadow; it names {}", names.join(", ")))
            }
            None => wrong(format!("a tap writes only to topics whose name begins with {SHADOW}")),
        }
    }

    /// The masks, after everything that could be asked past them was refused.
    pub(super) fn masks(&self) -> Result<Masks, RunError> {
        let mut filter = Filter::new(&self.words)?;
        if self.share.is_some() {
            filter.bound()?;
        }
        write::columns(&self.words).map_err(RunError::Usage)?;
        let mut masks = BTreeMap::new();
        for topic in &self.words.topics {
            let mask = if self.words.is_unmasked {
                Mask::none()
            } else {
                Mask::of_topic(self.manifest, topic, self.words.mask, self.mask_key.as_ref())
            };
            filter.check(topic, &mask)?;
            let is_by_key = self.manifest.declared(topic).is_some_and(|spec| spec.partitioned_by == PartitionedBy::Key);
            if !self.words.keys.is_empty() && !self.words.everywhere && !is_by_key {
                return Err(FilterError::NamedPartitions(topic.clone()).into());
            }
            masks.insert(topic.clone(), mask);
        }
        Ok(Arc::new(masks))
    }
}

#[cfg(test)]
#[path = "refuse_tests.rs"]
mod tests;

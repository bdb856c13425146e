//! Reads one letter, with the record that it came from. Blocks; not for an async worker thread.

use events::manifest::Manifest;
use events::topics::DEAD_LETTERS;
use streams::kafka::ClusterConfig;

use super::letter::{Letter, LetterId};
use super::read::{self, Error, Places};
use super::unmask::Unmasked;
use super::view::View;

/// The letter at this place; none when none stands there.
///
/// # Errors
/// [`Error`].
pub fn show(cluster: &ClusterConfig, letter: LetterId, unmasked: Option<&Unmasked>) -> Result<Option<View>, Error> {
    let manifest = Manifest::embedded()?;
    let mut places = Places::new(cluster);
    let partitions = manifest.topics.get(DEAD_LETTERS.name()).map_or(0, |spec| spec.partitions);
    let Some(record) = places.letters(&[letter], partitions)?.remove(&letter) else { return Ok(None) };
    let source = Letter::of(&record).source;
    // A topic or partition that nobody declares is not asked for: the letter may say anything.
    let declared = |topic: &str| manifest.topics.get(topic).map_or(0, |spec| spec.partitions);
    let found = match source.filter(|source| source.partition < declared(&source.topic)) {
        Some(source) => {
            let place = (source.partition, source.offset);
            places.read(&source.topic, [place])?.remove(&place)
        }
        None => None,
    };
    let notes = read::notes(cluster)?;
    Ok(Some(View::of(&record, found.as_ref(), &notes, &manifest, unmasked)))
}

//! What an operator and a test look at in an installation of one's own.

use std::collections::BTreeMap;

use bytes::Bytes;
use console::dead_letters::{Letter, LetterId};
use events::topics::{DEAD_LETTERS, DEAD_LETTERS_HANDLED};
use serde_json::Value;
use streams::kafka::{TopicReader, TransactionalWriter};
use streams::record::{Headers, Outgoing, Record};

pub(crate) use super::shared::{AT_MOST, Installation, told, until};

impl Installation {
    /// What a verb for dead letters says on both its outputs, and its exit code.
    pub(crate) fn letters(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.timesale(&[&["dead-letters"], arguments].concat()).output().unwrap();
        (output.status.code().unwrap_or(-1), told(&output))
    }

    /// What the list says of letters, dead rows of a database apart: it is no part of these tests whether there is one.
    pub(crate) fn list(&self, arguments: &[&str]) -> Value {
        let arguments = [&["dead-letters", "list", "--json"], arguments].concat();
        let output = self.timesale(&arguments).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", told(&output)))
    }

    /// How many letters there are, and how many of them are handled.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let list = self.list(&[]);
        let groups = list["groups"].as_array().unwrap().iter().filter(|group| group["source"] != "sinks.postgres");
        let sums = groups.map(|group| (group["letters"].as_u64().unwrap(), group["handled"].as_u64().unwrap()));
        sums.fold((0, 0), |(letters, handled), (more, of_them)| (letters + more, handled + of_them))
    }

    /// Waits until there are so many letters, and returns them.
    pub(crate) fn await_letters(&self, count: usize) -> Vec<Letter> {
        until("the letters are there", || {
            let letters = self.committed(DEAD_LETTERS.name());
            (letters.len() >= count).then(|| letters.iter().map(Letter::of).collect())
        })
    }

    /// Every committed record of a topic.
    pub(crate) fn committed(&self, topic: &str) -> Vec<Record> {
        TopicReader::open(&self.cluster, topic).unwrap().collect::<Result<_, _>>().unwrap()
    }

    /// How many notes each letter has.
    pub(crate) fn notes(&self) -> BTreeMap<String, usize> {
        let mut notes = BTreeMap::new();
        for note in self.committed(DEAD_LETTERS_HANDLED.name()) {
            *notes.entry(text(note.key.as_ref())).or_default() += 1;
        }
        notes
    }

    /// How often each letter's record was appended to this inbox.
    pub(crate) fn replays(&self, inbox: &str) -> BTreeMap<String, usize> {
        let mut replays = BTreeMap::new();
        for record in self.committed(inbox) {
            if let Some(from) = record.header("replayed-from") {
                *replays.entry(String::from_utf8(from.to_vec()).unwrap()).or_default() += 1;
            }
        }
        replays
    }

    /// Writes records, all or none.
    pub(crate) fn write(&self, records: &[Outgoing]) {
        let mut writer = TransactionalWriter::open(&self.cluster, "test-writer", AT_MOST).unwrap();
        records.chunks(200).for_each(|some| writer.write(some).unwrap());
    }
}

/// A record that is to be written.
pub(crate) fn outgoing(topic: &str, partition: i32, value: &[u8], headers: &[(&str, &str)]) -> Outgoing {
    let headers: Headers =
        headers.iter().map(|(name, value)| ((*name).into(), Bytes::copy_from_slice(value.as_bytes()))).collect();
    let value = Some(Bytes::copy_from_slice(value));
    Outgoing { topic: topic.into(), partition: Some(partition), key: Some("key".into()), value, headers }
}

pub(crate) fn place(letter: LetterId) -> String {
    letter.to_string()
}

pub(crate) fn text(bytes: Option<&Bytes>) -> String {
    bytes.map_or_else(String::new, |bytes| String::from_utf8_lossy(bytes).into_owned())
}

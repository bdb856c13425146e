//! Dead letters that nobody has handled, by where they come from and why. Pure.

use std::collections::BTreeMap;

use streams::record::Record;
use streams::task::dead_letter::{self, header};

/// Most combinations of topic and reason that are told apart.
const MOST_KINDS: usize = 64;
/// Longest name of a topic, bytes: Kafka has no longer ones, but anybody who may write there can pretend.
const LONGEST_TOPIC: usize = 249;
/// Longest reason, bytes.
const LONGEST_REASON: usize = 60;

/// How many letters stand in the log, by source topic and reason.
#[derive(Clone, Debug, Default)]
pub(super) struct DeadLetters {
    kinds: BTreeMap<(String, String), u64>,
}

impl DeadLetters {
    /// Takes a letter.
    pub(super) fn take(&mut self, letter: &Record) {
        let text = |name: &str| letter.header(name).map(|value| String::from_utf8_lossy(value).into_owned());
        let topic = text(header::TOPIC).map(|topic| cut(&topic, LONGEST_TOPIC)).unwrap_or_default();
        let reason = text(header::REASON).map(|reason| cut(dead_letter::words(&reason), LONGEST_REASON));
        let reason = reason.unwrap_or_default();
        let kind = (topic, reason);
        let kind = if self.kinds.contains_key(&kind) || self.kinds.len() < MOST_KINDS { kind } else { other() };
        *self.kinds.entry(kind).or_default() += 1;
    }

    /// Their numbers, by source topic and reason.
    pub(super) fn kinds(&self) -> impl Iterator<Item = (&str, &str, u64)> {
        self.kinds.iter().map(|((topic, reason), count)| (topic.as_str(), reason.as_str(), *count))
    }

    /// All of them.
    pub(super) fn total(&self) -> u64 {
        self.kinds.values().sum()
    }
}

/// What stands for kinds beyond the bound.
fn other() -> (String, String) {
    ("other".to_owned(), "other".to_owned())
}

/// As much of a text as is kept.
fn cut(text: &str, longest: usize) -> String {
    let end = (0..=text.len().min(longest)).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or_default().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn letter(topic: &str, reason: &str) -> Record {
        let header = |name: &str, value: &str| (name.into(), Bytes::copy_from_slice(value.as_bytes()));
        let headers = vec![header("dead-letter.topic", topic), header("dead-letter.reason", reason)];
        Record { topic: "letters".into(), partition: 0, offset: 0, timestamp: 0, key: None, value: None, headers }
    }

    #[test]
    fn letters_are_counted_by_what_does_not_vary() {
        let mut letters = DeadLetters::default();
        for reason in ["not JSON: expected value at line 1", "not JSON: EOF at line 7", "key 17 is another's"] {
            letters.take(&letter("some.inbox", reason));
        }
        letters.take(&Record { headers: vec![], ..letter("", "") });
        let kinds: Vec<_> = letters.kinds().collect();
        assert_eq!(kinds, [("", "", 1), ("some.inbox", "key", 1), ("some.inbox", "not JSON", 2)]);
        assert_eq!(letters.total(), 4);
    }

    #[test]
    fn their_kinds_are_bounded() {
        let mut letters = DeadLetters::default();
        for number in 0..1_000_u32 {
            let word: String = number.to_string().chars().map(|digit| char::from(b'a' + digit as u8 - b'0')).collect();
            letters.take(&letter("some.inbox", &word));
        }
        assert!(letters.kinds().count() <= MOST_KINDS + 1);
        assert_eq!(letters.total(), 1_000);
        letters.take(&letter("a", &"가".repeat(100)));
        letters.take(&letter(&"a".repeat(1_000_000), "a"));
        assert!(
            letters.kinds().all(|(topic, reason, _)| topic.len() <= LONGEST_TOPIC && reason.len() <= LONGEST_REASON)
        );
    }
}

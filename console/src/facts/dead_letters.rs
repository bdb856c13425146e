//! Dead letters that nobody has handled, by where they come from and why. Pure.

use std::collections::BTreeMap;

use streams::record::Record;

use crate::dead_letters::{Letter, LetterId, noted, number_of_letter};

/// Most combinations of topic and reason that are told apart.
const MOST_KINDS: usize = 64;
/// Longest name of a topic, bytes: Kafka has no longer ones, but anybody who may write there can pretend.
const LONGEST_TOPIC: usize = 249;
/// Longest reason, bytes.
const LONGEST_REASON: usize = 60;

/// Most letters, and most notes, that are told apart. A letter beyond counts as unhandled until the process begins anew.
const MOST_LETTERS: usize = 250_000;

/// How many letters without a note stand in the log, by source topic and reason. Letters and notes come in any order.
#[derive(Clone, Debug, Default)]
pub(super) struct DeadLetters {
    kinds: BTreeMap<(String, String), u64>,
    /// Letters without a note: their kinds, and the numbers of their records.
    open: BTreeMap<LetterId, ((String, String), u64)>,
    /// Notes whose letter has not come, with the number of its record.
    noted: BTreeMap<LetterId, u64>,
}

impl DeadLetters {
    /// Takes a letter.
    pub(super) fn take(&mut self, record: &Record) {
        let letter = Letter::of(record);
        let number = number_of_letter(&letter);
        let kind = (cut(&letter.topic, LONGEST_TOPIC), cut(&letter.reason, LONGEST_REASON));
        let kind = if self.kinds.contains_key(&kind) || self.kinds.len() < MOST_KINDS { kind } else { other() };
        let count = self.kinds.entry(kind.clone()).or_default();
        if self.noted.get(&letter.letter) == Some(&number) {
            self.noted.remove(&letter.letter);
            return;
        }
        *count += 1;
        if self.open.len() < MOST_LETTERS {
            self.open.insert(letter.letter, (kind, number));
        }
    }

    /// Takes a record of the topic of notes. One that is no note says nothing.
    pub(super) fn take_note(&mut self, record: &Record) {
        let Some((letter, number)) = noted(record) else { return };
        match self.open.get(&letter) {
            Some((kind, found)) if *found == number => {
                if let Some(count) = self.kinds.get_mut(kind) {
                    *count = count.saturating_sub(1);
                }
                self.open.remove(&letter);
            }
            Some(_) => {}
            None if self.noted.len() < MOST_LETTERS => drop(self.noted.insert(letter, number)),
            None => {}
        }
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
    use crate::dead_letters::{Note, Outcome};

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
    fn a_note_takes_its_letter_off_in_any_order_and_no_other() {
        let at = |offset: i64, source: i64| {
            let header = |name: &str, value: String| (name.into(), Bytes::from(value.into_bytes()));
            let mut record = Record { offset, ..letter("some.inbox", "not JSON") };
            record.headers.push(header("dead-letter.partition", "0".into()));
            record.headers.push(header("dead-letter.offset", source.to_string()));
            record
        };
        let note = |record: &Record| {
            let letter = Letter::of(record);
            let note = Note::on(&letter, Outcome::Dropped, "kim", 0).outgoing(letter.letter).unwrap();
            Record { key: note.key, value: note.value, ..record.clone() }
        };
        let unhandled = |letters: &DeadLetters| letters.kinds().map(|(_, _, count)| count).collect::<Vec<_>>();
        let mut letters = DeadLetters::default();
        (0..3).for_each(|offset| letters.take(&at(offset, offset)));
        letters.take_note(&note(&at(1, 1)));
        letters.take_note(&note(&at(1, 1)));
        assert_eq!(unhandled(&letters), [2], "a note that comes twice counts once");
        letters.take_note(&note(&at(2, 99)));
        assert_eq!(unhandled(&letters), [2], "a note of another record at the same place");
        letters.take_note(&note(&at(7, 7)));
        letters.take(&at(7, 7));
        letters.take(&at(8, 8));
        assert_eq!(unhandled(&letters), [3], "a note that came before its letter");
        letters.take_note(&Record { key: Some("0/0".into()), value: Some("garbage".into()), ..at(0, 0) });
        assert_eq!(unhandled(&letters), [3], "garbage is no note");
        for offset in [0, 2, 8] {
            letters.take_note(&note(&at(offset, offset)));
        }
        assert_eq!((unhandled(&letters), letters.total()), (vec![0], 0), "a kind stays, at 0");
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

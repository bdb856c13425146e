//! One letter as text, with a mark under the byte at which decoding failed. Pure.

use super::decode::Failure;
use super::table::{handled, time};
use super::view::{Origin, View};
use crate::terminal::printable;

/// Bytes of a broken value that are shown before the mark, and after it.
const BEFORE: usize = 60;
const AFTER: usize = 30;
/// Most bytes of a whole value that are shown.
const LONGEST: usize = 64 * 1024;

impl View {
    /// The letter for people, with a line at the end.
    #[must_use]
    pub fn text(&self) -> String {
        let mut page = Page(String::new());
        let letter = &self.letter;
        page.line("letter", &format!("{}, of {}", letter.letter, time(letter.at_ms)));
        let source = letter.source.as_ref().map_or_else(|| "nobody knows".to_owned(), ToString::to_string);
        let record_at = letter.record_ms.map_or_else(String::new, |ms| format!(", of {}", time(ms)));
        page.line("record", &format!("{}{record_at}", printable(&source)));
        page.line("refused by", &printable(&letter.processor));
        page.line("reason", &printable(self.details.as_deref().unwrap_or(&letter.reason)));
        page.line("replays", &letter.attempts.to_string());
        page.line("handled", &self.standing());
        page.line(
            "bytes from",
            &match self.from {
                Origin::Source => "the record in its topic".to_owned(),
                Origin::Letter => "the letter: the record is gone from its topic".to_owned(),
                Origin::CutLetter => {
                    format!("the letter, which lacks {} bytes: the record is gone from its topic", letter.cut_bytes)
                }
            },
        );
        page.line("key", &self.key.as_deref().map_or_else(|| "none".to_owned(), printable));
        for (place, (name, value)) in self.headers.iter().enumerate() {
            let label = if place == 0 { "headers" } else { "" };
            page.line(label, &format!("{}: {}", printable(name), printable(value)));
        }
        self.value_lines(&mut page);
        page.0
    }

    fn standing(&self) -> String {
        match &self.handled {
            Some(note) => {
                let because =
                    note.because.as_ref().map_or_else(String::new, |because| format!(": {}", printable(because)));
                format!("{} by {} at {}{because}", handled(note), printable(&note.who), time(note.at_ms))
            }
            None if self.in_doubt => "in doubt: nobody can read the record where its note would stand".to_owned(),
            None => "no".to_owned(),
        }
    }

    fn value_lines(&self, page: &mut Page) {
        match (&self.value, &self.raw) {
            (Some(value), _) => {
                let text = serde_json::to_string_pretty(value).unwrap_or_default();
                let cut = (0..=text.len().min(LONGEST)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
                for (place, line) in text.get(..cut).unwrap_or_default().lines().enumerate() {
                    page.line(if place == 0 { "value" } else { "" }, line);
                }
                if cut < text.len() {
                    page.line("", "…");
                }
            }
            (None, Some(raw)) => {
                let byte = self.failure.as_ref().and_then(|failure| failure.byte);
                let (window, mark) = window(raw, byte);
                page.line("value", &window);
                if let (Some(byte), Some(mark)) = (byte, mark) {
                    page.line("", &format!("{}^ byte {byte}", " ".repeat(mark)));
                }
            }
            (None, None) => page.line("value", &format!("{} bytes, masked", self.bytes)),
        }
        let Some(failure) = &self.failure else {
            page.line("decoding", if self.value.is_some() { "nothing fails" } else { "its values have no type" });
            return;
        };
        page.line("decoding", &sentence(failure));
        if let Some(schema) = &self.schema {
            page.line("schema", &format!("{} {}", schema.value_type, printable(&schema.pointer)));
            schema.outline.iter().for_each(|line| page.line("", line));
        }
    }
}

/// A page of labels and what they label.
struct Page(String);

impl Page {
    fn line(&mut self, label: &str, text: &str) {
        self.0.push_str(&format!("{}\n", format!("{label:<12}{text}").trim_end()));
    }
}

fn sentence(failure: &Failure) -> String {
    let place = failure.byte.map_or_else(
        || "fails".to_owned(),
        |byte| format!("fails at byte {byte} (line {}, column {})", failure.line, failure.column),
    );
    let newer = if failure.is_newer { "; a newer build can read it" } else { "" };
    let why = if failure.why.is_empty() { String::new() } else { format!(": {}", printable(&failure.why)) };
    format!("{place}{why}{newer}")
}

/// The part of a value around a byte, and how many characters stand before it in that part.
fn window(value: &[u8], byte: Option<usize>) -> (String, Option<usize>) {
    let at = byte.unwrap_or(0).min(value.len());
    let (from, to) = match byte {
        Some(_) => (at.saturating_sub(BEFORE), (at + AFTER).min(value.len())),
        None => (0, value.len().min(BEFORE + AFTER)),
    };
    let part = |from: usize, to: usize| shown(value.get(from..to).unwrap_or_default());
    let begin = if from > 0 { "…" } else { "" };
    let end = if to < value.len() { "…" } else { "" };
    let before = part(from, at);
    let mark = byte.map(|_| begin.chars().count() + before.chars().count());
    (format!("{begin}{before}{}{end}", part(at, to)), mark)
}

/// Bytes as characters of equal width: what is not printable ASCII is shown by its number.
fn shown(bytes: &[u8]) -> String {
    let shown = |byte: &u8| match byte {
        b' '..=b'~' => char::from(*byte).to_string(),
        b'\n' => "\\n".to_owned(),
        b'\t' => "\\t".to_owned(),
        other => format!("\\x{other:02x}"),
    };
    bytes.iter().map(shown).collect()
}

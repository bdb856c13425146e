//! For people: a line that says where and when, then the value, indented if it is JSON. What could drive a terminal is escaped.

use std::fmt::Write as _;

use events::calendar::Zone;
use events::envelope::header as names;
use events::time::Timestamp;

use super::{Lines, Row, Unreadable, json};
use crate::terminal::is_printable;

/// Blocks for people.
pub(super) struct Pretty {
    zone: Zone,
    has_colour: bool,
}

impl Pretty {
    pub(super) fn new(zone: Zone, has_colour: bool) -> Self {
        Self { zone, has_colour }
    }

    fn coloured(&self, text: &str, colour: u8) -> String {
        if self.has_colour { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

impl Lines for Pretty {
    fn begin(&mut self, _out: &mut Vec<u8>) {}

    fn record(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), Unreadable> {
        let record = &row.record;
        let place = format!("{} {}:{}", record.topic, record.partition, record.offset);
        let at =
            self.zone.tell(Timestamp::from_millis(record.timestamp)).unwrap_or_else(|| record.timestamp.to_string());
        let key = record.key.and_then(|key| row.mask.key(key)).map_or("-".to_owned(), |key| shown(&key));
        let event = record.headers.last(names::EVENT_TYPE).and_then(|event| row.mask.header(event));
        let mut text = format!("{}  {}  {}", self.coloured(&place, 36), self.coloured(&at, 2), self.coloured(&key, 33));
        // Writing to a text cannot fail.
        if let Some(event) = event {
            write!(text, "  {}", self.coloured(&shown(&event), 32)).unwrap_or_default();
        }
        if let Some(transaction) = row.transaction {
            write!(text, "  {}", self.coloured(transaction.word(), 35)).unwrap_or_default();
        }
        text.push('\n');
        let is_read = match record.value.and_then(|value| row.mask.value(value)) {
            None => {
                text.push_str("  (no value)\n");
                true
            }
            Some(value) => match json::one_line(&value) {
                Some(line) => {
                    indented(&shown(&line), &mut text);
                    true
                }
                None => {
                    writeln!(text, "  {}", shown(&value)).unwrap_or_default();
                    false
                }
            },
        };
        out.extend_from_slice(text.as_bytes());
        if is_read { Ok(()) } else { Err(Unreadable("the value is no JSON".to_owned())) }
    }
}

/// Bytes as text that does nothing to a terminal.
fn shown(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for letter in String::from_utf8_lossy(bytes).chars() {
        if is_printable(letter) {
            text.push(letter);
        } else {
            write!(text, "\\u{:04x}", u32::from(letter)).unwrap_or_default();
        }
    }
    text
}

/// JSON over several lines; the text must be JSON on one line.
fn indented(text: &str, out: &mut String) {
    let (mut depth, mut in_string, mut is_escaped) = (1_usize, false, false);
    out.push_str("  ");
    let mut letters = text.trim().chars().peekable();
    while let Some(letter) = letters.next() {
        if in_string {
            out.push(letter);
            in_string = is_escaped || letter != '"';
            is_escaped = !is_escaped && letter == '\\';
            continue;
        }
        match letter {
            '{' | '[' => {
                out.push(letter);
                while letters.next_if(|next| *next == ' ').is_some() {}
                if let Some(end) = letters.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    line(depth, out);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(depth, out);
                out.push(letter);
            }
            ',' => {
                out.push(letter);
                line(depth, out);
            }
            ':' => out.push_str(": "),
            ' ' | '\t' => {}
            other => {
                in_string = other == '"';
                out.push(other);
            }
        }
    }
    out.push('\n');
}

fn line(depth: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

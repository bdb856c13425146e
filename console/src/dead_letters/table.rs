//! A list, and what a replay or a drop did, as text. Pure.

use comfy_table::{CellAlignment, presets};
use events::calendar::text_of;
use events::time::Timestamp;

use super::list::{Entry, List, ROWS};
use super::note::{Note, Outcome};
use super::run::Report;
use crate::terminal::{lines, printable};

/// Most letters that are shown one by one.
const MOST_SHOWN: usize = 20;

/// An instant, as everything here shows it.
pub(super) fn time(ms: i64) -> String {
    text_of(Timestamp::from_millis(ms))
}

/// What became of a letter, in a few words.
pub(super) fn handled(note: &Note) -> String {
    match note.outcome {
        Outcome::Replayed => format!("replayed to {}", note.to.as_deref().unwrap_or("its inbox")),
        Outcome::Repeat => format!("the same record as {}", note.instead.as_deref().unwrap_or("another letter")),
        Outcome::Dropped => "dropped".to_owned(),
    }
}

impl List {
    /// The list for people, with a line at the end.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        if self.groups.is_empty() {
            text.push_str("no dead letters\n");
        } else {
            text.push_str(&self.groups_text());
        }
        if !self.letters.is_empty() {
            text.push('\n');
            text.push_str(&self.letters_text());
        }
        if self.groups.iter().any(|group| group.source == ROWS) {
            text.push_str("\nrows of sinks.postgres are facts: repair the sink, then rebuild the projection\n");
        }
        if self.unreadable_notes > 0 {
            let notes = self.unreadable_notes;
            text.push_str(&format!("\n{notes} records of dead-letters.handled are no notes\n"));
        }
        text
    }

    fn groups_text(&self) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["SOURCE", "TOPIC", "REASON", "LETTERS", "HANDLED", "FIRST", "LAST"]);
        for column in [3, 4] {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        for group in &self.groups {
            table.add_row([
                named(&group.source),
                named(&group.topic),
                named(&group.reason),
                group.letters.to_string(),
                group.handled.to_string(),
                time(group.first_ms),
                time(group.last_ms),
            ]);
        }
        lines(&table)
    }

    fn letters_text(&self) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["LETTER", "AT", "RECORD", "REASON", "REPLAYS", "HANDLED"]);
        for Entry { letter, handled: note, in_doubt } in self.letters.iter().rev().take(MOST_SHOWN) {
            let standing = match note {
                Some(note) => format!("{} by {}", handled(note), printable(&note.who)),
                None if *in_doubt => "in doubt".to_owned(),
                None => "no".to_owned(),
            };
            table.add_row([
                letter.letter.to_string(),
                time(letter.at_ms),
                letter.source.as_ref().map_or_else(|| "-".to_owned(), |source| printable(&source.to_string())),
                named(&letter.reason),
                letter.attempts.to_string(),
                standing,
            ]);
        }
        let mut text = lines(&table);
        let more = self.counted.saturating_sub(MOST_SHOWN as u64);
        if more > 0 {
            text.push_str(&format!("and {more} more, of which --json has the newest\n"));
        }
        text
    }
}

impl Report {
    /// The report for people, with a line at the end.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for refused in &self.refused {
            text.push_str(&format!("{}: {}\n", refused.letter, printable(&refused.why)));
        }
        let verbs = if self.is_dry { ("would be ", "nothing was written") } else { ("", "in the log") };
        let (replayed, repeats, dropped) = (self.replayed.len(), self.repeats.len(), self.dropped.len());
        let counts = [
            (replayed, "replayed"),
            (repeats, "noted as a record that was replayed before"),
            (dropped, "dropped"),
            (self.refused.len(), "refused"),
        ];
        let said = counts.iter().filter(|(count, _)| *count > 0);
        let said: Vec<String> = said.map(|(count, what)| format!("{count} {}{what}", verbs.0)).collect();
        let said = if said.is_empty() { "no letter is meant".to_owned() } else { said.join(", ") };
        text.push_str(&format!("{said}; {}\n", verbs.1));
        text
    }
}

/// A text from outside that may be empty.
fn named(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { printable(text) }
}

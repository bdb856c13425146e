//! The list, and what came of a word, as text. Pure.

use comfy_table::presets;
use events::calendar::text_of;
use events::time::Timestamp;
use streams::control::Kind;

use super::list::List;
use super::notes::{Parked, Word};
use super::word::Came;
use crate::terminal::{lines, printable};

impl List {
    /// The list for people, with a line at the end.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        if self.partitions.is_empty() {
            text.push_str("no partition is parked\n");
        } else {
            text.push_str(&self.table());
        }
        if self.unreadable > 0 {
            text.push_str(&format!("\n{} records of processors.control are not of this build\n", self.unreadable));
        }
        text
    }

    fn table(&self) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["APPLICATION", "PARTITION", "OFFSET", "SINCE", "WORD", "REASON"]);
        for parked in &self.partitions {
            table.add_row([
                printable(&parked.application),
                parked.partition.to_string(),
                offset(parked),
                text_of(Timestamp::from_millis(parked.since_ms)),
                parked.word.as_ref().map_or_else(|| "-".to_owned(), said),
                printable(&parked.reason),
            ]);
        }
        lines(&table)
    }
}

/// The record that the partition is parked in front of, if that record is the reason.
fn offset(parked: &Parked) -> String {
    match (parked.position, parked.record_ms) {
        (Some(position), Some(_)) => position.to_string(),
        _ => "-".to_owned(),
    }
}

fn said(word: &Word) -> String {
    let what = match word.kind {
        Kind::SetAside => "set aside",
        _ => "resume",
    };
    format!("{what}, by {}", printable(&word.who))
}

impl Came {
    /// It for people.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::GoesOn => "the partition goes on".to_owned(),
            Self::ParkedAgain(reason) => format!("the partition is parked again: {}", printable(reason)),
            Self::Nothing => {
                "written, and not done yet: no processor owns the partition now; whoever owns it next does it"
                    .to_owned()
            }
        }
    }
}

//! The verbs for dead letters as they are typed.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use console::dead_letters::{LetterId, SinceError};
use streams::clock::now_ms;

/// Verbs for dead letters.
#[derive(Subcommand, Debug)]
pub(crate) enum DeadLetters {
    /// Show how many there are, by who could not handle them, topic and reason, and the newest one by one.
    List(List),
    /// Show one: where it came from, how far it can be decoded, and the schema beside it.
    Show(Show),
    /// Append the records of letters to their inboxes again, each once. Facts are never replayed.
    Replay(Replay),
    /// Note that letters need nothing more.
    Drop(DropLetters),
}

/// Which letters are listed.
#[derive(Args, Debug)]
pub(crate) struct List {
    /// Letters of records of this topic only.
    #[arg(long)]
    pub(crate) topic: Option<String>,
    /// Letters only whose reason, as the list shows it, begins so.
    #[arg(long)]
    pub(crate) reason: Option<String>,
    /// Letters from then on only: 15m, 2h30m or 3d ago, a day, or an instant of RFC 3339.
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub(crate) since: Option<i64>,
    /// Only those that were neither replayed nor dropped.
    #[arg(long, conflicts_with = "handled")]
    pub(crate) unhandled: bool,
    /// Only those that were replayed or dropped.
    #[arg(long)]
    pub(crate) handled: bool,
    /// One JSON object instead of tables.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which letter is shown.
#[derive(Args, Debug)]
pub(crate) struct Show {
    /// Its place, PARTITION/OFFSET, as the list shows it.
    #[arg(value_name = "P/OFFSET")]
    pub(crate) letter: LetterId,
    /// Show personal fields too; the reason is written to the audit topic first.
    #[arg(long, value_name = "REASON")]
    pub(crate) unmask: Option<String>,
}

/// Which letters are replayed.
#[derive(Args, Debug)]
pub(crate) struct Replay {
    /// Their places, PARTITION/OFFSET.
    #[arg(value_name = "P/OFFSET", required_unless_present_all = ["topic", "reason"], conflicts_with_all = ["topic", "reason"])]
    pub(crate) letters: Vec<LetterId>,
    /// Every unhandled letter of a record of this topic.
    #[arg(long, requires = "reason")]
    pub(crate) topic: Option<String>,
    /// Whose reason, as the list shows it, begins so.
    #[arg(long, requires = "topic")]
    pub(crate) reason: Option<String>,
    /// So many letters at most, the oldest of each partition first.
    #[arg(long, value_name = "COUNT")]
    pub(crate) limit: Option<usize>,
    /// Also records that have been replayed twice and came back.
    #[arg(long)]
    pub(crate) again: bool,
    /// Say what would be done, and do nothing.
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
    /// Do it.
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Which letters are dropped.
#[derive(Args, Debug)]
pub(crate) struct DropLetters {
    /// Their places, PARTITION/OFFSET.
    #[arg(value_name = "P/OFFSET", required = true)]
    pub(crate) letters: Vec<LetterId>,
    /// Why they need nothing more; it stands in the note.
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) because: String,
    /// Do it.
    #[arg(long)]
    pub(crate) yes: bool,
}

/// The instant that a text names, milliseconds since 1970.
fn since(text: &str) -> Result<i64, SinceError> {
    console::dead_letters::since(text, now_ms())
}

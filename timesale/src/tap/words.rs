//! What was typed, as the words of a tap.

use std::io::Write;

use clap::{Args, Command, FromArgMatches};
use console::tap::words::{self as tap, Amount, Format, Isolation, MaskMode, Typed, Words};
use events::calendar::Zone;
use events::manifest::Manifest;
use events::time::Timestamp;

use super::cli;
use crate::privacy;

/// Bytes a second that are read at most, unless something else is said.
const RATE: u64 = 64 << 20;

/// What was typed, with a saved tap's words behind it, and what it means.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) typed: cli::Tap,
    pub(super) words: Words,
    pub(super) zone: Zone,
    pub(super) rate: Option<u64>,
}

/// Makes words of what was typed.
///
/// # Errors
/// Says what is wrong.
pub(super) fn asked(typed: cli::Tap, manifest: &Manifest, is_terminal: bool, now: Timestamp) -> Result<Asked, String> {
    let typed = match typed.topics.strip_prefix('@') {
        Some(name) => {
            let saved = saved(name, manifest)?;
            typed.over(saved)
        }
        None => typed,
    };
    let rate = match typed.rate.as_deref() {
        None => Some(RATE),
        Some("max") => None,
        Some(text) => match tap::amount(text)? {
            Amount::Bytes(bytes) => Some(bytes),
            Amount::Records(_) => return Err(format!("--rate {text}: bytes with their unit, such as 8MiB, or max")),
        },
    };
    let question = question(&typed)?;
    let words = question.words(format(&typed, is_terminal)?, now).map_err(|error| error.to_string())?;
    let zone = question.zone().map_err(|error| error.to_string())?;
    Ok(Asked { typed, words, zone, rate })
}

/// What was typed, without where the output goes.
fn question(typed: &cli::Tap) -> Result<Typed, String> {
    Ok(Typed {
        topics: typed.topics.clone(),
        from: typed.from.clone(),
        to: typed.to.clone(),
        last: typed.last.clone(),
        at: typed.at.clone(),
        all: typed.all,
        during: typed.during.clone(),
        partition: typed.partition.clone(),
        follow: typed.follow,
        zone: typed.zone.clone(),
        key: typed.key.clone(),
        everywhere: typed.everywhere,
        event: typed.event.clone(),
        header: typed.header.clone(),
        trace: typed.trace.clone(),
        contains: typed.contains.clone(),
        condition: typed.condition.clone(),
        sample: typed.sample.clone(),
        limit: typed.limit,
        max_scan: typed.max_scan.clone(),
        time: typed.time.clone(),
        isolation: match typed.isolation {
            Some(cli::Isolation::Uncommitted) => Isolation::Uncommitted,
            Some(cli::Isolation::Committed) | None => Isolation::Committed,
        },
        columns: typed.columns.clone(),
        latest: typed.latest,
        by_time: typed.by_time,
        mask: match typed.mask {
            Some(cli::Mask::Redact) => MaskMode::Redact,
            Some(cli::Mask::Drop) => MaskMode::Drop,
            Some(cli::Mask::Hash) | None => MaskMode::Hash,
        },
        is_unmasked: privacy::is_unmasked(typed.unmask.as_deref())?,
        strict: typed.strict,
    })
}

/// The words of a saved tap.
fn saved(name: &str, manifest: &Manifest) -> Result<cli::Tap, String> {
    let saved = manifest.taps.get(name).ok_or_else(|| {
        let names: Vec<String> = manifest.taps.keys().map(|name| format!("@{name}")).collect();
        format!("there is no saved tap @{name}; there are {}", names.join(", "))
    })?;
    let command = cli::Tap::augment_args(Command::new("tap").no_binary_name(true));
    let parsed = command.try_get_matches_from(&saved.words).and_then(|matches| cli::Tap::from_arg_matches(&matches));
    parsed.map_err(|error| format!("the saved tap @{name}: {error}"))
}

fn format(typed: &cli::Tap, is_terminal: bool) -> Result<Format, String> {
    if typed.to_topic.is_some() {
        // Records are copied as they are.
        return Ok(Format::Ndjson);
    }
    if let Some(format) = typed.format {
        return Ok(match format {
            cli::Format::Pretty => Format::Pretty,
            cli::Format::Ndjson => Format::Ndjson,
            cli::Format::Values => Format::Values,
            cli::Format::Kcat => Format::Kcat,
            cli::Format::Csv => Format::Csv,
            cli::Format::Tsv => Format::Tsv,
            cli::Format::Parquet => Format::Parquet,
        });
    }
    match &typed.output {
        Some(path) => {
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            Format::of_ending(ending).ok_or_else(|| {
                format!("{}: its ending names no format (ndjson, csv, tsv, parquet, txt); say --format", path.display())
            })
        }
        None if is_terminal && typed.columns.is_none() => Ok(Format::Pretty),
        None => Ok(Format::Ndjson),
    }
}

/// What decides what an export has in it, as it was typed.
pub(super) fn digest(typed: &cli::Tap) -> String {
    let decisive = cli::Tap {
        rate: None,
        summary: None,
        quiet: false,
        expect: false,
        complete: false,
        output: None,
        resume: None,
        unmask: typed.unmask.as_ref().map(|_| String::new()),
        ..typed.clone()
    };
    format!("{decisive:?}")
}

/// What was asked, for whoever reads the audit topic.
pub(super) fn told(typed: &cli::Tap) -> Vec<String> {
    let mut told = vec![typed.topics.clone()];
    let mut say = |name: &str, value: Option<String>| told.extend(value.map(|value| format!("--{name} {value}")));
    say("from", typed.from.clone());
    say("to", typed.to.clone());
    say("last", typed.last.clone());
    say("at", typed.at.clone());
    say("all", typed.all.then(String::new));
    say("during", typed.during.clone());
    say("partition", typed.partition.clone());
    say("follow", typed.follow.then(String::new));
    typed.key.iter().for_each(|key| say("key", Some(key.clone())));
    typed.event.iter().for_each(|event| say("event", Some(event.clone())));
    typed.header.iter().for_each(|header| say("header", Some(header.clone())));
    say("trace", typed.trace.clone());
    say("contains", typed.contains.clone());
    say("where", typed.condition.clone());
    say("sample", typed.sample.clone());
    say("columns", typed.columns.clone());
    say("output", typed.output.as_ref().map(|path| path.display().to_string()));
    say("to-topic", typed.to_topic.clone());
    told.into_iter().map(|word| word.trim_end().to_owned()).collect()
}

/// A line on stderr. Nobody may be reading.
pub(super) fn tell(text: &str) {
    drop(writeln!(std::io::stderr(), "{text}"));
}

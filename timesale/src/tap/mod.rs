//! The verb `tap`: what was typed made into a tap, run until it ends or is interrupted, and its end turned into an exit code.

pub(crate) mod cli;
mod words;
#[cfg(test)]
mod tap_tests;

use std::cell::Cell;
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use console::tap::{CopyError, Ended, Reason, RunError, Tap, Target, audit};
use events::time::Timestamp;

use self::cli::Summary;
use self::words::Asked;
use crate::config::Config;
use crate::exit::Exit;
use crate::{complain, privacy, verbs};

/// Runs the verb. The first request to stop ends it with what was read told; the second at once.
pub(crate) async fn run(typed: cli::Tap, config: Config) -> Exit {
    let stop = Arc::new(AtomicBool::new(false));
    let of_run = Arc::clone(&stop);
    verbs::until_stopped(&stop, || tokio::task::spawn_blocking(move || tap(typed, &config, &of_run))).await
}

fn tap(typed: cli::Tap, config: &Config, stop: &AtomicBool) -> Exit {
    let manifest = match verbs::built_in_manifest() {
        Ok(manifest) => manifest,
        Err(exit) => return exit,
    };
    let is_terminal = std::io::stdout().is_terminal();
    let now = Timestamp::from_millis(streams::clock::now_ms());
    let asked = match words::asked(typed, &manifest, is_terminal, now) {
        Ok(asked) => asked,
        Err(error) => {
            complain(&error);
            return Exit::Usage;
        }
    };
    let Asked { typed, words, zone, rate } = asked;
    let record = privacy::audit_record(words::told(&typed), typed.unmask.as_deref().unwrap_or_default());
    let (is_unmasked, is_audited) = (words.is_unmasked, Cell::new(false));
    let resume = typed.resume.clone().map(|state| (state, words::digest(&typed)));
    let target = match (typed.to_topic.clone(), typed.output.clone()) {
        (Some(name), _) => Target::Topic { name, resume },
        (None, Some(path)) => Target::File { path, resume },
        (None, None) => Target::Stream(Box::new(std::io::stdout())),
    };
    let tap = Tap {
        cluster: &config.kafka,
        manifest: &manifest,
        words,
        user: privacy::user(),
        mask_key: privacy::mask_key(config),
        zone,
        has_colour: is_terminal && std::env::var_os("NO_COLOR").is_none_or(|text| text.is_empty()),
        rate,
        share: None,
        frames: None,
        spans: None,
        target,
        audit: &|| {
            if is_unmasked {
                audit::write(&config.kafka, &record)?;
                is_audited.set(true);
            }
            Ok(())
        },
        stop,
    };
    let ended = tap.run();
    if is_audited.get() {
        let coverage = ended.as_ref().ok().map(|ended| audit::covered(&ended.coverage));
        privacy::tell_end(audit::write(&config.kafka, &audit::ended(record, coverage)));
    }
    match ended {
        Ok(ended) => exit_of(&typed, &ended),
        Err(error) => failed(&error),
    }
}

/// Tells what was read, and what that means.
fn exit_of(typed: &cli::Tap, ended: &Ended) -> Exit {
    let coverage = &ended.coverage;
    if ended.is_closed {
        // Whoever has closed the pipe has read enough.
        return Exit::Fine;
    }
    if let Some(unreadable) = &ended.unreadable {
        complain(unreadable);
    }
    if !typed.quiet {
        match typed.summary {
            Some(Summary::Json) => match serde_json::to_string(coverage) {
                Ok(json) => words::tell(&json),
                Err(error) => complain(&error.to_string()),
            },
            Some(Summary::Text) | None => words::tell(&coverage.to_string()),
        }
    }
    let is_short = typed.complete && !coverage.complete;
    let is_empty = typed.expect && coverage.counts.matched == 0;
    match coverage.reason {
        Some(Reason::Unreadable) => Exit::Unreadable,
        Some(Reason::Interrupted) => Exit::Interrupted,
        _ if is_short || is_empty => Exit::Failed,
        _ => Exit::Fine,
    }
}

fn failed(error: &RunError) -> Exit {
    complain(&error.to_string());
    match error {
        RunError::Usage(_) | RunError::Resume(_) => Exit::Usage,
        RunError::Copy(CopyError::Partitions { .. } | CopyError::Anew(_)) => Exit::Usage,
        RunError::Tap(_) | RunError::Audit(_) => Exit::Unavailable,
        RunError::Copy(CopyError::Tap(_) | CopyError::Read(_) | CopyError::Open(_)) => Exit::Unavailable,
        RunError::Output(_) | RunError::Parquet(_) | RunError::Copy(_) => Exit::Failed,
        RunError::Stopped => Exit::Interrupted,
        RunError::Worker => Exit::Internal,
    }
}

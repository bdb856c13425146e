//! The verb `tap`: what was typed made into a tap, run until it ends or is interrupted, and its end turned into an exit code.

pub(crate) mod cli;
mod words;
#[cfg(test)]
mod tap_tests;

use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use console::tap::{Ended, MaskKey, Reason, RunError, Tap, Target, audit};
use events::audit::AuditRecord;
use events::manifest::Manifest;
use events::time::Timestamp;

use self::cli::Summary;
use self::words::Asked;
use crate::complain;
use crate::config::Config;
use crate::exit::Exit;
use crate::signals::{StopRequests, StopWithStdin};

/// Runs the verb. The first request to stop ends it with what was read told; the second at once.
pub(crate) async fn run(typed: cli::Tap, config: Config) -> Exit {
    let stop = Arc::new(AtomicBool::new(false));
    let mut requests = match StopRequests::listen(StopWithStdin::No) {
        Ok(requests) => requests,
        Err(error) => {
            complain(&error.to_string());
            return Exit::Internal;
        }
    };
    let of_run = Arc::clone(&stop);
    let mut running = tokio::task::spawn_blocking(move || tap(typed, &config, &of_run));
    loop {
        tokio::select! {
            ended = &mut running => return ended.unwrap_or_else(|error| {
                complain(&error.to_string());
                Exit::Internal
            }),
            _ = requests.next() => {
                if stop.swap(true, Ordering::Relaxed) {
                    return Exit::Interrupted;
                }
            }
        }
    }
}

fn tap(typed: cli::Tap, config: &Config, stop: &AtomicBool) -> Exit {
    let manifest = match Manifest::embedded() {
        Ok(manifest) => manifest,
        Err(error) => {
            complain(&error.to_string());
            return Exit::Internal;
        }
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
    let user = user();
    let reason = typed.unmask.clone().unwrap_or_default();
    let record = AuditRecord { at: now, who: user.clone(), words: words::told(&typed), reason };
    let target = match typed.output.clone() {
        None => Target::Stream(Box::new(std::io::stdout())),
        Some(path) => Target::File { path, resume: typed.resume.clone().map(|state| (state, words::digest(&typed))) },
    };
    let tap = Tap {
        cluster: &config.kafka,
        manifest: &manifest,
        words,
        user,
        mask_key: config.jwt_secrets.first().map(|secret| MaskKey::of_secret(secret.expose())),
        zone,
        has_colour: is_terminal && std::env::var_os("NO_COLOR").is_none_or(|text| text.is_empty()),
        rate,
        target,
        audit: &|| audit::write(&config.kafka, &record),
        stop,
    };
    match tap.run() {
        Ok(ended) => exit_of(&typed, &ended),
        Err(error) => failed(&error),
    }
}

/// Who runs this: the name in the environment, else the number of the user.
fn user() -> String {
    let named = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()));
    let number = || std::fs::metadata("/proc/self").map(|process| format!("uid-{}", process.uid()));
    named.or_else(|| number().ok()).unwrap_or_else(|| "unknown".to_owned())
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
        RunError::Tap(_) | RunError::Audit(_) => Exit::Unavailable,
        RunError::Output(_) | RunError::Parquet(_) => Exit::Failed,
        RunError::Worker => Exit::Internal,
    }
}

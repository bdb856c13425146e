//! The one binary. Its life: read the command line, start logging, read the configuration without touching anything, hand the
//! verb to the room that knows it, end with a code that means something.

mod admin;
mod applications;
mod cli;
#[cfg(test)]
mod cli_tests;
#[cfg(test)]
mod share_tests;
mod cluster_watch;
mod config;
mod dead_letters;
mod exit;
mod health;
mod lag;
mod partitions;
mod parts;
mod prices;
mod privacy;
mod role_metrics;
mod serve;
mod settle;
mod signals;
mod story;
mod tap;
mod telemetry;
mod topics;
#[cfg(feature = "loadtest")]
mod test_tools;
mod verbs;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Verb};
use crate::config::{Mode, ProcessEnvironment};
use crate::exit::Exit;

/// Returns memory to the system sooner and fragments less than the system's allocator under many threads.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let Cli { common, verb } = Cli::parse();
    if let Err(error) = telemetry::install(common.log_format, &common.log) {
        complain(&error);
        return Exit::Configuration.into();
    }
    let mode = if common.dev { Mode::Development } else { Mode::Production };
    let config = match config::load(common.config.as_deref(), &ProcessEnvironment, mode) {
        Ok(config) => config,
        Err(error) => {
            complain(&error.to_string());
            return Exit::Configuration.into();
        }
    };
    if common.check_config {
        return say(&config.describe()).into();
    }
    match verb {
        Verb::Health => verbs::health(&config),
        verb => on_runtime(verbs::run(verb, config)),
    }
    .into()
}

/// Runs a verb on the async runtime. What still runs when the verb has ended is left behind, not waited for.
fn on_runtime(verb: impl Future<Output = Exit>) -> Exit {
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            let exit = runtime.block_on(verb);
            runtime.shutdown_background();
            exit
        }
        Err(error) => {
            tracing::error!(%error, "no async runtime");
            Exit::Internal
        }
    }
}

/// One line for people on stderr, where logging cannot be relied on yet. Nobody may be reading.
fn complain(text: &str) {
    drop(writeln!(std::io::stderr(), "timesale: {text}"));
}

/// The result of a verb on stdout.
fn say(text: &str) -> Exit {
    match writeln!(std::io::stdout(), "{}", text.trim_end()) {
        // Whoever has closed the pipe has read enough.
        Ok(()) => Exit::Fine,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Exit::Fine,
        Err(_) => Exit::Failed,
    }
}

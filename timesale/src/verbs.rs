//! Verbs that run once and end: each handed to the room that knows it, its result turned into an exit code.

use crate::cli::{Serve, Verb};
use crate::config::Config;
use crate::exit::Exit;
use crate::signals::StopWithStdin;

/// Runs a verb.
pub(crate) async fn run(verb: Verb, config: Config) -> Exit {
    match verb {
        Verb::Serve(Serve { role, stop_with_stdin }) => {
            let stop_with_stdin = if stop_with_stdin { StopWithStdin::Yes } else { StopWithStdin::No };
            crate::serve::serve(role, config, stop_with_stdin).await
        }
        _ => Exit::Failed,
    }
}

/// Asks the local role whether it is ready.
pub(crate) fn health(config: &Config) -> Exit {
    match crate::health::is_ready(config.admin) {
        Ok(true) => Exit::Fine,
        Ok(false) => Exit::Failed,
        Err(error) => {
            tracing::error!(address = %config.admin, %error, "nobody answers");
            Exit::Failed
        }
    }
}

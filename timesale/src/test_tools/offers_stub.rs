//! The stand-in for an external price server, until shutdown.

use stubs::BindScope;
use stubs::offers::{Config, Error, bind};

use super::cli::OffersStub;
use super::stub;
use crate::exit::Exit;
use crate::signals::StopWithStdin;

/// Runs a stub.
pub(crate) async fn run(how: OffersStub) -> Exit {
    let stop_with_stdin = if how.stop_with_stdin { StopWithStdin::Yes } else { StopWithStdin::No };
    let stop = match stub::listen(stop_with_stdin) {
        Ok(stop) => stop,
        Err(exit) => return exit,
    };
    let scope = if how.exposed { BindScope::Network } else { BindScope::Loopback };
    let bound = match bind(Config { listen: how.listen, scope }).await {
        Ok(bound) => bound,
        Err(error) => {
            tracing::error!(%error, "the stub cannot start");
            return match error {
                Error::Exposed(_) => Exit::Configuration,
                Error::Listen { .. } => Exit::Unavailable,
            };
        }
    };
    tracing::info!(address = %bound.address, "the stand-in for an external price server runs");
    stub::until_stopped(stop, |shutdown| bound.serve(shutdown)).await
}

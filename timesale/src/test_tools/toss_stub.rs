//! The stand-in for the payment provider, until shutdown.

use stubs::BindScope;
use stubs::toss::{Config as StubConfig, Error, bind};
use web::secret_key::SecretKey;

use super::cli::TossStub;
use super::stub;
use crate::config::Config;
use crate::exit::Exit;
use crate::signals::StopWithStdin;

/// Runs a stub. It takes the key that the connector uses, or the one that everybody knows.
pub(crate) async fn run(how: TossStub, config: Config) -> Exit {
    let stop_with_stdin = if how.stop_with_stdin { StopWithStdin::Yes } else { StopWithStdin::No };
    let stop = match stub::listen(stop_with_stdin) {
        Ok(stop) => stop,
        Err(exit) => return exit,
    };
    let key = match SecretKey::new(config.provider_key()) {
        Ok(key) => key,
        Err(error) => {
            tracing::error!(%error, "the provider's key");
            return Exit::Configuration;
        }
    };
    let (listen, data, webhook_url) = (how.listen, how.data, how.webhook);
    let scope = if how.exposed { BindScope::Network } else { BindScope::Loopback };
    let stub = StubConfig { listen, scope, data, key, webhook_url, webhook_minute_ms: how.webhook_minute };
    let bound = match bind(&stub).await {
        Ok(bound) => bound,
        Err(error) => {
            tracing::error!(%error, "the stub cannot start");
            return match error {
                Error::Exposed(_) | Error::Webhooks(_) => Exit::Configuration,
                Error::Listen { .. } | Error::Wal { .. } => Exit::Unavailable,
            };
        }
    };
    tracing::info!(address = %bound.address, "the stand-in for the payment provider runs; no money moves");
    stub::until_stopped(stop, |shutdown| bound.serve(shutdown)).await
}

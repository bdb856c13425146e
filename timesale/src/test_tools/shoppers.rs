//! The verb `shoppers`: a steady load until a request to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use loadtest::steady::{self, Steady};
use web::jwt::TokenIssuer;

use super::cli::Shoppers;
use super::stub;
use crate::config::Config;
use crate::exit::Exit;
use crate::signals::StopWithStdin;
use crate::{complain, say};

/// Runs it: one JSON object as the last line on stdout says what it came to.
pub(crate) async fn run(how: Shoppers, config: Config) -> Exit {
    let Some(secret) = config.jwt_secrets.first() else {
        complain("no token secret: set TIMESALE_JWT_SECRET or TIMESALE_JWT_SECRET_FILE, or use --dev");
        return Exit::Configuration;
    };
    if !(0.1..=10_000.0).contains(&how.rate) {
        complain(&format!("--rate {}: claims a second, 0.1 to 10000", how.rate));
        return Exit::Configuration;
    }
    let load = Steady {
        base_url: how.base_url,
        rate: how.rate,
        order_every: how.order_every,
        give_up_after: Duration::from_secs(how.give_up_after),
        client_log: how.client_log,
    };
    let mut requests = match stub::listen(StopWithStdin::No) {
        Ok(requests) => requests,
        Err(exit) => return exit,
    };
    let (issuer, stop) = (TokenIssuer::new(secret.expose()), Arc::new(AtomicBool::new(false)));
    let stopping = Arc::clone(&stop);
    let running = tokio::task::spawn_blocking(move || {
        steady::run(&load, &issuer, &stopping, || complain("the campaign is open, and shoppers come"))
    });
    tokio::pin!(running);
    let ended = tokio::select! {
        ended = &mut running => ended,
        _ = requests.next() => {
            stop.store(true, Ordering::Relaxed);
            running.await
        }
    };
    match ended {
        Ok(Ok(came)) => match serde_json::to_string(&came) {
            Ok(json) => say(&json),
            Err(error) => {
                complain(&error.to_string());
                Exit::Internal
            }
        },
        Ok(Err(error)) => {
            complain(&format!("{error:#}"));
            Exit::Unavailable
        }
        Err(error) => {
            complain(&error.to_string());
            Exit::Internal
        }
    }
}

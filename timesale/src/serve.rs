//! Runs roles: starts them, waits for a request to stop, drains with a deadline, ends with an exit code.

use std::time::{Duration, Instant};

use prometheus::Registry;
use streams::service::{Condition, Health, shutdown};
use tokio::task::JoinSet;

use crate::admin::Admin;
use crate::cli::Role;
use crate::config::Config;
use crate::exit::Exit;
use crate::parts::{self, Ended, PartError};
use crate::role_metrics;
use crate::signals::{StopRequests, StopWithStdin};

/// How long the work in hand may take to end after the request to stop.
const DRAIN_DEADLINE: Duration = Duration::from_secs(10);

/// Signals so close together are one request.
const SAME_REQUEST: Duration = Duration::from_millis(500);

/// How long a process that has failed can still be looked at before it ends: longer than between two scrapes, or its metrics would hardly
/// ever show what failed. What else it does goes on meanwhile.
const SEEN_FAILED: Duration = Duration::from_secs(6);

/// Runs a role until a request to stop, or until it cannot go on.
pub(crate) async fn serve(role: Role, config: Config, stop_with_stdin: StopWithStdin) -> Exit {
    let mut stop = match StopRequests::listen(stop_with_stdin) {
        Ok(stop) => stop,
        Err(error) => {
            tracing::error!(%error, "signals cannot be listened to");
            return Exit::Internal;
        }
    };
    let admin = match Admin::bind(config.admin).await {
        Ok(admin) => admin,
        Err(error) => {
            tracing::error!(address = %config.admin, %error, "the admin address cannot be bound");
            return Exit::Unavailable;
        }
    };
    let (handle, shutdown) = shutdown();
    let health = Health::default();
    let registry = Registry::new();
    if let Err(error) = role_metrics::register(&registry, &health) {
        tracing::error!(%error, "the metrics of the process cannot be made");
        return Exit::Internal;
    }
    tracing::info!(?role, admin = %admin.address, version = env!("CARGO_PKG_VERSION"), "starting");

    // The probes answer from the first moment to the last: they have a stop of their own.
    let (admin_handle, admin_shutdown) = streams::service::shutdown();
    let admin = tokio::spawn(admin.serve(health.clone(), registry.clone(), admin_shutdown));

    let mut parts = parts::start(role, config, &health, &registry, &shutdown);
    let mut exit = Exit::Fine;
    tokio::select! {
        signal = stop.next() => tracing::info!(signal, "stopping: the work in hand is finished first"),
        ended = parts.join_next() => exit = judge(ended, &health),
        failed = failure(&health) => {
            tracing::error!(part = failed, "has failed and does not come back by itself: this process ends, so that another takes over");
            exit = Exit::Internal;
            tokio::select! {
                () = tokio::time::sleep(SEEN_FAILED) => {}
                signal = stop.next() => tracing::info!(signal, "stopping"),
            }
        }
    }
    handle.request();
    let drained = tokio::select! {
        drained = tokio::time::timeout(DRAIN_DEADLINE, drain(&mut parts, &health)) => drained,
        signal = stopped_again(&mut stop) => {
            tracing::warn!(signal, "asked twice to stop: stopping at once");
            return Exit::Interrupted;
        }
    };
    match drained {
        Ok(Exit::Fine) => {}
        Ok(worse) if exit == Exit::Fine => exit = worse,
        Ok(_) => {}
        Err(_) => {
            tracing::error!(seconds = DRAIN_DEADLINE.as_secs(), "the work in hand did not end within the deadline");
            exit = Exit::DrainDeadline;
        }
    }
    admin_handle.request();
    // A reader of the probes has a moment to finish.
    drop(tokio::time::timeout(Duration::from_millis(200), admin).await);
    tracing::info!(code = exit.number(), "stopped");
    exit
}

/// Waits for another request to stop. What comes within a moment is the same request: supervisors like to tell a process and
/// then its whole group.
async fn stopped_again(stop: &mut StopRequests) -> &'static str {
    let first = Instant::now();
    loop {
        let signal = stop.next().await;
        if first.elapsed() > SAME_REQUEST {
            return signal;
        }
    }
}

/// What the end of a part means for the process; a part that ends unasked takes the others with it.
fn judge(ended: Option<Result<Ended, tokio::task::JoinError>>, health: &Health) -> Exit {
    match ended {
        None => Exit::Fine,
        Some(Ok((part, Ok(())))) => {
            tracing::info!(part, "ended");
            Exit::Fine
        }
        Some(Ok((part, Err(error)))) => {
            health.set(part, Condition::Failed(error.to_string()));
            tracing::error!(part, %error, "cannot go on");
            match error {
                PartError::Unavailable(_) => Exit::Unavailable,
                PartError::DrainDeadline(_) => Exit::DrainDeadline,
                PartError::Internal(_) => Exit::Internal,
            }
        }
        Some(Err(error)) => {
            tracing::error!(%error, "a part was torn down");
            Exit::Internal
        }
    }
}

/// Waits until a part has failed for good. A process that no longer does its work must not stay and look alive.
async fn failure(health: &Health) -> String {
    loop {
        let failed = health.parts().into_iter().find(|(_, condition)| matches!(condition, Condition::Failed(_)));
        if let Some((part, condition)) = failed {
            return format!("{part}: {condition:?}");
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

async fn drain(parts: &mut JoinSet<Ended>, health: &Health) -> Exit {
    let mut worst = Exit::Fine;
    while let Some(ended) = parts.join_next().await {
        let exit = judge(Some(ended), health);
        if worst == Exit::Fine {
            worst = exit;
        }
    }
    worst
}

#[cfg(test)]
mod tests {
    use super::SEEN_FAILED;

    #[test]
    fn what_has_failed_can_be_seen_by_the_next_scrape() {
        let config = include_str!("../../ops/prometheus/prometheus.yml");
        let interval = config.lines().find_map(|line| line.trim().strip_prefix("scrape_interval: ")).unwrap();
        let seconds: u64 = interval.strip_suffix('s').unwrap().parse().unwrap();
        assert!(SEEN_FAILED.as_secs() > seconds, "scraped every {interval}");
    }
}

//! One destination's loop: a session opens the destination and the feed, claims what it is assigned, writes batches; when
//! positions are gone or older, a partition is fenced or the feed ends, it begins a new session. It ends only on shutdown.
//!
//! Not here: what a row is, how it is written. Relies on: a destination whose `apply` may be called again with the same batch.

mod partition_state;
mod read_ahead;
mod session;

use std::time::Duration;

use streams::backoff::Backoff;
use streams::feed::{FeedError, FeedSource};
use streams::service::{Condition, Shutdown};

use crate::config::Config;
use crate::destination::{Destination, SinkError};
use crate::monitor::Monitor;
use session::{End, Session};

#[cfg(test)]
mod tests;

/// How long a position outside the log is waited on before it is looked at again: a person has to decide meanwhile.
const DECISION_PAUSE: Duration = Duration::from_secs(10);

/// The pauses of a destination that is down.
fn backoff() -> Backoff {
    Backoff::half_jitter(Duration::from_millis(50), Duration::from_secs(2))
}

/// How much is written in one go, and how long it may wait for more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Most records.
    pub(crate) records: usize,
    /// Longest wait.
    pub(crate) linger: Duration,
}

impl Pace {
    pub(crate) fn of(config: &Config) -> Self {
        Self { records: config.batch_records, linger: Duration::from_millis(config.linger_ms) }
    }
}

/// Works until shutdown.
pub(crate) async fn run<D: Destination, F: FeedSource>(
    mut destination: D,
    mut open_feed: impl FnMut() -> Result<F, FeedError> + Send,
    pace: Pace,
    mut monitor: Monitor,
    mut shutdown: Shutdown,
) {
    let mut backoff = backoff();
    while !shutdown.is_requested() {
        let end = match open(&mut destination, &mut monitor, &mut shutdown).await {
            Err(end) => end,
            Ok(()) => match open_feed() {
                Err(error) => End::of(&error),
                Ok(feed) => {
                    monitor.began_session();
                    let session = Session::new(&mut destination, feed, pace, &mut monitor, shutdown.clone());
                    let (end, has_written) = session.run().await;
                    if has_written {
                        backoff.reset();
                    }
                    end
                }
            },
        };
        let (reason, pause) = match end {
            End::Stopped => return,
            End::Again(reason) => (reason, backoff.pause()),
            End::Undecided(reason) => (reason, DECISION_PAUSE),
        };
        monitor.set(Condition::Degraded(reason));
        wait(pause, &mut shutdown).await;
    }
}

async fn open<D: Destination>(destination: &mut D, monitor: &mut Monitor, shutdown: &mut Shutdown) -> Result<(), End> {
    let mut backoff = backoff();
    loop {
        match destination.open().await {
            Ok(()) => return Ok(()),
            Err(SinkError::Again(_)) => {}
            Err(SinkError::Wait(reason) | SinkError::Fenced(reason) | SinkError::Lost(reason)) => {
                monitor.set(Condition::Degraded(reason));
                monitor.retried();
            }
        }
        wait(backoff.pause(), shutdown).await;
        if shutdown.is_requested() {
            return Err(End::Stopped);
        }
    }
}

/// Waits, but not beyond the request to stop.
async fn wait(pause: Duration, shutdown: &mut Shutdown) {
    tokio::select! {
        () = tokio::time::sleep(pause) => {}
        () = shutdown.requested() => {}
    }
}

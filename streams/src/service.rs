//! Shutdown and health of a service, whatever runs in it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

/// Asks everything that holds a [`Shutdown`] to stop.
#[derive(Debug)]
pub struct ShutdownHandle(watch::Sender<bool>);

/// Shows whether to stop. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Receiver<bool>);

/// A shutdown signal and the handle that requests it. Dropping the handle requests it too.
#[must_use]
pub fn shutdown() -> (ShutdownHandle, Shutdown) {
    let (sender, receiver) = watch::channel(false);
    (ShutdownHandle(sender), Shutdown(receiver))
}

impl ShutdownHandle {
    /// Asks to stop.
    pub fn request(&self) {
        self.0.send_replace(true);
    }
}

impl Shutdown {
    /// Whether it is time to stop; for loops on plain threads.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Returns when it is time to stop; for async code.
    pub async fn requested(&mut self) {
        // An error means that the handle is gone, which is a request too.
        drop(self.0.wait_for(|requested| *requested).await);
    }
}

/// The condition of one part of a service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Condition {
    /// Not ready yet: joining, restoring, catching up.
    Starting(String),
    /// Working.
    Ready,
    /// Able to work, but not fully: the reason names what is missing.
    Degraded(String),
    /// It has stopped and will not start again by itself: the process should be replaced.
    Failed(String),
}

impl Condition {
    /// The names of all conditions, as [`Condition::name`] gives them.
    pub const NAMES: [&'static str; 4] = ["starting", "ready", "degraded", "failed"];

    /// Its name, for metrics and probes.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Starting(_) => "starting",
            Self::Ready => "ready",
            Self::Degraded(_) => "degraded",
            Self::Failed(_) => "failed",
        }
    }

    /// Why it is not ready.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Ready => None,
            Self::Starting(reason) | Self::Degraded(reason) | Self::Failed(reason) => Some(reason),
        }
    }
}

/// The conditions of a service's parts, by name. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<Mutex<BTreeMap<String, Condition>>>);

impl Health {
    /// Sets the condition of a part.
    pub fn set(&self, part: &str, condition: Condition) {
        let mut parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        parts.insert(part.to_owned(), condition);
    }

    /// The condition of every part.
    #[must_use]
    pub fn parts(&self) -> BTreeMap<String, Condition> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the service is ready: it has parts, and none is starting or has failed.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        !parts.is_empty() && parts.values().all(|part| matches!(part, Condition::Ready | Condition::Degraded(_)))
    }

    /// Whether nothing has failed: if not, the process should be replaced.
    #[must_use]
    pub fn is_live(&self) -> bool {
        let parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        !parts.values().any(|part| matches!(part, Condition::Failed(_)))
    }
}

/// Judges by the answers to regular questions whether an outside service is there. Whoever only uses it cannot tell: one that hangs refuses
/// nothing, and whoever has nothing to ask hears nothing.
#[derive(Debug)]
pub struct Answering {
    service: &'static str,
    answered: Instant,
    is_silent: bool,
}

impl Answering {
    /// How often it is asked while it answers.
    const ASK_EVERY: Duration = Duration::from_secs(1);
    /// The least pause between two questions.
    const LEAST_PAUSE: Duration = Duration::from_millis(100);
    /// How long an answer may take. With this and the pauses a service that has died counts as silent after 4.2 seconds at most.
    pub const ANSWER_WITHIN: Duration = Duration::from_millis(1_500);
    /// After this time without an answer it counts as silent.
    const SILENT_AFTER: Duration = Duration::from_secs(3);

    /// A service that is asked from now on.
    #[must_use]
    pub fn new(service: &'static str, now: Instant) -> Self {
        Self { service, answered: now, is_silent: false }
    }

    /// How long to wait after a question that took so long.
    #[must_use]
    pub fn pause(took: Duration) -> Duration {
        Self::ASK_EVERY.saturating_sub(took).max(Self::LEAST_PAUSE)
    }

    /// An answer, or why there was none. Returns what is to be shown: nothing while it is too early to tell, else that it answers, or for how
    /// long it has not. The log has a line when that changes.
    pub fn judge(&mut self, asked: Result<(), String>, now: Instant) -> Option<Result<(), String>> {
        let service = self.service;
        match asked {
            Ok(()) => {
                if self.is_silent {
                    tracing::info!(service, "answers again");
                }
                (self.answered, self.is_silent) = (now, false);
                Some(Ok(()))
            }
            Err(reason) => {
                let silence = now.saturating_duration_since(self.answered);
                if silence < Self::SILENT_AFTER {
                    return None;
                }
                if !self.is_silent {
                    tracing::warn!(service, reason, "does not answer");
                }
                self.is_silent = true;
                Some(Err(format!("has not answered for {} s: {reason}", silence.as_secs())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_silent_after_three_seconds_and_not_before() {
        let began = Instant::now();
        let at = |seconds: u64| began + Duration::from_secs(seconds);
        let mut answering = Answering::new("postgres", began);
        let failed = || Err("refused".to_owned());
        assert_eq!(answering.judge(failed(), at(2)), None);
        assert_eq!(answering.judge(Ok(()), at(3)), Some(Ok(())));
        assert_eq!(answering.judge(failed(), at(5)), None);
        let silent = |seconds| Some(Err(format!("has not answered for {seconds} s: refused")));
        assert_eq!(answering.judge(failed(), at(6)), silent(3));
        assert_eq!(answering.judge(failed(), at(90)), silent(87));
        assert_eq!(answering.judge(Ok(()), at(91)), Some(Ok(())));
        assert_eq!(answering.judge(failed(), at(92)), None);
    }

    #[test]
    fn a_service_that_has_died_is_silent_before_five_seconds_are_over() {
        let ms = Duration::from_millis;
        // It died right after an answer; the next questions take as long as they may.
        let began = Instant::now();
        let (mut now, mut answering) = (began + Answering::pause(ms(0)), Answering::new("kafka", began));
        loop {
            now += Answering::ANSWER_WITHIN;
            if answering.judge(Err("refused".to_owned()), now).is_some() {
                break;
            }
            now += Answering::pause(Answering::ANSWER_WITHIN);
        }
        assert!(now.duration_since(began) < Duration::from_secs(5), "{:?}", now.duration_since(began));
    }
}

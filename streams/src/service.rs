//! Shutdown and health of a service, whatever runs in it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

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

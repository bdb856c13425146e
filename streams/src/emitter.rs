//! Writing single records with an acknowledgement each. Not transactional.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::record::Outgoing;

/// Writes single records to topics.
pub trait Emitter: Send + Sync {
    /// Queues a record and returns at once. The [`Delivery`] resolves when every in-sync replica has the record.
    ///
    /// # Errors
    /// [`EmitError::Full`] when the queue has no room: nothing was or will be written.
    fn emit(&self, outgoing: Outgoing) -> Result<Delivery, EmitError>;

    /// How full the queue is: 0 is empty, 1 is full.
    fn pressure(&self) -> f64;
}

/// Resolves when a record's outcome is known.
#[derive(Debug)]
pub struct Delivery(oneshot::Receiver<Result<Placed, EmitError>>);

/// Resolves a [`Delivery`] with the record's outcome.
#[derive(Debug)]
pub struct Acknowledger(oneshot::Sender<Result<Placed, EmitError>>);

/// Where a record was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placed {
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
}

/// Why a record may not be in the log.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EmitError {
    /// The queue is full: nothing was written.
    #[error("the producer queue is full")]
    Full,
    /// Nothing was written, and the same record will never be: too large, no such topic, not allowed.
    #[error("refused: {0}")]
    Refused(String),
    /// It may or may not be in the log.
    #[error("outcome unknown: {0}")]
    Unknown(String),
}

/// The same record will never be in the log, for this reason.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("refused: {0}")]
pub struct Refused(pub String);

/// A delivery and its acknowledger.
#[must_use]
pub fn delivery() -> (Acknowledger, Delivery) {
    let (sender, receiver) = oneshot::channel();
    (Acknowledger(sender), Delivery(receiver))
}

/// Emits a record until it is durable; what may be in the log already is emitted again, so a reader may see it twice. After each
/// failure it waits for as long as `pause` returns. There is no limit to the time it takes: drop the future to end it.
///
/// # Errors
/// [`Refused`].
pub async fn emit_until_durable(
    emitter: &dyn Emitter,
    outgoing: Outgoing,
    mut pause: impl FnMut(&EmitError) -> Duration,
) -> Result<(), Refused> {
    loop {
        let outcome = match emitter.emit(outgoing.clone()) {
            Ok(delivery) => delivery.await.map(drop),
            Err(error) => Err(error),
        };
        match outcome {
            Ok(()) => return Ok(()),
            Err(EmitError::Refused(reason)) => return Err(Refused(reason)),
            Err(error @ (EmitError::Full | EmitError::Unknown(_))) => tokio::time::sleep(pause(&error)).await,
        }
    }
}

impl Acknowledger {
    /// States the record's outcome. The delivery may have been dropped.
    pub fn resolve(self, outcome: Result<Placed, EmitError>) {
        drop(self.0.send(outcome));
    }
}

impl Future for Delivery {
    type Output = Result<Placed, EmitError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0)
            .poll(context)
            .map(|outcome| outcome.unwrap_or_else(|_| Err(EmitError::Unknown("the producer went away".into()))))
    }
}

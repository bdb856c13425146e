//! A writer that tells when a record is durable: what ingress puts requests into the log with. Not transactional: one record,
//! one acknowledgement.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use crate::record::Outgoing;

/// Puts single records into the log.
pub trait Emitter: Send + Sync {
    /// Hands a record over and returns at once. The [`Delivery`] resolves when every in-sync replica has the record.
    ///
    /// # Errors
    /// [`EmitError::Full`] when the queue has no room: nothing was or will be written.
    fn emit(&self, outgoing: Outgoing) -> Result<Delivery, EmitError>;

    /// How full the queue is: 0 is empty, 1 is full.
    fn pressure(&self) -> f64;
}

/// Resolves when a record's fate is known.
#[derive(Debug)]
pub struct Delivery(oneshot::Receiver<Result<Placed, EmitError>>);

/// Tells a [`Delivery`] the record's fate.
#[derive(Debug)]
pub struct Acknowledger(oneshot::Sender<Result<Placed, EmitError>>);

/// Where a record is.
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

/// A delivery and its acknowledger.
#[must_use]
pub fn delivery() -> (Acknowledger, Delivery) {
    let (sender, receiver) = oneshot::channel();
    (Acknowledger(sender), Delivery(receiver))
}

impl Acknowledger {
    /// States the record's fate. Nobody may be listening any more.
    pub fn resolve(self, fate: Result<Placed, EmitError>) {
        drop(self.0.send(fate));
    }
}

impl Future for Delivery {
    type Output = Result<Placed, EmitError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0)
            .poll(context)
            .map(|fate| fate.unwrap_or_else(|_| Err(EmitError::Unknown("the producer went away".into()))))
    }
}

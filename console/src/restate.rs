//! `timesale prices restate`: what every product costs with us, published to the prices processor once more, as
//! inventory has stated it. Inventory publishes it with each definition; this is for products defined before there was a prices processor.
//!
//! It can be called at any time, again, and while the shop runs: each command carries the version of its definition, and prices
//! pass over a version that they know already or that is older. A definition that comes meanwhile is newer, wherever in the inbox it
//! stands. Nothing here decides: what a fact says a product costs is [`PriceCommand::own_price`], which inventory uses too.

use std::collections::BTreeMap;
use std::time::Duration;

use events::codec::{self, DecodeError};
use events::envelope::Envelope;
use events::ids::Sku;
use events::inventory::InventoryEvent;
use events::prices::PriceCommand;
use events::topics::{INVENTORY_EVENTS, PRICES_INBOX};
use futures_util::{StreamExt, TryStreamExt, stream};
use streams::emitter::{EmitError, Emitter, Refused, emit_until_durable};
use streams::kafka::{ClusterConfig, ReadError, TopicReader};
use streams::record::Outgoing;
use tokio::time::timeout;

/// Most commands that wait for their acknowledgement.
const MOST_IN_FLIGHT: usize = 512;
/// How long one may take to be in the log, however often it is written.
const DEADLINE: Duration = Duration::from_secs(60);
/// The pause before one is written again.
const PAUSE: Duration = Duration::from_millis(50);

/// The newest definition of each product, as the command that it becomes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Definitions {
    newest: BTreeMap<Sku, (u64, PriceCommand)>,
    /// Facts that nobody can read.
    pub unreadable: u64,
}

/// Why not everything was published. What was published does no damage, and is published again next time.
#[derive(Debug, thiserror::Error)]
pub enum RestateError {
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A fact was written by a newer version of this program, which may know more of what a product costs.
    #[error("a fact: {0}")]
    Newer(DecodeError),
    /// A command cannot be written, or its outcome was not known in time.
    #[error("a command: {0}")]
    Emit(#[from] EmitError),
    /// A command has no form. Never in practice.
    #[error("a command cannot be encoded: {0}")]
    Encoding(#[from] serde_json::Error),
}

impl Definitions {
    /// Takes in a fact. The newest definition stays, in whatever order they come.
    pub fn take(&mut self, event: &InventoryEvent) {
        let Some(command) = PriceCommand::own_price(event) else { return };
        let known = self.newest.get(&event.sku);
        if known.is_none_or(|(version, _)| *version < event.version) {
            self.newest.insert(event.sku.clone(), (event.version, command));
        }
    }

    /// One command a product, in order of their ids.
    pub fn commands(&self) -> impl Iterator<Item = &PriceCommand> {
        self.newest.values().map(|(_, command)| command)
    }
}

/// Reads every definition there is. Blocks; not for an async worker thread.
///
/// # Errors
/// [`RestateError::Read`], [`RestateError::Newer`].
pub fn read(cluster: &ClusterConfig) -> Result<Definitions, RestateError> {
    let mut definitions = Definitions::default();
    for record in TopicReader::open(cluster, INVENTORY_EVENTS.name())? {
        let record = record?;
        let envelope = Envelope::from_headers(record.header_pairs());
        match codec::decode::<InventoryEvent>(record.value.as_deref(), &envelope) {
            Ok(event) => definitions.take(&event),
            Err(error @ DecodeError::Newer { .. }) => return Err(RestateError::Newer(error)),
            Err(DecodeError::Unmarked(_) | DecodeError::Garbage(_)) => definitions.unreadable += 1,
        }
    }
    Ok(definitions)
}

/// Publishes the commands, and returns how many products there were once everything is in the log.
///
/// # Errors
/// [`RestateError::Emit`].
pub async fn publish(definitions: &Definitions, emitter: &dyn Emitter) -> Result<u64, RestateError> {
    publish_within(DEADLINE, definitions, emitter).await
}

async fn publish_within(
    deadline: Duration,
    definitions: &Definitions,
    emitter: &dyn Emitter,
) -> Result<u64, RestateError> {
    let publish = |command| async move { write(outgoing(command)?, emitter, deadline).await };
    let published = stream::iter(definitions.commands()).map(publish);
    published.buffer_unordered(MOST_IN_FLIGHT).try_fold(0, |count, ()| async move { Ok(count + 1) }).await
}

fn outgoing(command: &PriceCommand) -> Result<Outgoing, RestateError> {
    let (value, envelope) = codec::encode(command, &Envelope::default())?;
    Ok(Outgoing {
        topic: PRICES_INBOX.name().into(),
        partition: None,
        key: Some(command.sku().as_str().as_bytes().to_vec().into()),
        value: Some(value.into()),
        headers: envelope.to_headers(),
    })
}

/// What may be in the log is written again: a repeat says the same. At the deadline the last failure is the error.
async fn write(outgoing: Outgoing, emitter: &dyn Emitter, deadline: Duration) -> Result<(), RestateError> {
    let mut failure = None;
    let pause = |error: &EmitError| {
        failure = Some(error.clone());
        PAUSE
    };
    match timeout(deadline, emit_until_durable(emitter, outgoing, pause)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(Refused(reason))) => Err(EmitError::Refused(reason).into()),
        Err(_) => {
            let unknown = || EmitError::Unknown(format!("no acknowledgement within {deadline:?}"));
            Err(failure.unwrap_or_else(unknown).into())
        }
    }
}

#[cfg(test)]
#[path = "restate_tests.rs"]
mod tests;

//! Changes go into the log as commands to the prices processor. Order between products means nothing; of one product there is one
//! command at a time, because the next call is made when all commands of this one are durable.

use events::envelope::Envelope;
use events::ids::OfferSource;
use events::prices::PriceCommand;
use events::topics::PRICES_INBOX;
use tokio::task::{JoinError, JoinSet};

use super::metrics::OfSource;
use super::offer_cache::{Change, Published};
use crate::writer::{WriteError, Writer, outgoing};

/// Why a change cannot be published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The writing was torn down.
    #[error("the writing of a command was torn down: {0}")]
    Torn(#[from] JoinError),
}

/// Publishes the changes of one source.
pub(crate) struct Publisher {
    pub(crate) writer: Writer,
    pub(crate) source: OfferSource,
    pub(crate) fresh_ms: u32,
    pub(crate) most_in_flight: usize,
    pub(crate) metrics: OfSource,
}

impl Publisher {
    /// Returns when everything is durable. Given up half-way, the rest is not published.
    pub(crate) async fn publish(&self, changes: Vec<Change>) -> Result<(), PublishError> {
        let mut writing: JoinSet<Result<(), WriteError>> = JoinSet::new();
        for change in changes {
            while writing.len() >= self.most_in_flight {
                Self::written(writing.join_next().await)?;
            }
            let command = self.command(change);
            let (record, writer) =
                (outgoing(&command, PRICES_INBOX.name(), None, &Envelope::default())?, self.writer.clone());
            let (metrics, kind) = (self.metrics.clone(), command.kind());
            writing.spawn(async move {
                writer.write(record).await?;
                metrics.command(kind);
                Ok(())
            });
        }
        while !writing.is_empty() {
            Self::written(writing.join_next().await)?;
        }
        Ok(())
    }

    fn written(ended: Option<Result<Result<(), WriteError>, JoinError>>) -> Result<(), PublishError> {
        match ended {
            Some(written) => Ok(written??),
            None => Ok(()),
        }
    }

    fn command(&self, change: Change) -> PriceCommand {
        let source = self.source.clone();
        match change {
            Change::Offered(sku, Published { price, seen_at, until }) => {
                PriceCommand::Offer { request: None, sku, source, price, seen_at, fresh_ms: self.fresh_ms, until }
            }
            Change::Withdrawn(sku) => PriceCommand::WithdrawOffer { request: None, sku, source },
        }
    }
}

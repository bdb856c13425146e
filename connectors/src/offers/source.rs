//! One price server, asked for ever: a call at a time, each when the one before has ended and what it brought is durable. Nothing
//! is shared with the other sources but the log.

use std::io;
use std::time::Duration;

use events::ids::OfferSource;
use events::time::Timestamp;
use tokio::time::{Instant, sleep};
use web::client::{Address, Cleartext, Client};

use super::asking::{Asking, Failure, Said};
use super::board::Board;
use super::config::{Config, SourceConfig};
use super::metrics::{Metrics, OfSource};
use super::shelf::{Asked, News, Shelf};
use super::telling::{TellError, Telling};
use super::token::AccessToken;
use crate::breaker::Breaker;
use crate::gate::Gate;
use crate::pause::Pauses;
use crate::writer::{Writer, now};

/// A wait that ends early only for a reason.
const LONG: Duration = Duration::from_secs(60 * 60);
/// Answered calls are spread by this share of the interval, so that sources do not fall into step.
const SPREAD: f64 = 0.1;

/// A price server.
pub(crate) struct Source {
    name: OfferSource,
    asking: Asking,
    gate: Gate,
    shelf: Shelf,
    telling: Telling,
    interval: Duration,
    retry_ms: (u64, u64),
    metrics: OfSource,
    board: Board,
}

impl Source {
    /// A server as it is configured; nothing is opened yet.
    pub(crate) fn new(
        (name, source): (&OfferSource, &SourceConfig),
        token: Option<AccessToken>,
        config: &Config,
        writer: Writer,
        metrics: &Metrics,
        board: Board,
    ) -> io::Result<Self> {
        let address = Address::parse(&source.base_url, Cleartext::Loopback).map_err(io::Error::other)?;
        let connect_within = Duration::from_millis(config.connect_ms);
        let pool = Client::new(address, connect_within)?.with_largest(config.largest_bytes);
        let metrics = metrics.of(name.as_str());
        let breaker = Breaker::new(config.breaker_failures, config.breaker_open_ms);
        let fresh_ms = config.fresh_ms(source);
        Ok(Self {
            name: name.clone(),
            asking: Asking::new(pool, Duration::from_millis(config.read_ms), token),
            gate: Gate::new(&format!("price server {name}"), breaker, metrics.breaker.clone()),
            shelf: Shelf::new(fresh_ms),
            telling: Telling {
                writer,
                source: name.clone(),
                fresh_ms,
                most_in_flight: config.most_in_flight,
                metrics: metrics.clone(),
            },
            interval: config.interval_of(source),
            retry_ms: (config.retry_first_ms, config.retry_most_ms),
            metrics,
            board,
        })
    }

    /// Asks until it is dropped.
    ///
    /// # Errors
    /// [`TellError`] when what it offers cannot be told: whatever the server does is no error.
    pub(crate) async fn watch(mut self) -> Result<(), TellError> {
        let mut pauses = self.pauses();
        loop {
            let began = Instant::now();
            match self.look().await? {
                Ok(()) => {
                    pauses = self.pauses();
                    let spread = 1.0 + SPREAD * (2.0 * fastrand::f64() - 1.0);
                    tokio::time::sleep_until(began + self.interval.mul_f64(spread)).await;
                }
                Err(failure) => sleep(pauses.next().max(failure.retry_after())).await,
            }
        }
    }

    /// Asks once, as soon as the breaker lets it, and tells what has changed.
    async fn look(&mut self) -> Result<Result<(), Failure>, TellError> {
        let permit = loop {
            if let Some(permit) = self.gate.enter(Instant::now() + LONG).await {
                break permit;
            }
        };
        let (sent_at, began) = (now(), Instant::now());
        let said = self.asking.ask().await;
        let asked = Asked { sent_at, answered_at: now() };
        match &said {
            Ok(_) => permit.answered(),
            Err(_) => permit.failed(),
        }
        self.board.say(&self.name, self.gate.is_closed());
        let outcome = match &said {
            Ok(Said::Offers(..)) => "answered",
            Ok(Said::Unchanged) => "unchanged",
            Err(failure) => failure.outcome(),
        };
        self.metrics.call(outcome, began.elapsed());
        let (news, unreadable) = match said {
            Ok(Said::Offers(answer, tag)) => {
                self.asking.taken(tag);
                (self.shelf.replace(answer.rows, asked), answer.unreadable)
            }
            Ok(Said::Unchanged) => (self.shelf.confirm(asked), 0),
            Err(failure) => {
                tracing::debug!(source = %self.name, outcome, "no offers");
                return Ok(Err(failure));
            }
        };
        self.take_in(news, unreadable, asked.answered_at).await.map(Ok)
    }

    async fn take_in(&mut self, news: News, unreadable: u64, answered_at: Timestamp) -> Result<(), TellError> {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit into 53 bits")]
        self.metrics.answered_at.set(answered_at.as_millis() as f64 / 1000.0);
        self.metrics.offers.set(i64::try_from(self.shelf.len()).unwrap_or(i64::MAX));
        self.metrics.left_out(unreadable, &news);
        if !news.changes.is_empty() {
            tracing::debug!(source = %self.name, changes = news.changes.len(), "offers have changed");
        }
        self.telling.tell(news.changes).await
    }

    fn pauses(&self) -> Pauses {
        Pauses::new(self.retry_ms.0, self.retry_ms.1)
    }
}

//! One price server, polled for ever: one call at a time, each after the commands of the one before are durable. Sources share nothing
//! but the log.

use std::io;
use std::time::Duration;

use events::ids::OfferSource;
use events::time::Timestamp;
use streams::backoff::Backoff;
use tokio::time::{Instant, sleep};
use web::client::{Address, Cleartext, Client};

use super::config::{Config, SourceConfig};
use super::fetch::{Failure, Fetched, Fetcher};
use super::metrics::{Metrics, OfSource, UNCHANGED};
use super::offer_cache::{FetchTimes, OfferCache, Update};
use super::publisher::{PublishError, Publisher};
use super::source_health::SourceHealth;
use super::token::AccessToken;
use crate::breaker::Breaker;
use crate::gate::Gate;
use crate::writer::{Writer, now};

/// A wait that ends early only for a reason.
const LONG: Duration = Duration::from_secs(60 * 60);
/// Answered calls are spread by this share of the interval, so that sources do not fall into step.
const SPREAD: f64 = 0.1;

/// A price server.
pub(crate) struct Source {
    name: OfferSource,
    fetcher: Fetcher,
    gate: Gate,
    cache: OfferCache,
    publisher: Publisher,
    interval: Duration,
    /// The first pause after a failed call, and the longest.
    retry: (Duration, Duration),
    metrics: OfSource,
    source_health: SourceHealth,
}

impl Source {
    /// A server as it is configured; nothing is opened yet.
    pub(crate) fn new(
        (name, source): (&OfferSource, &SourceConfig),
        token: Option<AccessToken>,
        config: &Config,
        writer: Writer,
        metrics: &Metrics,
        source_health: SourceHealth,
    ) -> io::Result<Self> {
        let address = Address::parse(&source.base_url, Cleartext::Loopback).map_err(io::Error::other)?;
        let connect_within = Duration::from_millis(config.connect_ms);
        let pool = Client::new(address, connect_within)?.with_largest(config.largest_bytes);
        let metrics = metrics.of(name.as_str());
        let breaker = Breaker::new(config.breaker_failures, config.breaker_open_ms);
        let fresh_ms = config.fresh_ms(source);
        Ok(Self {
            name: name.clone(),
            fetcher: Fetcher::new(pool, Duration::from_millis(config.read_ms), token),
            gate: Gate::new(&format!("price server {name}"), breaker, metrics.breaker.clone()),
            cache: OfferCache::new(fresh_ms),
            publisher: Publisher {
                writer,
                source: name.clone(),
                fresh_ms,
                most_in_flight: config.most_in_flight,
                metrics: metrics.clone(),
            },
            interval: config.interval_of(source),
            retry: (Duration::from_millis(config.retry_first_ms), Duration::from_millis(config.retry_most_ms)),
            metrics,
            source_health,
        })
    }

    /// Polls until it is dropped.
    ///
    /// # Errors
    /// [`PublishError`] when what it offers cannot be published: whatever the server does is no error.
    pub(crate) async fn watch(mut self) -> Result<(), PublishError> {
        let mut backoff = self.backoff();
        loop {
            let began = Instant::now();
            match self.look().await? {
                Ok(()) => {
                    backoff = self.backoff();
                    let spread = 1.0 + SPREAD * (2.0 * fastrand::f64() - 1.0);
                    tokio::time::sleep_until(began + self.interval.mul_f64(spread)).await;
                }
                Err(failure) => sleep(backoff.pause().max(failure.retry_after())).await,
            }
        }
    }

    /// Makes one call, as soon as the breaker permits it, and publishes what has changed.
    async fn look(&mut self) -> Result<Result<(), Failure>, PublishError> {
        let permit = loop {
            if let Some(permit) = self.gate.enter(Instant::now() + LONG).await {
                break permit;
            }
        };
        let (sent_at, began) = (now(), Instant::now());
        let fetched = self.fetcher.fetch().await;
        let times = FetchTimes { sent_at, answered_at: now() };
        match &fetched {
            Ok(_) => permit.answered(),
            Err(_) => permit.failed(),
        }
        self.source_health.set(&self.name, self.gate.is_closed());
        let outcome = match &fetched {
            Ok(Fetched::Offers(..)) => "answered",
            Ok(Fetched::Unchanged) => UNCHANGED,
            Err(failure) => failure.outcome(),
        };
        self.metrics.call(outcome, began.elapsed());
        let (update, unreadable) = match fetched {
            Ok(Fetched::Offers(answer, tag)) => {
                self.fetcher.taken(tag);
                (self.cache.replace(answer.rows, times), answer.unreadable)
            }
            Ok(Fetched::Unchanged) => (self.cache.confirm(times), 0),
            Err(failure) => {
                tracing::debug!(source = %self.name, outcome, "no offers");
                return Ok(Err(failure));
            }
        };
        self.take_in(update, unreadable, times.answered_at).await.map(Ok)
    }

    async fn take_in(&mut self, update: Update, unreadable: u64, answered_at: Timestamp) -> Result<(), PublishError> {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit into 53 bits")]
        self.metrics.answered_at.set(answered_at.as_millis() as f64 / 1000.0);
        self.metrics.products.set(i64::try_from(self.cache.len()).unwrap_or(i64::MAX));
        self.metrics.left_out(unreadable, &update);
        if !update.changes.is_empty() {
            tracing::debug!(source = %self.name, changes = update.changes.len(), "offers have changed");
        }
        self.publisher.publish(update.changes).await
    }

    fn backoff(&self) -> Backoff {
        Backoff::full_jitter(self.retry.0, self.retry.1)
    }
}

//! `timesale verify`: the proof. Reads topics, Postgres and Redis (and the client log and the payment provider's books, when
//! there are any) and nothing else: no counter of the system it judges. Waits, within a bound, until processors and sinks have caught up, then compares once.

pub mod audit;
pub mod compare;
pub mod log;
mod postgres;
pub mod prices;
pub mod provider;
mod redis;
pub mod saga;
pub mod settlement;
pub mod client_answers;
mod verdict;
#[cfg(test)]
mod audit_tests;
#[cfg(test)]
mod compare_tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::{Duration, Instant};

use events::time::Timestamp;
use events::topics::{NAMES, PAYMENTS_EVENTS, SETTLEMENT_EVENTS};
use streams::kafka::{ClusterConfig, OpenTransaction, ReadError, open_transactions};
use tokio::time::sleep;

use crate::client_log::{self, ClientLogError};
use crate::ledgers::prices::PriceRule;
use audit::Audit;
use client_answers::Clients;
use log::{Ends, Log};
use provider::PROVIDER;
pub use provider::ProviderSide;
pub use verdict::{Counts, Verdict, write_proof};

/// What to prove.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The log.
    pub cluster: ClusterConfig,
    /// The database's URL.
    pub postgres: String,
    /// Redis' URL.
    pub redis: String,
    /// What clients were answered.
    pub client_log: Option<PathBuf>,
    /// How long processors and sinks may take to catch up.
    pub settle: Duration,
    /// How many dead letters there may be; without it they are only counted.
    pub dead_letters: Option<u64>,
    /// Where ingress listens, `http://host:port`, if the prices that it shows are to be compared.
    pub ingress: Option<String>,
    /// The payment provider, if its books are to be compared.
    pub provider: Option<ProviderSide>,
}

/// Why nothing could be proven either way.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The cluster cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The client log cannot be read.
    #[error(transparent)]
    ClientLog(#[from] ClientLogError),
    /// The reader was torn down.
    #[error("the reader of the log was torn down: {0}")]
    Reader(#[from] tokio::task::JoinError),
}

/// The database's rows are those of the log.
const POSTGRES: &str = "postgres_equals_the_log";
/// Redis' entries are those of the log.
const REDIS: &str = "redis_equals_the_log";
/// Processors and sinks have caught up within the bound.
const RESTS: &str = "everything_comes_to_rest";
/// Every transaction has reached its end in every partition that it wrote to.
const ENDED: &str = "no_transaction_hangs";
/// No more dead letters than expected.
const LETTERS: &str = "no_unexpected_dead_letters";

/// How often log and databases are read again when the log went on while they were compared, and how long it may then take to rest.
const MOST_READINGS: usize = 5;
const AGAIN: Duration = Duration::from_secs(10);

const POLL: Duration = Duration::from_millis(250);

/// Proves, or finds counterexamples.
///
/// # Errors
/// [`VerifyError`] when the log or the client log cannot be read. A database or a Redis that cannot be read is a counterexample: it
/// does not show what the log says.
pub fn run(proof: Proof) -> Pin<Box<dyn Future<Output = Result<Verdict, VerifyError>> + Send>> {
    // Boxed, so that it is compiled here and not again in the binary.
    Box::pin(prove(proof))
}

async fn prove(proof: Proof) -> Result<Verdict, VerifyError> {
    let began = Instant::now();
    let mut deadline = began + proof.settle;
    let mut reading = compared(&proof, deadline).await?;
    // What came after the log was read is in the databases and not in the fold: a late webhook's, say. Then both are read again.
    for _ in 0..MOST_READINGS {
        if !reading.moved {
            break;
        }
        deadline = deadline.max(Instant::now() + AGAIN);
        reading = compared(&proof, deadline).await?;
    }
    let Compared { mut audit, .. } = reading;
    audit.judge_saga(now());
    judge_shown_prices(&proof, deadline, &mut audit).await;
    if let Some(path) = &proof.client_log {
        let mut clients = Clients::default();
        client_log::read(std::fs::File::open(path).map_err(ClientLogError::File)?, |entry| clients.take(entry))?;
        audit.judge_clients(&clients);
    }
    if let Some(most) = proof.dead_letters {
        let letters = audit.verdict.counts.dead_letters;
        let more = (letters > most).then(|| format!("{letters} dead letters, {most} expected"));
        audit.verdict.state(LETTERS, more);
    }
    audit.verdict.counts.took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(audit.verdict)
}

/// A reading of the log, compared with those who show it.
struct Compared {
    audit: Audit,
    /// Whether something differs, and the log has gone on meanwhile.
    moved: bool,
}

/// Reads the log once it rests, and compares.
async fn compared(proof: &Proof, deadline: Instant) -> Result<Compared, VerifyError> {
    let Log { mut audit, events_end } = at_rest(proof, deadline).await?;
    let behind = sinks_caught_up(proof, &events_end, deadline).await;
    audit.verdict.state(RESTS, behind);
    if !audit.is_decided() {
        audit.verdict.state(RESTS, Some(format!("commands are undecided after {:?}", proof.settle)));
    }
    audit.verdict.state(ENDED, transactions_ended(proof, deadline).await?);
    compare(proof, &mut audit).await;
    let differs = [POSTGRES, REDIS, PROVIDER].iter().any(|promise| audit.verdict.proof.get(*promise) == Some(&false));
    let cluster = proof.cluster.clone();
    let moved = differs && tokio::task::spawn_blocking(move || log::events_end(&cluster)).await?? != events_end;
    Ok(Compared { audit, moved })
}

/// Compares what the log says with those who show it, and with the provider.
async fn compare(proof: &Proof, audit: &mut Audit) {
    match postgres::compare(&proof.postgres, &audit.rows).await {
        Ok((rows, difference)) => {
            audit.verdict.counts.postgres_rows = rows;
            audit.verdict.state(POSTGRES, difference);
        }
        Err(error) => audit.verdict.state(POSTGRES, Some(error.to_string())),
    }
    let in_redis = async { redis::Redis::connect(&proof.redis).await?.compare(&audit.rows).await };
    match in_redis.await {
        Ok((entries, difference)) => {
            audit.verdict.counts.redis_entries = entries;
            audit.verdict.state(REDIS, difference);
        }
        Err(error) => audit.verdict.state(REDIS, Some(error.to_string())),
    }
    let Some(side) = &proof.provider else { return };
    match provider::compare(side, &audit.rows, audit.orders(), now()).await {
        Ok((payments, difference)) => {
            audit.verdict.counts.provider_payments = payments;
            audit.verdict.state(PROVIDER, difference);
        }
        Err(error) => audit.verdict.state(PROVIDER, Some(error.to_string())),
    }
}

/// Prices go on while they are compared, so this is no part of what is read again until it rests.
async fn judge_shown_prices(proof: &Proof, deadline: Instant, audit: &mut Audit) {
    let deadline = deadline.max(Instant::now() + AGAIN);
    match prices::redis::compare(&proof.cluster, &proof.redis, deadline, &mut audit.verdict).await {
        Ok(compared) => audit.verdict.counts.redis_entries += compared,
        Err(error) => audit.verdict.state(prices::SHOWN, Some(error.to_string())),
    }
    let Some(ingress) = &proof.ingress else { return };
    if let Err(error) = prices::ingress::compare(&proof.cluster, ingress, deadline, &mut audit.verdict).await {
        audit.verdict.state(prices::AT_INGRESS, Some(error.to_string()));
    }
}

/// This machine's time.
fn now() -> Timestamp {
    Timestamp::from_millis(streams::clock::now_ms())
}

/// The log once every command in it is decided, every order that will soon move has moved, sellers are owed what orders sold, and
/// nothing more comes; or as it is at the deadline.
async fn at_rest(proof: &Proof, deadline: Instant) -> Result<Log, VerifyError> {
    loop {
        let began = Instant::now();
        let cluster = proof.cluster.clone();
        let (log, end) = tokio::task::spawn_blocking(move || {
            let log = log::read(&cluster)?;
            let end = log::events_end(&cluster)?;
            Ok::<_, ReadError>((log, end))
        })
        .await??;
        let left = deadline.saturating_duration_since(Instant::now());
        let soon = now().plus_millis(i64::try_from(left.as_millis()).unwrap_or(i64::MAX));
        // The inboxes are read before the facts: what came and was decided in between looks as if nobody had asked for it.
        let whole = log.audit.is_decided() && log.audit.is_asked_for() && end == log.events_end;
        // Prices never rest, but what was said of them is decided soon after.
        let whole = whole && log.audit.verdict.proof.get(PriceRule::FollowsCommands.name()) != Some(&false);
        let rests = whole && log.audit.under_way(soon) == 0 && log.audit.is_settled();
        if rests || left.is_zero() {
            return Ok(log);
        }
        // Reading a long log again and again would cost those their time who are to come to rest.
        sleep(POLL.max(began.elapsed())).await;
    }
}

/// Waits until both sinks have written everything; who has not, in words.
async fn sinks_caught_up(proof: &Proof, end: &Ends, deadline: Instant) -> Option<String> {
    loop {
        let postgres = in_postgres(&proof.postgres, end).await.unwrap_or_else(|error| Some(error.to_string()));
        let redis = in_redis(&proof.redis, end).await.unwrap_or_else(|error| Some(error.to_string()));
        let behind = postgres.or(redis)?;
        if Instant::now() >= deadline {
            return Some(format!("after {:?}: {behind}", proof.settle));
        }
        sleep(POLL).await;
    }
}

async fn in_postgres(url: &str, end: &Ends) -> Result<Option<String>, postgres::PostgresError> {
    for (topic, end) in end {
        let behind = lagging("Postgres", topic, &postgres::positions(url, topic).await?, end);
        if behind.is_some() {
            return Ok(behind);
        }
    }
    Ok(None)
}

/// Payments and statements are not in Redis.
async fn in_redis(url: &str, end: &Ends) -> Result<Option<String>, ::redis::RedisError> {
    let mut redis = redis::Redis::connect(url).await?;
    let epoch = redis.epoch().await?;
    let elsewhere = [PAYMENTS_EVENTS.name(), SETTLEMENT_EVENTS.name()];
    for (topic, end) in end.iter().filter(|(topic, _)| !elsewhere.contains(topic)) {
        let positions = match &epoch {
            Some(epoch) => redis.positions(epoch, topic).await?,
            None => Vec::new(),
        };
        let behind = lagging("Redis", topic, &positions, end);
        if behind.is_some() {
            return Ok(behind);
        }
    }
    Ok(None)
}

/// Waits until no partition has an open transaction; one that hangs, in words.
async fn transactions_ended(proof: &Proof, deadline: Instant) -> Result<Option<String>, VerifyError> {
    loop {
        let cluster = proof.cluster.clone();
        let open = tokio::task::spawn_blocking(move || open_transactions(&cluster, &NAMES)).await??;
        let Some(OpenTransaction { topic, partition, stable, end }) = open.first() else {
            return Ok(None);
        };
        if Instant::now() >= deadline {
            let more = open.len() - 1;
            return Ok(Some(format!(
                "{topic} [{partition}] is stable up to {stable} of {end}; {more} more partitions"
            )));
        }
        sleep(POLL).await;
    }
}

/// A partition without any record needs no position.
fn lagging(sink: &str, topic: &str, positions: &[(i32, i64)], end: &BTreeMap<i32, i64>) -> Option<String> {
    end.iter().filter(|(_, end)| **end > 0).find_map(|(partition, end)| {
        let written = positions.iter().find(|(found, _)| found == partition).map_or(0, |(_, next)| *next);
        (written < *end).then(|| format!("{sink} has written {topic} [{partition}] up to {written} of {end}"))
    })
}

//! Copies of `prices.best` outside ingress, and how they are read: Redis by GET on a connection that all requests share, Postgres
//! by a prepared statement on a pool. Each the way that is known to be the fastest there.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::codec::decode;
use events::envelope::Envelope;
use events::ids::Sku;
use events::money::Money;
use events::prices::{BestPrice, Winner};
use events::time::Timestamp;
use events::topics::PRICES_BEST;
use ingress::{PriceRead, PriceSource};
use redis::ConnectionInfo;
use redis::aio::ConnectionManager;
use sqlx::postgres::{PgPool, PgPoolOptions, PgRow};
use sqlx::{Executor, Row};
use streams::kafka::{ClusterConfig, TopicReader};

use super::Outcome;

/// A Redis database that nothing else uses.
const REDIS_DATABASE: u8 = 9;

/// Enough to keep Postgres busy, few enough not to make it switch.
const CONNECTIONS: u32 = 16;

const TABLE: &str = "create schema if not exists bench; drop table if exists bench.prices; create table bench.prices \
                     (sku text primary key, version bigint not null, at bigint not null, price bigint not null, source text, \
                     own bigint not null, list_price bigint not null, on_sale bool not null, offers bigint not null, \
                     valid_until bigint)";

const INSERT: &str = "insert into bench.prices select * from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], \
                      $5::text[], $6::bigint[], $7::bigint[], $8::bool[], $9::bigint[], $10::bigint[])";

const SELECT: &str = "select version, at, price, source, own, list_price, on_sale, offers, valid_until from bench.prices \
                      where sku = $1";

/// The newest price of every product in the log.
async fn latest(cluster: ClusterConfig) -> Outcome<Vec<BestPrice>> {
    let read = tokio::task::spawn_blocking(move || {
        let mut latest: BTreeMap<Sku, BestPrice> = BTreeMap::new();
        for record in TopicReader::open(&cluster, PRICES_BEST.name())? {
            let record = record?;
            let envelope = Envelope::from_headers(record.header_pairs());
            let best: BestPrice = decode(record.value.as_deref(), &envelope)?;
            latest.insert(best.sku.clone(), best);
        }
        Outcome::Ok(latest.into_values().collect())
    });
    read.await?
}

struct InRedis(ConnectionManager);

pub(crate) async fn redis(cluster: ClusterConfig) -> Outcome<Arc<dyn PriceSource>> {
    let latest = latest(cluster).await?;
    let url = std::env::var("REDIS_URL")?;
    let server = url.parse::<ConnectionInfo>()?;
    let database = server.redis_settings().clone().set_db(REDIS_DATABASE.into());
    let server = server.set_redis_settings(database);
    let mut connection = redis::Client::open(server)?.get_connection_manager().await?;
    let () = redis::cmd("FLUSHDB").query_async(&mut connection).await?;
    for chunk in latest.chunks(1_000) {
        let mut pipeline = redis::pipe();
        for best in chunk {
            pipeline.set(key(&best.sku), serde_json::to_string(best)?).ignore();
        }
        let () = pipeline.query_async(&mut connection).await?;
    }
    eprintln!("{} prices are in Redis", latest.len());
    Ok(Arc::new(InRedis(connection)))
}

fn key(sku: &Sku) -> String {
    format!("price:{sku}")
}

impl PriceSource for InRedis {
    fn price<'a>(&'a self, sku: &'a Sku) -> PriceRead<'a> {
        Box::pin(async move {
            let mut connection = self.0.clone();
            let value: Option<Vec<u8>> = redis::cmd("GET").arg(key(sku)).query_async(&mut connection).await.ok()?;
            serde_json::from_slice(&value?).ok()
        })
    }
}

struct InPostgres(PgPool);

pub(crate) async fn postgres(cluster: ClusterConfig) -> Outcome<Arc<dyn PriceSource>> {
    let latest = latest(cluster).await?;
    let options = PgPoolOptions::new().max_connections(CONNECTIONS).min_connections(CONNECTIONS);
    let pool = options.connect(&std::env::var("DATABASE_URL")?).await?;
    pool.execute(TABLE).await?;
    let money = |money: Money| money.minor();
    for chunk in latest.chunks(10_000) {
        sqlx::query(INSERT)
            .bind(column(chunk, |best| best.sku.as_str().to_owned()))
            .bind(column(chunk, |best| i64::try_from(best.version).unwrap_or(i64::MAX)))
            .bind(column(chunk, |best| best.at.as_millis()))
            .bind(column(chunk, |best| money(best.price)))
            .bind(column(chunk, |best| best.by.source().map(|source| source.as_str().to_owned())))
            .bind(column(chunk, |best| money(best.own)))
            .bind(column(chunk, |best| money(best.list_price)))
            .bind(column(chunk, |best| best.on_sale))
            .bind(column(chunk, |best| i64::from(best.offers)))
            .bind(column(chunk, |best| best.valid_until.map(Timestamp::as_millis)))
            .execute(&pool)
            .await?;
    }
    pool.execute("analyze bench.prices").await?;
    eprintln!("{} prices are in Postgres", latest.len());
    Ok(Arc::new(InPostgres(pool)))
}

fn column<T>(chunk: &[BestPrice], of: impl Fn(&BestPrice) -> T) -> Vec<T> {
    chunk.iter().map(of).collect()
}

impl PriceSource for InPostgres {
    fn price<'a>(&'a self, sku: &'a Sku) -> PriceRead<'a> {
        Box::pin(async move {
            // Prepared once a connection, and kept.
            let row = sqlx::query(SELECT).bind(sku.as_str()).fetch_optional(&self.0).await.ok()??;
            of_row(sku, &row).ok()
        })
    }
}

fn of_row(sku: &Sku, row: &PgRow) -> Outcome<BestPrice> {
    let money = |name: &str| row.try_get(name).map(Money::new);
    let source: Option<&str> = row.try_get("source")?;
    let valid_until: Option<i64> = row.try_get("valid_until")?;
    Ok(BestPrice {
        sku: sku.clone(),
        version: u64::try_from(row.try_get::<i64, _>("version")?)?,
        at: Timestamp::from_millis(row.try_get("at")?),
        price: money("price")?,
        by: match source {
            None => Winner::Own,
            Some(source) => Winner::Offer { source: source.parse()? },
        },
        own: money("own")?,
        list_price: money("list_price")?,
        on_sale: row.try_get("on_sale")?,
        offers: u32::try_from(row.try_get::<i64, _>("offers")?)?,
        valid_until: valid_until.map(Timestamp::from_millis),
    })
}

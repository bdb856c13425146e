//! What the price route is measured with and against; `scripts/bench/price` drives it.
//!
//! - `fill PRODUCTS OFFERS`: puts so many products, each with so many offers of others, into the log.
//! - `bare PORT BYTES`: the smallest warp server there is, whose whole reply has so many bytes.
//! - `redis PORT`, `postgres PORT`: the whole service, where the price route reads a copy there instead of memory.
//! - `staleness HOST:PORT PRODUCTS CHANGES`: how long after a change that is in the log ingress shows it.
//!
//! `KAFKA_BOOTSTRAP`, `REDIS_URL` and `DATABASE_URL` say where; the copies are a Redis database and a Postgres schema of their own.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "its results are lines")]

mod bare;
mod copies;
mod service;
mod fill;
mod staleness;

use std::error::Error;

/// What the program itself allocates with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["fill", products, offers] => fill::run(products.parse()?, offers.parse()?).await,
        ["bare", port, bytes] => bare::run(port.parse()?, bytes.parse()?).await,
        ["redis", port] => service::run(port.parse()?, copies::redis(cluster()?).await?).await,
        ["postgres", port] => service::run(port.parse()?, copies::postgres(cluster()?).await?).await,
        ["staleness", address, products, changes] => staleness::run(address, products.parse()?, changes.parse()?).await,
        _ => Err(
            "fill PRODUCTS OFFERS | bare PORT BYTES | redis PORT | postgres PORT | staleness ADDRESS PRODUCTS CHANGES"
                .into(),
        ),
    }
}

fn cluster() -> Outcome<streams::kafka::ClusterConfig> {
    let bootstrap = std::env::var("KAFKA_BOOTSTRAP")?;
    Ok(streams::kafka::ClusterConfig { bootstrap, ..streams::kafka::ClusterConfig::default() })
}

/// The so-many-th product.
fn sku(number: u32) -> String {
    format!("bench-{number:06}")
}

/// Milliseconds since 1970.
fn now() -> i64 {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

//! The whole service with its limits out of the way, as the script configures the real one, reading prices from a copy.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use ingress::{Config, Deps, PriceSource, Rate, Secret, Secrets};
use prometheus::Registry;
use streams::service::{Health, shutdown};

use super::{Outcome, cluster};

pub(crate) async fn run(port: u16, prices: Arc<dyn PriceSource>) -> Outcome<()> {
    let mut config = Config { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)), ..Config::default() };
    config.limits.global = Rate { per_second: 10_000_000, burst: 10_000_000 };
    let secret = std::fs::read_to_string(std::env::var("TIMESALE_JWT_SECRET_FILE")?)?;
    let (_handle, shutdown) = shutdown();
    let deps = Deps {
        kafka: cluster()?,
        postgres: std::env::var("DATABASE_URL").ok(),
        redis: std::env::var("REDIS_URL").ok(),
        prices: Some(prices),
        secrets: Secrets::new(vec![Secret::new(secret.trim_end().as_bytes())?])?,
        registry: Registry::new(),
        health: Health::default(),
        shutdown,
    };
    Ok(ingress::serve(config, deps).await?)
}

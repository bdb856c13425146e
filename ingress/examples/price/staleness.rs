//! How stale ingress is: a change of a price goes into the log, and ingress is asked until it shows it. What is measured is from the
//! instant at which the log took the change (its `at`) to the answer that shows it.

use std::sync::Arc;
use std::time::Duration;

use events::ids::Sku;
use events::prices::BestPrice;
use streams::emitter::Emitter;
use streams::kafka::KafkaEmitter;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::fill::{emitter, offer, record};
use super::{Outcome, now, sku};

/// Changes under way at once.
const PROBES: u32 = 4;

/// Pause between two questions.
const PAUSE: Duration = Duration::from_micros(500);

pub(crate) async fn run(address: &str, products: u32, changes: u32) -> Outcome<()> {
    let emitter = Arc::new(emitter()?);
    let mut probes = JoinSet::new();
    for probe in 0..PROBES {
        let (address, emitter) = (address.to_owned(), Arc::clone(&emitter));
        probes.spawn(async move { watch(&address, &emitter, probe, products, changes / PROBES).await });
    }
    let mut all: Vec<i64> = Vec::new();
    while let Some(measured) = probes.join_next().await {
        all.extend(measured??);
    }
    all.sort_unstable();
    let at = |share: usize| all.get(all.len().saturating_sub(1) * share / 100).copied().unwrap_or_default();
    println!(
        "{}",
        serde_json::json!({ "changes": all.len(), "p50_ms": at(50), "p90_ms": at(90), "p99_ms": at(99), "max_ms": at(100) })
    );
    Ok(())
}

async fn watch(address: &str, emitter: &KafkaEmitter, probe: u32, products: u32, changes: u32) -> Outcome<Vec<i64>> {
    let mut service = BufReader::new(TcpStream::connect(address).await?);
    service.get_ref().set_nodelay(true)?;
    let mut measured = Vec::new();
    for change in 0..changes {
        // Products of its own, so that nobody else changes what it watches.
        let number = (change * PROBES + probe).wrapping_mul(7_919) % (products / PROBES) * PROBES + probe;
        let sku = Sku::new(&sku(number))?;
        let before = price(&mut service, &sku).await?;
        // Every run undercuts by another amount, so that each offer changes something.
        let price_now = before.list_price.minor() - 2_000 - now() % 5_000;
        emitter.emit(record(&offer(&sku, "prober", price_now)?)?)?.await?;
        loop {
            let shown = price(&mut service, &sku).await?;
            if shown.version > before.version {
                measured.push(now() - shown.at.as_millis());
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        // At random with respect to the commits.
        tokio::time::sleep(Duration::from_micros(fastrand::u64(0..40_000))).await;
    }
    Ok(measured)
}

async fn price(service: &mut BufReader<TcpStream>, sku: &Sku) -> Outcome<BestPrice> {
    let request = format!("GET /v1/products/{sku}/price HTTP/1.1\r\nhost: service\r\n\r\n");
    service.get_mut().write_all(request.as_bytes()).await?;
    let (mut length, mut line, mut status) = (0, String::new(), String::new());
    loop {
        line.clear();
        if service.read_line(&mut line).await? == 0 {
            return Err("ingress has hung up".into());
        }
        if status.is_empty() {
            status = line.trim_end().to_owned();
        } else if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse()?;
        } else if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    service.read_exact(&mut body).await?;
    if !status.starts_with("HTTP/1.1 200") {
        return Err(format!("{status}: {}", String::from_utf8_lossy(&body)).into());
    }
    Ok(serde_json::from_slice(&body)?)
}

//! A competitor for a while: an external price server offers one of the sale's products for less than we do. Its offer must win, must be
//! named by nobody from the instant on at which it is no longer believed, and then our own price must win again.

mod scenario;
#[cfg(test)]
mod scenario_tests;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use events::ids::{CampaignId, SellerId, Sku};
use events::inventory::{ProductTerms, SalePrice};
use events::money::Money;
use events::prices::BestPrice;
use events::time::{Timestamp, Window};
use tokio::time::{sleep, timeout};
use web::jwt::TokenIssuer;

use super::api_client::{self, now};
use super::order_load::Product;
use super::wire::{Connection, Response};
use scenario::Observation;

pub use scenario::Competition;

/// What we ask, and what the competitor asks.
const OURS: Money = Money::new(15_000);
const THEIRS: Money = Money::new(14_900);
/// How long ingress may take to know our price.
const KNOWN_WITHIN: Duration = Duration::from_secs(60);
/// How long what has to happen by itself may take beyond its time.
const GRACE: Duration = Duration::from_secs(30);
/// How often a shopper looks.
const LOOK: Duration = Duration::from_millis(50);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(10);
/// How long the offer is to stand once it was heard, milliseconds.
const STANDS_MS: i64 = 3_000;
/// How long a sale's product is on sale, milliseconds.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// How the price server is watched by the roles.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Polling {
    /// How often it is asked.
    pub interval: Duration,
    /// For how long an offer is believed after it was seen, milliseconds.
    pub fresh_ms: u32,
}

/// Lets the price server at `market` undercut us for a while, and looks at ingress what shoppers see.
///
/// # Errors
/// When the product cannot be defined or the server does not take what it is to offer. What shoppers see wrongly is no error.
pub(super) async fn compete(
    ingress: SocketAddr,
    market: SocketAddr,
    polling: Polling,
    campaign: &CampaignId,
    issuer: &TokenIssuer,
) -> anyhow::Result<Competition> {
    let product = product(campaign)?;
    api_client::stock_up(ingress, std::slice::from_ref(&product), issuer).await?;
    let mut shopper = Shopper::of(ingress, &product.sku);
    let deadline = Instant::now() + KNOWN_WITHIN;
    while shopper.look().await.is_none_or(|best| best.price != OURS || best.by.source().is_some()) {
        if Instant::now() > deadline {
            bail!("ingress does not know the price of {} after {KNOWN_WITHIN:?}: {}", product.sku, shopper.said);
        }
        sleep(LOOK).await;
    }

    // Seen so long ago that it is believed just long enough: the server shows it for ever, and it must go all the same.
    let interval_ms = i64::try_from(polling.interval.as_millis())?;
    let began = now();
    let end = began.plus_millis(2 * interval_ms + STANDS_MS);
    let seen_at = end.plus_millis(-i64::from(polling.fresh_ms));
    offer(market, &product.sku, THEIRS, seen_at).await?;
    let mut observation = Observation::new((OURS, THEIRS), (began, end));
    let deadline = Instant::now() + Duration::from_millis(u64::try_from(2 * interval_ms + STANDS_MS)?) + GRACE;
    while !observation.is_over() && Instant::now() < deadline {
        sleep(LOOK).await;
        let asked_at = now();
        match shopper.look().await {
            Some(best) => observation.see(asked_at, now(), &best),
            None => observation.see_nothing(),
        }
    }
    withdraw(market, &product.sku).await?;
    Ok(observation.end())
}

/// A product that only the competitor and we sell.
fn product(campaign: &CampaignId) -> anyhow::Result<Product> {
    let from = now().plus_millis(-60_000);
    let window = Window { from, until: from.plus_millis(DAY_MS) };
    let terms = ProductTerms {
        seller: SellerId::new("hanok")?,
        name: "Tea tray, for which there is a competitor".into(),
        category: None,
        list_price: Money::new(20_000),
        sale: Some(SalePrice { price: OURS, window }),
        supply_price: None,
        low_stock: None,
    };
    Ok(Product { sku: Sku::new(&format!("{campaign}-competitor"))?, terms, stock: 1, price: OURS })
}

/// Somebody who looks at a price, again and again.
struct Shopper {
    connection: Connection,
    request: Vec<u8>,
    /// What ingress said last, for whoever wonders.
    said: String,
}

impl Shopper {
    fn of(ingress: SocketAddr, sku: &Sku) -> Self {
        let request = format!("GET /v1/products/{sku}/price HTTP/1.1\r\nhost: {ingress}\r\n\r\n").into_bytes();
        Self { connection: Connection::to(ingress), request, said: "nothing".into() }
    }

    /// What ingress says; nothing when it says no price.
    async fn look(&mut self) -> Option<BestPrice> {
        let answer = timeout(ANSWER, self.connection.exchange(&self.request)).await;
        let (best, said) = match answer {
            Ok(Ok(Response { status: 200, body, .. })) => {
                (serde_json::from_slice(&body).ok(), String::from_utf8_lossy(&body).into_owned())
            }
            Ok(Ok(Response { status, body, .. })) => (None, format!("{status} {}", String::from_utf8_lossy(&body))),
            Ok(Err(error)) => (None, error.to_string()),
            Err(_) => (None, "no answer in time".into()),
        };
        self.said = said;
        best
    }
}

async fn offer(market: SocketAddr, sku: &Sku, price: Money, seen_at: Timestamp) -> anyhow::Result<()> {
    let body = serde_json::json!({"price": price, "seen_at": seen_at}).to_string();
    tell(market, "PUT", sku, &body).await
}

async fn withdraw(market: SocketAddr, sku: &Sku) -> anyhow::Result<()> {
    tell(market, "DELETE", sku, "").await
}

/// Tells the price server's stub what it offers.
async fn tell(market: SocketAddr, method: &str, sku: &Sku, body: &str) -> anyhow::Result<()> {
    let request = format!(
        "{method} /stub/offers/{sku} HTTP/1.1\r\nhost: {market}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = timeout(ANSWER, Connection::to(market).exchange(request.as_bytes())).await;
    match answer.context("the price server's stub does not answer")? {
        Ok(Response { status: 200, .. }) => Ok(()),
        Ok(Response { status, body, .. }) => {
            bail!("the price server's stub at {market}: {status} {}", String::from_utf8_lossy(&body))
        }
        Err(error) => bail!("the price server's stub at {market}: {error}"),
    }
}

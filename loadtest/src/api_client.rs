//! What the sale says to ingress before anybody comes: the campaign, the products; and every claim, built in advance.

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use events::coupons::{CampaignTerms, Discount, Eligibility, Restoration};
use events::ids::{CampaignId, ShopperId};
use events::money::{BasisPoints, Money};
use events::time::{Timestamp, Window};
use tokio::time::{sleep, timeout};
use web::jwt::TokenIssuer;

use super::caller::Caller;
use super::claim_load::Claim;
use super::order_load::Product;
use super::wire::{Connection, Response};

/// How long a campaign may take from its definition until ingress knows it.
const DEFINED_WITHIN: Duration = Duration::from_secs(60);

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What a coupon of the sale takes off an order.
pub const DISCOUNT: Discount = Discount::Fixed { amount: Money::new(5_000) };

/// The time by this machine's clock.
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::from_millis(streams::clock::now_ms())
}

/// A campaign nobody has had before: sales repeat on the same topics.
///
/// # Errors
/// Never in practice: the name is made of digits and letters.
pub fn new_campaign(seed: u64) -> anyhow::Result<CampaignId> {
    Ok(CampaignId::new(&format!("sale-{}-{seed:x}", now().as_millis()))?)
}

/// The address behind a base URL.
///
/// # Errors
/// When the URL is not `http://host:port` or the host has no address.
pub fn address(base_url: &str) -> anyhow::Result<SocketAddr> {
    let Some(host) = base_url.trim_end_matches('/').strip_prefix("http://") else {
        bail!("{base_url}: the clients speaks plain http:// to the ingress itself, without TLS or path");
    };
    let with_port = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    with_port.to_socket_addrs().context(with_port.clone())?.next().with_context(|| format!("{host} has no address"))
}

/// Defines the campaign and waits until ingress itself knows it: open from a minute ago for a day, one coupon a shopper.
///
/// # Errors
/// When the operator's request is refused, or the campaign is not there in time.
pub async fn open_campaign(
    ingress: SocketAddr,
    campaign: &CampaignId,
    stock: u32,
    issuer: &TokenIssuer,
) -> anyhow::Result<()> {
    let now = now();
    let window = |days| Window { from: now.plus_millis(-60_000), until: now.plus_millis(days * DAY_MS) };
    let terms = CampaignTerms {
        stock,
        claim: window(1),
        usable: window(2),
        per_shopper: 1,
        eligibility: Eligibility::Everyone,
        discount: DISCOUNT,
        minimum_spend: Money::ZERO,
        budget: None,
        // An odd split, and coupons that come back: what the orders' amounts and undoings are about.
        platform_share: BasisPoints::new(6_667),
        seller_initiated: false,
        restoration: Restoration::WithinUseWindow { times: 1 },
    };
    let operator = Caller::operator(ingress, "sale-operator", issuer)?;
    let path = format!("/v1/campaigns/{campaign}");
    let put = operator.ask("PUT", &path, &format!("define-{campaign}"), &serde_json::to_string(&terms)?);
    let deadline = Instant::now() + DEFINED_WITHIN;
    let mut connection = Connection::to(ingress);
    until(&mut connection, &put.post, deadline, "defining the campaign").await?;
    until(&mut connection, &operator.get(&path), deadline, "finding the campaign").await?;
    Ok(())
}

/// Defines every product and puts its units in stock.
///
/// # Errors
/// When the operator's request is refused, or not answered in time.
pub async fn stock_up(ingress: SocketAddr, catalogue: &[Product], issuer: &TokenIssuer) -> anyhow::Result<()> {
    let operator = Caller::operator(ingress, "sale-operator", issuer)?;
    let mut connection = Connection::to(ingress);
    for product in catalogue {
        let path = format!("/v1/products/{}", product.sku);
        let deadline = Instant::now() + DEFINED_WITHIN;
        let put = operator.ask("PUT", &path, "define-the-product", &serde_json::to_string(&product.terms)?);
        until(&mut connection, &put.post, deadline, "defining a product").await?;
        let path = format!("{path}/stock");
        let post = operator.ask(
            "POST",
            &path,
            "fill-the-first-shelf",
            &serde_json::json!({ "change": product.stock }).to_string(),
        );
        until(&mut connection, &post.post, deadline, "filling the shelf").await?;
    }
    Ok(())
}

/// Sends the same request until it is answered with 200, and returns that answer; one that will never change ends it.
pub(super) async fn until(
    connection: &mut Connection,
    request: &[u8],
    deadline: Instant,
    what: &str,
) -> anyhow::Result<Vec<u8>> {
    loop {
        let said = match timeout(Duration::from_secs(15), connection.exchange(request)).await {
            Ok(Ok(Response { status: 200 | 201, body, .. })) => return Ok(body),
            Ok(Ok(Response { status, body, .. })) => {
                let said = format!("{status} {}", String::from_utf8_lossy(&body));
                if matches!(status, 400 | 401 | 403 | 409 | 413 | 415 | 422) {
                    bail!("{what}: {said}");
                }
                said
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        if Instant::now() > deadline {
            bail!("{what}: {said}");
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// Every shopper's claim, token and all.
///
/// # Errors
/// When a token cannot be signed.
pub fn claims(
    ingress: SocketAddr,
    campaign: &CampaignId,
    shoppers: u32,
    issuer: &TokenIssuer,
) -> anyhow::Result<Vec<Claim>> {
    let path = format!("/v1/campaigns/{campaign}/claims");
    (0..shoppers)
        .map(|number| {
            let shopper = ShopperId::new(&format!("shopper-{number}"))?;
            let caller = Caller::shopper(ingress, shopper.as_str(), issuer)?;
            Ok(Claim { ask: caller.ask("POST", &path, &format!("claim-{number:010}"), ""), shopper })
        })
        .collect()
}

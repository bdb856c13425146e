//! What the sale says to ingress besides claims: the campaign, and every request a client will send, built in advance.

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, bail};
use events::coupons::{CampaignTerms, Discount, Eligibility, Restoration};
use events::ids::{CampaignId, RequestId, ShopperId};
use events::money::{BasisPoints, Money};
use events::time::{Timestamp, Window};
use tokio::time::{sleep, timeout};

use super::crowd::Claim;
use super::wire::{Connection, Response};
use crate::token::Mint;

/// How long a campaign may take from its definition until the door knows it.
const DEFINED_WITHIN: Duration = Duration::from_secs(60);

/// How long tokens are valid: longer than any sale.
const TOKEN_TTL: Duration = Duration::from_secs(6 * 3600);

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Milliseconds since 1970 by this machine's clock.
fn now_ms() -> i64 {
    i64::try_from(SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
}

/// A campaign nobody has had before: sales repeat on the same topics.
///
/// # Errors
/// Never in practice: the name is made of digits and letters.
pub fn new_campaign(seed: u64) -> anyhow::Result<CampaignId> {
    Ok(CampaignId::new(&format!("sale-{}-{seed:x}", now_ms()))?)
}

/// The address behind a base URL.
///
/// # Errors
/// When the URL is not `http://host:port` or the host has no address.
pub fn address(base_url: &str) -> anyhow::Result<SocketAddr> {
    let Some(host) = base_url.trim_end_matches('/').strip_prefix("http://") else {
        bail!("{base_url}: the crowd speaks plain http:// to the door itself, without TLS or path");
    };
    let with_port = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    with_port.to_socket_addrs().context(with_port.clone())?.next().with_context(|| format!("{host} has no address"))
}

/// Defines the campaign and waits until the door itself knows it: open from a minute ago for a day, one coupon a shopper.
///
/// # Errors
/// When the operator's request is refused, or the campaign is not there in time.
pub async fn open_campaign(door: SocketAddr, campaign: &CampaignId, stock: u32, mint: &Mint) -> anyhow::Result<()> {
    let now = now_ms();
    let window = |days| Window {
        from: Timestamp::from_millis(now - 60_000),
        until: Timestamp::from_millis(now + days * DAY_MS),
    };
    let terms = CampaignTerms {
        stock,
        claim: window(1),
        usable: window(2),
        per_shopper: 1,
        eligibility: Eligibility::Everyone,
        discount: Discount::Fixed { amount: Money::new(5_000) },
        minimum_spend: Money::ZERO,
        budget: None,
        platform_share: BasisPoints::WHOLE,
        restoration: Restoration::Never,
    };
    let operator = mint.token("sale-operator", &["operator"], &[], TOKEN_TTL)?;
    let head = |line: &str, more: &str| {
        format!("{line} HTTP/1.1\r\nhost: {door}\r\nauthorization: Bearer {operator}\r\n{more}\r\n")
    };
    let body = serde_json::to_string(&terms)?;
    let put = head(
        &format!("PUT /v1/campaigns/{campaign}"),
        &format!(
            "idempotency-key: define-{campaign}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
            body.len()
        ),
    ) + &body;
    let get = head(&format!("GET /v1/campaigns/{campaign}"), "");
    let deadline = Instant::now() + DEFINED_WITHIN;
    let mut connection = Connection::to(door);
    until(&mut connection, &put, deadline, "defining the campaign").await?;
    until(&mut connection, &get, deadline, "finding the campaign").await
}

/// Sends the same request until it is answered with 200; an answer that will never change ends it.
async fn until(connection: &mut Connection, request: &str, deadline: Instant, what: &str) -> anyhow::Result<()> {
    loop {
        let said = match timeout(Duration::from_secs(15), connection.exchange(request.as_bytes())).await {
            Ok(Ok(Response { status: 200 | 201, .. })) => return Ok(()),
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
pub fn claims(door: SocketAddr, campaign: &CampaignId, shoppers: u32, mint: &Mint) -> anyhow::Result<Vec<Claim>> {
    let path = format!("/v1/campaigns/{campaign}/claims");
    let route = format!("POST {path}");
    (0..shoppers)
        .map(|number| {
            let shopper = ShopperId::new(&format!("shopper-{number}"))?;
            let key = format!("claim-{number:010}");
            let request = RequestId::of(shopper.as_str(), &route, &key);
            let token = mint.token(shopper.as_str(), &["shopper"], &[], TOKEN_TTL)?;
            let post = format!(
                "POST {path} HTTP/1.1\r\nhost: {door}\r\nauthorization: Bearer {token}\r\nidempotency-key: {key}\r\n\
                 content-length: 0\r\n\r\n"
            );
            let lookup =
                format!("GET /v1/requests/{request} HTTP/1.1\r\nhost: {door}\r\nauthorization: Bearer {token}\r\n\r\n");
            Ok(Claim { shopper, request, post: post.into_bytes(), lookup: lookup.into_bytes() })
        })
        .collect()
}

//! Shoppers who come at a steady rate until they are told to stop: each claims a coupon, and some order a unit that they never pay for. There is
//! a campaign in each partition of the inbox. When each was answered stands in the client log, so the beginning and the end of an outage can be
//! read from it, for each partition.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use audit::client_log::{Answered, ClientLogWriter, Entry, Send, Subject};
use events::ids::{CampaignId, ShopperId, Sku};
use events::manifest::Manifest;
use events::topics::COUPONS_INBOX;
use serde::Serialize;
use streams::partitioner::partition_for_key;
use tokio::task::LocalSet;
use tokio::time::{MissedTickBehavior, interval};
use web::jwt::TokenIssuer;

use super::answer::{to_order, to_order_lookup};
use super::api_client::{address, new_campaign, now, open_campaign, stock_up};
use super::caller::Caller;
use super::claim_load::CLAIMS;
use super::order_load::catalogue;
use super::request::{PreparedRequest, RequestKind, send_until_decided};
use super::wire::Connection;

/// Coupons, and units of the product: more than any run asks for.
const PLENTY: u32 = 1_000_000;

/// How long a client waits before it asks again what became of its order.
const LOOKUPS_APART: Duration = Duration::from_millis(100);

const ORDERS: RequestKind =
    RequestKind { answer: to_order, lookup: to_order_lookup, lookups_apart: (LOOKUPS_APART, LOOKUPS_APART) };

/// Who comes how often.
#[derive(Clone, Debug)]
pub struct Steady {
    /// The ingress, `http://host:port`.
    pub base_url: String,
    /// Claims a second.
    pub rate: f64,
    /// Every how manieth shopper orders, too; 0: none.
    pub order_every: u32,
    /// How long a client keeps trying.
    pub give_up_after: Duration,
    /// Where the client log goes.
    pub client_log: PathBuf,
}

/// What it came to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Came {
    /// When the times of the client log begin, milliseconds since 1970.
    pub began_ms: i64,
    /// The campaigns of the claims, by the partition of the inbox that they belong to.
    pub campaigns: Vec<CampaignId>,
    /// Requests that were answered with a decision, and refused or given up.
    pub decided: u64,
    /// Those that were refused by ingress or never answered.
    pub undecided: u64,
}

/// Lets shoppers come until `stop` is set, and waits until each was answered or has given up. `begun` is called once the campaign is open.
/// Blocks.
///
/// # Errors
/// When the campaign cannot be opened or the client log not be written.
pub fn run(load: &Steady, issuer: &TokenIssuer, stop: &AtomicBool, begun: impl FnOnce()) -> anyhow::Result<Came> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, hold(load, issuer, stop, begun))
}

/// A new campaign in each partition of the inbox.
fn one_a_partition() -> anyhow::Result<Vec<CampaignId>> {
    let manifest = Manifest::embedded()?;
    let partitions = manifest.topics.get(COUPONS_INBOX.name()).map_or(1, |spec| spec.partitions);
    let mut found: BTreeMap<i32, CampaignId> = BTreeMap::new();
    while found.len() < usize::try_from(partitions)? {
        let campaign = new_campaign(fastrand::u64(..))?;
        found.entry(partition_for_key(campaign.as_str().as_bytes(), partitions)).or_insert(campaign);
    }
    Ok(found.into_values().collect())
}

struct Shop {
    ingress: SocketAddr,
    campaigns: Vec<CampaignId>,
    product: Sku,
    give_up_after: Duration,
    began: Instant,
    log: RefCell<ClientLogWriter<File>>,
    decided: Cell<u64>,
    undecided: Cell<u64>,
    broken: RefCell<Option<anyhow::Error>>,
}

async fn hold(load: &Steady, issuer: &TokenIssuer, stop: &AtomicBool, begun: impl FnOnce()) -> anyhow::Result<Came> {
    let ingress = address(&load.base_url)?;
    let campaigns = one_a_partition()?;
    for campaign in &campaigns {
        open_campaign(ingress, campaign, PLENTY, issuer).await?;
    }
    let Some(first) = campaigns.first() else { anyhow::bail!("the inbox has no partition") };
    let mut products = catalogue(first.as_str(), &[0; 10], now())?;
    products.truncate(1);
    products.iter_mut().for_each(|product| product.stock = PLENTY);
    stock_up(ingress, &products, issuer).await?;
    let Some(product) = products.pop() else { anyhow::bail!("nothing is for sale") };
    let (began, began_ms) = (Instant::now(), now().as_millis());
    let shop = Rc::new(Shop {
        ingress,
        campaigns,
        product: product.sku,
        give_up_after: load.give_up_after,
        began,
        log: RefCell::new(ClientLogWriter::new(File::create(&load.client_log)?)),
        decided: Cell::new(0),
        undecided: Cell::new(0),
        broken: RefCell::new(None),
    });
    begun();
    let mut shoppers = Vec::new();
    let mut ticks = interval(Duration::from_secs_f64(1.0 / load.rate));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for number in 0_u32.. {
        ticks.tick().await;
        if stop.load(Ordering::Relaxed) || shop.broken.borrow().is_some() {
            break;
        }
        let place = usize::try_from(number)?.checked_rem(shop.campaigns.len()).unwrap_or(0);
        let Some(campaign) = shop.campaigns.get(place) else { break };
        let shopper = ShopperId::new(&format!("steady-{began_ms}-{number}"))?;
        let caller = Caller::shopper(ingress, shopper.as_str(), issuer)?;
        let path = format!("/v1/campaigns/{campaign}/claims");
        let claim = caller.ask("POST", &path, &format!("claim-{number:010}"), "");
        let subject = Subject::Claim(campaign.clone());
        shoppers.push(tokio::task::spawn_local(Rc::clone(&shop).ask(shopper.clone(), claim, subject, &CLAIMS)));
        if load.order_every > 0 && number.is_multiple_of(load.order_every) {
            let body = serde_json::json!({ "lines": [{ "sku": shop.product, "quantity": 1 }] }).to_string();
            let order = caller.ask("POST", "/v1/orders", &format!("order-{number:010}"), &body);
            let subject = Subject::Placement(order.request.order());
            shoppers.push(tokio::task::spawn_local(Rc::clone(&shop).ask(shopper, order, subject, &ORDERS)));
        }
        shoppers.retain(|shopper| !shopper.is_finished());
    }
    for shopper in shoppers {
        shopper.await?;
    }
    let Some(shop) = Rc::into_inner(shop) else { anyhow::bail!("a shopper outlived the shop") };
    if let Some(error) = shop.broken.into_inner() {
        return Err(error);
    }
    shop.log.into_inner().finish()?;
    Ok(Came { began_ms, campaigns: shop.campaigns, decided: shop.decided.get(), undecided: shop.undecided.get() })
}

impl Shop {
    async fn ask(
        self: Rc<Self>,
        shopper: ShopperId,
        ask: PreparedRequest,
        subject: Subject,
        kind: &'static RequestKind,
    ) {
        let mut connection = Connection::to(self.ingress);
        let sent = self.began.elapsed();
        let deadline = Instant::now() + self.give_up_after;
        let (answered, attempts) = send_until_decided(&ask, kind, &mut connection, deadline).await;
        let is_decided = !matches!(answered, Answered::NotAccepted { .. } | Answered::Unknown { .. });
        let counted = if is_decided { &self.decided } else { &self.undecided };
        counted.set(counted.get() + 1);
        let us = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let scenario = matches!(subject, Subject::Placement(_)).then_some("walk_away".into());
        let entry = Entry {
            request: ask.request,
            subject,
            shopper,
            scenario,
            send: Send::First,
            attempts,
            scheduled_us: us(sent),
            sent_us: us(sent),
            answered_us: us(self.began.elapsed()),
            answered,
        };
        if let Err(error) = self.log.borrow_mut().write(&entry) {
            self.broken.borrow_mut().get_or_insert(error.into());
        }
    }
}

//! One service, its emitter, its tokens, and somebody who plays the processor.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use events::codec::{self, Message};
use events::coupons::{CampaignTerms, CouponCommand, CouponEvent, CouponFact, Discount, Refusal, StockCount};
use events::envelope::Envelope;
use events::ids::{CampaignId, RequestId, SellerId, ShopperId};
use events::inventory::{InventoryCommand, ProductTerms};
use events::money::Money;
use events::orders::OrderCommand;
use events::prices::PriceCommand;
use events::request::{Outcome, Reply};
use events::settlement::SettlementCommand;
use events::time::{Timestamp, Window};
use http_body_util::{BodyExt, Full};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use prometheus::Registry;
use serde_json::{Value, json};
use streams::record::Outgoing;
use streams::simulated::MemoryEmitter;
use tokio::task::JoinHandle;
use warp::http::{HeaderMap, Method, Request, StatusCode};
use warp::reply::Response;

use super::fake_orders::MemoryShop;
use super::fake_settlements::MemoryAccounts;
use crate::config::Config;
use crate::reads::Reads;
use crate::request::Peer;
use crate::serve::{Parts, assemble};
use crate::service::Service;
use crate::state::{State, now};
use web::token::{Secret, Secrets};

pub(super) const SECRET: &[u8] = b"a secret of a test, at least 32 bytes long";
pub(super) const OLD_SECRET: &[u8] = b"the secret before, also at least 32 bytes long";

pub(super) struct Fixture {
    pub(super) state: Arc<State>,
    pub(super) service: Arc<Service>,
    pub(super) emitter: MemoryEmitter,
    pub(super) shop: MemoryShop,
    pub(super) accounts: MemoryAccounts,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) bytes: Bytes,
}

impl Answered {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }
    pub(super) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// Limits out of the way, short waits.
pub(super) fn config() -> Config {
    let mut config = Config::default();
    config.limits.caller.per_second = 1_000_000;
    config.limits.caller.burst = 1_000_000;
    config.limits.operator = config.limits.caller;
    config.limits.global.burst = 10_000_000;
    config.limits.global.per_second = 10_000_000;
    config.waiting.default_wait_ms = 60;
    config
}

pub(super) fn fixture() -> Fixture {
    fixture_of(config())
}

pub(super) fn fixture_of(config: Config) -> Fixture {
    let (emitter, shop, accounts) = (MemoryEmitter::new(4), MemoryShop::default(), MemoryAccounts::default());
    let secrets = Secrets::new(vec![Secret::new(SECRET).unwrap(), Secret::new(OLD_SECRET).unwrap()]).unwrap();
    let parts = Parts {
        emitter: Arc::new(emitter.clone()),
        reads: Reads {
            shop: Some(Arc::new(shop.clone())),
            accounts: Some(Arc::new(accounts.clone())),
            postgres_deadline: Duration::from_secs(1),
            ..Reads::default()
        },
        price_source: None,
        secrets,
        registry: Registry::new(),
        health: streams::service::Health::default(),
    };
    let state = assemble(config, parts, 3).unwrap();
    state.campaigns.set_current(true);
    let service = Arc::new(Service::new(Arc::clone(&state)));
    Fixture { state, service, emitter, shop, accounts }
}

pub(super) fn terms(stock: u32) -> CampaignTerms {
    let window = |from: i64, until: i64| Window {
        from: Timestamp::from_millis(now().as_millis() + from),
        until: Timestamp::from_millis(now().as_millis() + until),
    };
    CampaignTerms {
        stock,
        claim: window(-60_000, 3_600_000),
        usable: window(-60_000, 7_200_000),
        per_shopper: 1,
        eligibility: events::coupons::Eligibility::Everyone,
        discount: Discount::Fixed { amount: Money::new(1_000) },
        minimum_spend: Money::ZERO,
        budget: None,
        platform_share: events::money::BasisPoints::WHOLE,
        seller_initiated: false,
        restoration: events::coupons::Restoration::Never,
    }
}

pub(super) fn product_terms() -> ProductTerms {
    ProductTerms {
        seller: SellerId::new("seller-1").unwrap(),
        name: "녹차 100 g".into(),
        category: None,
        list_price: Money::new(20_000),
        sale: None,
        supply_price: Some(Money::new(9_000)),
        low_stock: None,
    }
}

/// What the payment provider sends.
pub(super) fn webhook(order: &str, status: &str) -> String {
    let data = json!({ "orderId": order, "paymentKey": "tviva1", "status": status, "totalAmount": 1_000 });
    json!({ "eventType": "PAYMENT_STATUS_CHANGED", "createdAt": "2026-01-01T00:00:00.000000", "data": data })
        .to_string()
}

pub(super) fn campaign(id: &str) -> CampaignId {
    CampaignId::new(id).unwrap()
}

pub(super) fn event(id: &str, version: u64, remaining: u32, fact: CouponFact) -> CouponEvent {
    let stock = StockCount { stock: 10, remaining, granted: 10 - remaining, ..StockCount::default() };
    CouponEvent { campaign: campaign(id), version, at: now(), stock, fact }
}

/// The claims of a token, good unless changed.
pub(super) fn claims(subject: &str, roles: &[&str]) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    json!({ "sub": subject, "roles": roles, "iss": "timesale", "aud": "timesale", "iat": now, "exp": now + 600 })
}

pub(super) fn signed(claims: &Value, secret: &[u8], algorithm: Algorithm) -> String {
    web::jwt::install();
    encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret)).unwrap()
}

pub(super) fn token(subject: &str, roles: &[&str]) -> String {
    signed(&claims(subject, roles), SECRET, Algorithm::HS256)
}

/// A request under construction.
#[derive(Clone)]
pub(super) struct Ask {
    method: Method,
    path: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Bytes,
}

pub(super) fn ask(method: &str, path: &str) -> Ask {
    Ask { method: method.parse().unwrap(), path: path.to_owned(), headers: Vec::new(), body: Bytes::new() }
}

pub(super) fn claim(shopper: &str, campaign: &str, key: &str) -> Ask {
    ask("POST", &format!("/v1/campaigns/{campaign}/claims")).shopper(shopper).header("idempotency-key", key)
}

impl Ask {
    pub(super) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }
    pub(super) fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }
    pub(super) fn shopper(self, id: &str) -> Self {
        let token = token(id, &["shopper"]);
        self.bearer(&token)
    }
    pub(super) fn seller(self, id: &str) -> Self {
        let mut named = claims("someone", &["seller"]);
        named["seller"] = id.into();
        self.bearer(&signed(&named, SECRET, Algorithm::HS256))
    }
    pub(super) fn operator(self) -> Self {
        let token = token("op", &["operator"]);
        self.bearer(&token)
    }
    pub(super) fn json(self, body: impl Into<Vec<u8>>) -> Self {
        self.header("content-type", "application/json").body(body)
    }
    pub(super) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Bytes::from(body.into());
        let length = self.body.len().to_string();
        self.header("content-length", length)
    }
}

impl Fixture {
    pub(super) fn define(&self, id: &str, stock: u32) {
        let fact = CouponFact::CampaignDefined { request: RequestId::derive(&[b"define"]), terms: terms(stock) };
        self.state.campaigns.apply(event(id, 1, 10, fact));
    }

    pub(super) async fn send(&self, ask: Ask) -> Answered {
        self.send_from(ask, IpAddr::V4(Ipv4Addr::LOCALHOST)).await
    }

    /// The answer, whose body has not been read yet.
    pub(super) async fn respond(&self, ask: Ask) -> Response {
        self.respond_to(ask, IpAddr::V4(Ipv4Addr::LOCALHOST)).await
    }

    async fn respond_to(&self, ask: Ask, peer: IpAddr) -> Response {
        let mut request = Request::builder().method(ask.method).uri(ask.path);
        for (name, value) in ask.headers {
            request = request.header(name, value);
        }
        self.service.answer(request.body(Full::new(ask.body)).unwrap(), Peer(peer)).await
    }

    pub(super) async fn send_from(&self, ask: Ask, peer: IpAddr) -> Answered {
        let (parts, body) = self.respond_to(ask, peer).await.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answered { status: parts.status, headers: parts.headers, bytes }
    }

    /// Commands to the coupon processor in the log.
    pub(super) fn commands(&self) -> Vec<CouponCommand> {
        self.emitter.emitted().iter().map(read).collect()
    }

    /// Commands to the orders processor in the log.
    pub(super) fn order_commands(&self) -> Vec<OrderCommand> {
        self.emitter.emitted().iter().map(read).collect()
    }

    /// Commands to the prices processor in the log.
    pub(super) fn price_commands(&self) -> Vec<PriceCommand> {
        self.emitter.emitted().iter().map(read).collect()
    }

    /// Commands to the settlement processor in the log.
    pub(super) fn settlement_commands(&self) -> Vec<SettlementCommand> {
        self.emitter.emitted().iter().map(read).collect()
    }

    /// Plays the coupon processor: answers every command in the log with `decide`, as soon as it is there, `count` times.
    pub(super) fn processor(
        &self,
        count: usize,
        decide: impl Fn(&CouponCommand) -> Outcome + Send + 'static,
    ) -> JoinHandle<()> {
        self.play(count, move |command: &CouponCommand| (Some(command.request()), decide(command)))
    }

    /// Plays the orders processor.
    pub(super) fn orders(
        &self,
        count: usize,
        decide: impl Fn(&OrderCommand) -> Outcome + Send + 'static,
    ) -> JoinHandle<()> {
        self.play(count, move |command: &OrderCommand| (command.request(), decide(command)))
    }

    /// Plays the prices processor.
    pub(super) fn prices(
        &self,
        count: usize,
        decide: impl Fn(&PriceCommand) -> Outcome + Send + 'static,
    ) -> JoinHandle<()> {
        self.play(count, move |command: &PriceCommand| (command.request(), decide(command)))
    }

    /// Plays the settlement processor.
    pub(super) fn settlement(
        &self,
        count: usize,
        decide: impl Fn(&SettlementCommand) -> Outcome + Send + 'static,
    ) -> JoinHandle<()> {
        self.play(count, move |command: &SettlementCommand| (command.request(), decide(command)))
    }

    /// Plays the inventory processor.
    pub(super) fn inventory(
        &self,
        count: usize,
        decide: impl Fn(&InventoryCommand) -> Outcome + Send + 'static,
    ) -> JoinHandle<()> {
        self.play(count, move |command: &InventoryCommand| (Some(command.request()), decide(command)))
    }

    fn play<M: Message + 'static>(
        &self,
        count: usize,
        decide: impl Fn(&M) -> (Option<RequestId>, Outcome) + Send + 'static,
    ) -> JoinHandle<()> {
        let (state, emitter) = (Arc::clone(&self.state), self.emitter.clone());
        let mut done = emitter.emitted().len();
        let until = done + count;
        tokio::spawn(async move {
            while done < until {
                for outgoing in emitter.emitted().iter().skip(done) {
                    let (request, outcome) = decide(&read(outgoing));
                    state.pending.resolve(Reply { request: request.unwrap(), at: now(), outcome });
                    done += 1;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
    }
}

fn read<M: Message>(outgoing: &Outgoing) -> M {
    let headers = outgoing.headers.iter().map(|(name, value)| (name.as_str(), value.as_ref()));
    codec::decode(outgoing.value.as_deref(), &Envelope::from_headers(headers)).unwrap()
}

pub(super) fn granted(command: &CouponCommand) -> Outcome {
    let CouponCommand::Claim { request, campaign, shopper, .. } = command else { panic!("not a claim") };
    Outcome::Granted {
        coupon: request.coupon(),
        campaign: campaign.clone(),
        shopper: shopper.clone(),
        expires_at: Timestamp::from_millis(77),
    }
}

pub(super) fn refused(reason: Refusal) -> impl Fn(&CouponCommand) -> Outcome {
    move |_| Outcome::Refused { reason }
}

pub(super) fn request_of(shopper: &str, campaign: &str, key: &str) -> RequestId {
    RequestId::of(shopper, &format!("POST /v1/campaigns/{campaign}/claims"), key)
}

pub(super) fn shopper(id: &str) -> ShopperId {
    ShopperId::new(id).unwrap()
}

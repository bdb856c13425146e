//! The stub's paths: what a price server has, and what it does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use events::ids::Sku;
use hyper::header::{
    CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH, LOCATION, RETRY_AFTER,
};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::json;
use streams::clock::now_ms;

use super::body::{Flow, Then};
use super::faults::{Dice, Fault, Faults};
use super::goods::{Goods, List, Offer};
use crate::server::{Cut, Service};

/// Drops of a flood: 16 MiB.
const FLOOD: u32 = 256;
const HOUR_MS: i64 = 60 * 60 * 1000;

/// A price server.
pub(crate) struct Stub {
    goods: Goods,
    dice: Dice,
    asked: AtomicU64,
    unchanged: AtomicU64,
}

impl Stub {
    pub(crate) fn new() -> Self {
        Self {
            goods: Goods::new(),
            dice: Dice::new(Faults::default()),
            asked: AtomicU64::new(0),
            unchanged: AtomicU64::new(0),
        }
    }

    /// What a price server says to whoever asks what it offers.
    async fn offers(&self, request: &Request<Bytes>) -> Result<Response<Flow>, Cut> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let (delay, fault) = self.dice.next();
        tokio::time::sleep(delay).await;
        if let Some(fault) = fault {
            return self.wrong(fault).await;
        }
        // Before the list: a change in between makes the answer newer than its name, never older.
        let tag = HeaderValue::from_str(&self.goods.tag()).map_err(|_| Cut)?;
        if request.headers().get(IF_NONE_MATCH) == Some(&tag) {
            self.unchanged.fetch_add(1, Ordering::Relaxed);
            return Ok(with(said(StatusCode::NOT_MODIFIED, Bytes::new()), ETAG, tag));
        }
        Ok(with(said(StatusCode::OK, text(&self.goods.list())?), ETAG, tag))
    }

    async fn wrong(&self, fault: Fault) -> Result<Response<Flow>, Cut> {
        let list = self.goods.list();
        let right = text(&list)?;
        let flow = |flow| answer(StatusCode::OK, flow);
        let half = right.slice(..right.len() / 2);
        Ok(match fault {
            Fault::Error => said(StatusCode::SERVICE_UNAVAILABLE, "{}"),
            Fault::TooMany => {
                with(said(StatusCode::TOO_MANY_REQUESTS, "{}"), RETRY_AFTER, HeaderValue::from_static("1"))
            }
            Fault::Hang => std::future::pending().await,
            Fault::Cut => return Err(Cut),
            Fault::CutMidway => flow(Flow::new(half, Then::Cut)),
            Fault::LongLength => {
                let length = HeaderValue::from(right.len() + 1000);
                with(flow(Flow::new(right, Then::Silence)), CONTENT_LENGTH, length)
            }
            Fault::ShortLength => {
                let length = HeaderValue::from(half.len());
                with(flow(Flow::new(right, Then::Silence)), CONTENT_LENGTH, length)
            }
            Fault::Flood => flow(Flow::new(Bytes::new(), Then::Flood(FLOOD))),
            Fault::Trickle => flow(Flow::trickle(right)),
            Fault::NotJson => said(StatusCode::OK, "<html><body>upstream said something"),
            Fault::WrongShape => said(StatusCode::OK, r#"{"offers":{"tea-kettle":24900}}"#),
            Fault::WrongRows => said(StatusCode::OK, r#"{"offers":[{"sku":"tea kettle","price":-1},7,null]}"#),
            Fault::Redirect => {
                let elsewhere = HeaderValue::from_static("http://127.0.0.1:9/v1/offers");
                with(said(StatusCode::FOUND, ""), LOCATION, elsewhere)
            }
            Fault::Old => {
                let seen_at = Some(now_ms() - HOUR_MS);
                let mut list = list;
                list.offers.iter_mut().for_each(|named| named.offer.seen_at = seen_at);
                said(StatusCode::OK, text(&list)?)
            }
        })
    }

    /// What whoever runs the stub says.
    fn told(&self, method: &Method, path: &[&str], body: &[u8]) -> Option<serde_json::Value> {
        match (method, path) {
            (&Method::PUT, ["offers"]) => {
                let List { offers } = serde_json::from_slice(body).ok()?;
                self.goods.change(|goods| *goods = offers.into_iter().map(|named| (named.sku, named.offer)).collect());
            }
            (&Method::DELETE, ["offers"]) => self.goods.change(|goods| goods.clear()),
            (&Method::PUT, ["offers", sku]) => {
                let (sku, offer) = (Sku::new(sku).ok()?, serde_json::from_slice::<Offer>(body).ok()?);
                self.goods.change(|goods| goods.extend([(sku, offer)]));
            }
            (&Method::DELETE, ["offers", sku]) => {
                let sku = Sku::new(sku).ok()?;
                self.goods.change(|goods| goods.retain(|offered, _| *offered != sku));
            }
            (&Method::POST, ["faults"]) => self.dice.set(serde_json::from_slice(body).ok()?),
            (&Method::GET, ["calls"]) => {
                let (asked, unchanged) = (self.asked.load(Ordering::Relaxed), self.unchanged.load(Ordering::Relaxed));
                return Some(json!({"asked": asked, "unchanged": unchanged}));
            }
            _ => return None,
        }
        Some(json!({}))
    }
}

impl Service for Stub {
    type Body = Flow;

    async fn answer(self: &Arc<Self>, request: Request<Bytes>) -> Result<Response<Flow>, Cut> {
        let path = request.uri().path().to_owned();
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        match (request.method(), parts.as_slice()) {
            (&Method::GET, ["v1", "offers"]) => self.offers(&request).await,
            (&Method::GET, ["livez" | "readyz"]) => Ok(said(StatusCode::OK, "{}")),
            (method, ["stub", rest @ ..]) => match self.told(method, rest, request.body()) {
                Some(value) => Ok(said(StatusCode::OK, value.to_string())),
                None => Ok(said(StatusCode::BAD_REQUEST, "{}")),
            },
            _ => Ok(said(StatusCode::NOT_FOUND, "{}")),
        }
    }
}

fn text(list: &List) -> Result<Bytes, Cut> {
    serde_json::to_vec(list).map(Bytes::from).map_err(|_| Cut)
}

fn said(status: StatusCode, body: impl Into<Bytes>) -> Response<Flow> {
    answer(status, Flow::new(body, Then::End))
}

fn answer(status: StatusCode, body: Flow) -> Response<Flow> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    with(response, CONTENT_TYPE, HeaderValue::from_static("application/json"))
}

fn with(mut response: Response<Flow>, name: HeaderName, value: HeaderValue) -> Response<Flow> {
    response.headers_mut().insert(name, value);
    response
}

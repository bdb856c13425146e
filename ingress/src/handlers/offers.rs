//! `/v1/products/{sku}/offers/{source}`: what a product costs elsewhere, pushed by whoever watches. Ingress checks that it can be
//! read; whether it is believed, the prices processor decides.

use events::ids::{OfferSource, RequestId, Sku};
use events::money::Money;
use events::prices::{LONGEST_FRESH_MS, PriceCommand};
use events::request::{Fingerprint, Outcome};
use events::time::Timestamp;
use projections::Subject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warp::http::StatusCode;

use super::{Answer, apply, definitions, json, products::sku_of};
use crate::admission::Admission;
use crate::auth::Caller;
use crate::handlers::Request;
use crate::problem::{Code, Problem};
use crate::request::{body, idempotency};
use crate::state::now;

/// For how long an offer is believed unless it says, milliseconds.
const USUAL_FRESH_MS: u32 = 60_000;

/// What a product costs elsewhere.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Offered {
    /// What a unit costs there, minor units.
    price: Money,
    /// When that was seen, milliseconds since 1970; now, unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seen_at: Option<Timestamp>,
    /// For how long after that it is believed, milliseconds, 1 to 86400000; 60000 unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fresh_ms: Option<u32>,
    /// When the source itself ends the offer, milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
}

/// An offer counts, or is withdrawn.
#[derive(Serialize, JsonSchema)]
pub(crate) struct OfferApplied {
    /// The product.
    sku: Sku,
    /// Whose offer.
    source: OfferSource,
    /// The version of the product's price after the command; unchanged if the command changed nothing of it.
    version: u64,
}

impl Offered {
    fn check(&self) -> Result<(), Problem> {
        let is_instant = |at: Option<Timestamp>| at.is_none_or(Timestamp::is_plausible);
        let rules = [
            (self.price.is_plausible() && self.price > Money::ZERO, "/price", "must be 1 to 1000000000000"),
            (is_instant(self.seen_at), "/seen_at", "must be an instant from 1970 to 9999"),
            (
                self.fresh_ms.is_none_or(|fresh_ms| (1..=LONGEST_FRESH_MS).contains(&fresh_ms)),
                "/fresh_ms",
                "must be 1 to 86400000",
            ),
            (is_instant(self.until), "/until", "must be an instant from 1970 to 9999"),
        ];
        match rules.into_iter().find(|(holds, _, _)| !holds) {
            Some((_, field, rule)) => Err(Problem::new(Code::InvalidField).pointer(field).detail(rule)),
            None => Ok(()),
        }
    }
}

/// `PUT`: the source offers the product for so much.
///
/// # Errors
/// Whatever is wrong with the offer; the processor's refusals among them.
pub(crate) async fn put(caller: Caller, request: Request) -> Answer {
    let Request { state, call, body, path: [segment, source], key, .. } = request;
    let (sku, source) = (sku_of(&segment)?, source_of(&source)?);
    let key = key.as_deref();
    let offered: Offered = body::parse_json(&call, body)?;
    offered.check()?;
    let canonical = serde_json::to_vec(&offered).map_err(|_| Problem::new(Code::Internal))?;
    let subject = Subject::Product(sku.clone());
    let route = format!("PUT /v1/products/{sku}/offers/{source}");
    let (request, fingerprint) = definitions::request(&state, &caller, &route, key, &canonical, &subject)?;
    let Offered { price, seen_at, fresh_ms, until } = offered;
    let command = PriceCommand::Offer {
        request: Some(request),
        sku,
        source,
        price,
        seen_at: seen_at.unwrap_or_else(now),
        fresh_ms: fresh_ms.unwrap_or(USUAL_FRESH_MS),
        until,
    };
    apply(&state, &call, Admission { request, subject, command, fingerprint, owner: caller.id }, None, decided).await
}

/// `DELETE`: the source offers the product no longer.
///
/// # Errors
/// As for [`put`].
pub(crate) async fn delete(caller: Caller, request: Request) -> Answer {
    let Request { state, call, body, path: [segment, source], key, .. } = request;
    let (sku, source) = (sku_of(&segment)?, source_of(&source)?);
    let key = key.as_deref();
    body::expect_empty(&call, body)?;
    let subject = Subject::Product(sku.clone());
    let request = key.map_or_else(idempotency::unrepeatable, |key| {
        let route = format!("DELETE /v1/products/{sku}/offers/{source}");
        RequestId::of(caller.id.as_str(), &route, key)
    });
    let fingerprint = Fingerprint::of(b"withdraw");
    let command = PriceCommand::WithdrawOffer { request: Some(request), sku, source };
    apply(&state, &call, Admission { request, subject, command, fingerprint, owner: caller.id }, None, decided).await
}

/// What a decision is to the client.
fn decided(request: RequestId, outcome: Outcome) -> Answer {
    match outcome {
        Outcome::OfferApplied { sku, source, version } => json(StatusCode::OK, &OfferApplied { sku, source, version }),
        Outcome::OfferRefused { reason } => Err(Problem::new(Code::Price(reason)).request(request).admitted()),
        other => {
            tracing::error!(%request, outcome = other.kind(), "a command about an offer was answered as if it were another");
            Err(Problem::new(Code::Internal).request(request))
        }
    }
}

fn source_of(segment: &str) -> Result<OfferSource, Problem> {
    OfferSource::new(segment).map_err(|error| Problem::new(Code::InvalidId).detail(error.to_string()))
}

//! `/v1/products/{sku}`: operators define products and say how many units there are; everybody with a token reads.

use events::ids::{Category, RequestId, SellerId, Sku};
use events::inventory::{InventoryCommand, ProductTerms, SalePrice, StockLevel};
use events::money::Money;
use events::request::Outcome;
use events::time::Timestamp;
use projections::{ProductRow, Subject};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warp::http::StatusCode;

use super::{Answer, definitions, json, read_when_there};
use crate::admission::Admission;
use crate::auth::Caller;
use crate::handlers::Request;
use crate::handlers::required;
use crate::problem::{Code, Problem};
use crate::request::{Call, body};
use crate::state::{State, now};

/// How many units have arrived, or are gone.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StockChange {
    /// How many more units are on hand; negative: how many fewer.
    change: i64,
}

/// A product was defined, or its terms were changed.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Defined {
    /// The product.
    sku: Sku,
    /// Its version after the command.
    version: u64,
}

/// A product's units were changed.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Stocked {
    /// The product.
    sku: Sku,
    /// Its version after the command.
    version: u64,
    /// Its units after the command.
    stock: StockLevel,
}

/// A product.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ProductShown {
    /// The product.
    sku: Sku,
    /// The number of its latest fact that shows here.
    version: u64,
    /// Who sells it; missing, like everything of its terms, when they are older than the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    seller: Option<SellerId>,
    /// What it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// What kind of product it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<Category>,
    /// What a unit costs outside the time sale, minor units.
    #[serde(skip_serializing_if = "Option::is_none")]
    list_price: Option<Money>,
    /// What a unit costs now, by this process's clock, minor units. What an order costs is decided when its units are held.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<Money>,
    /// The time sale, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    sale: Option<SalePrice>,
    /// Its units: those that can be ordered; for operators all of them.
    stock: StockShown,
    /// All of its terms, for operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    terms: Option<ProductTerms>,
    /// When it last changed, milliseconds since 1970.
    updated_at: Timestamp,
}

/// A product's units, as far as the caller may see.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum StockShown {
    /// For operators.
    Whole(StockLevel),
    /// For shoppers.
    Available {
        /// Can be ordered.
        available: u64,
    },
}

/// `PUT`: define a product, or change its terms.
///
/// # Errors
/// Whatever is wrong with the terms; the processor's refusals among them.
pub(crate) async fn put(caller: Caller, request: Request) -> Answer {
    let Request { state, call, body, path: [segment, _], key, .. } = request;
    let sku = sku_of(&segment)?;
    let key = key.as_deref();
    let terms: ProductTerms = body::parse_json(&call, body)?;
    terms.check().map_err(|error| Problem::new(Code::InvalidField).pointer(error.field).detail(error.rule))?;
    let canonical = serde_json::to_vec(&terms).map_err(|_| Problem::new(Code::Internal))?;
    let subject = Subject::Product(sku.clone());
    let route = format!("PUT /v1/products/{sku}");
    let (request, fingerprint) = definitions::request(&state, &caller, &route, key, &canonical, &subject)?;
    let command = InventoryCommand::DefineProduct { request, sku, terms };
    let admission = Admission { request, subject, command, fingerprint, owner: caller.id };
    apply(&state, &call, admission, |sku, version, _| json(StatusCode::OK, &Defined { sku, version })).await
}

/// `POST …/stock`: units have arrived, or are gone.
///
/// # Errors
/// As for [`put`].
pub(crate) async fn stock(caller: Caller, request: Request) -> Answer {
    let Request { state, call, body, path: [segment, _], key, .. } = request;
    let sku = sku_of(&segment)?;
    let key = required(key.as_deref())?;
    let StockChange { change } = body::parse_json(&call, body)?;
    let request = RequestId::of(caller.id.as_str(), &format!("POST /v1/products/{sku}/stock"), key);
    let subject = Subject::Product(sku.clone());
    let command = InventoryCommand::AdjustStock { request, sku, change };
    let fingerprint = command.fingerprint();
    let admission = Admission { request, subject, command, fingerprint, owner: caller.id };
    apply(&state, &call, admission, |sku, version, stock| json(StatusCode::OK, &Stocked { sku, version, stock })).await
}

/// `GET`: the product as the projections have it.
///
/// # Errors
/// `NOT_FOUND`, `UNAVAILABLE` when nothing can be read.
pub(crate) async fn get(caller: Caller, request: Request) -> Answer {
    let Request { state, call: _, path: [segment, _], .. } = request;
    let sku = sku_of(&segment)?;
    let row = read_when_there(|| state.reads.product(&sku, &state.metrics)).await?;
    json(StatusCode::OK, &shown(row, caller.is_operator()))
}

/// Admits a command and answers what became of it.
async fn apply(
    state: &State,
    call: &Call,
    admission: Admission<InventoryCommand>,
    carried_out: impl Fn(Sku, u64, StockLevel) -> Answer,
) -> Answer {
    super::apply(state, call, admission, None, |request, outcome| match outcome {
        Outcome::ProductApplied { sku, version, stock } => carried_out(sku, version, stock),
        Outcome::ProductRefused { reason } => Err(Problem::new(Code::Stock(reason)).request(request).admitted()),
        other => {
            tracing::error!(%request, outcome = other.kind(), "a command to a product was answered as if it were another");
            Err(Problem::new(Code::Internal).request(request))
        }
    })
    .await
}

/// The product that a path names.
///
/// # Errors
/// `INVALID_ID`.
pub(super) fn sku_of(segment: &str) -> Result<Sku, Problem> {
    Sku::new(segment).map_err(|error| Problem::new(Code::InvalidId).detail(error.to_string()))
}

fn shown(row: ProductRow, is_operator: bool) -> ProductShown {
    let unit = row.terms.as_ref().map(|terms| terms.unit(now()));
    let terms = row.terms;
    ProductShown {
        sku: row.sku,
        version: row.version,
        seller: terms.as_ref().map(|terms| terms.seller.clone()),
        name: terms.as_ref().map(|terms| terms.name.clone()),
        category: terms.as_ref().and_then(|terms| terms.category.clone()),
        list_price: terms.as_ref().map(|terms| terms.list_price),
        price: unit.map(|unit| unit.unit_price),
        sale: terms.as_ref().and_then(|terms| terms.sale),
        stock: if is_operator {
            StockShown::Whole(row.stock)
        } else {
            StockShown::Available { available: row.stock.available }
        },
        terms: terms.filter(|_| is_operator),
        updated_at: row.updated_at,
    }
}

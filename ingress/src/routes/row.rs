//! What a route is: one row. Its filter, authorisation, idempotency check, metrics and description derive from it.

use events::coupons::CampaignTerms;
use events::inventory::ProductTerms;
use events::settlement::SellerPolicy;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};
use warp::http::Method;

use crate::auth::{Caller, Role};
use crate::handlers::{self, Answering, Pending, Request};
pub(crate) use crate::limits::QuotaClass;
use crate::problem::{Code, Family, Problem};
use crate::request::{Call, idempotency};
use crate::state::State;

/// Who may call a route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    /// Anybody, without a token.
    Anybody,
    /// The payment provider, as far as its address and its token say so.
    Provider,
    /// Whoever has a token.
    Caller,
    /// A token with the role `shopper`.
    Shopper,
    /// A token with the role `operator`.
    Operator,
    /// A token with either of these roles.
    Either,
    /// A token with the role `seller`, which sees its own, or `operator`.
    SellerOrOperator,
}

/// Whether a route reads an `Idempotency-Key`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Key {
    /// It does not.
    Unread,
    /// Where there is one.
    Optional,
    /// There must be one.
    Required,
}

/// What a route reads beside the path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Body {
    /// Nothing.
    None,
    /// Nothing, or `{}`.
    Empty,
    /// A campaign's terms.
    CampaignTerms,
    /// A product's terms.
    ProductTerms,
    /// A change of a product's stock.
    StockChange,
    /// An order.
    Placement,
    /// A payment.
    Payment,
    /// What is cancelled; nothing is everything.
    Cancellation,
    /// What is refunded.
    Refund,
    /// A webhook.
    Webhook,
    /// How a seller is settled.
    SellerPolicy,
    /// What a product costs elsewhere.
    Offer,
}

/// One success of a route.
pub(crate) struct AnswerSpec {
    /// The status.
    pub(crate) status: u16,
    /// When.
    pub(crate) description: &'static str,
    /// The body, unless there is none or it is a text.
    pub(crate) schema: Option<fn(&mut SchemaGenerator) -> Schema>,
    /// The body's media type, where there is a schema.
    pub(crate) media_type: &'static str,
    /// Another media type that the same can be had as, a text.
    pub(crate) also_as: Option<&'static str>,
}

/// One route.
pub(crate) struct Route {
    pub(crate) method: Method,
    /// The path, with parameters in braces.
    pub(crate) template: &'static str,
    /// What metrics and the document call it.
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) access: Access,
    pub(crate) key: Key,
    pub(crate) body: Body,
    pub(crate) answers: &'static [AnswerSpec],
    /// Statuses of problems beyond those that every route of its kind has.
    pub(crate) problems: &'static [u16],
    /// Whose refusals are among the problems.
    pub(crate) family: Family,
    /// What it reads of the query and of the head beside what every route of its kind does.
    pub(crate) reads: Reads,
    /// What the caller's requests are counted against.
    pub(crate) quota: QuotaClass,
    /// What answers.
    pub(crate) handler: Handler,
}

/// What a route reads beside path and body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reads {
    /// Nothing.
    Nothing,
    /// A page of a list, and whether it is wanted as a table.
    Page,
    /// `If-None-Match`.
    Condition,
    /// `Last-Event-ID`.
    LastEvent,
    /// The token of the payment provider.
    Token,
}

/// The function of a route.
#[derive(Clone, Copy)]
pub(crate) enum Handler {
    /// It answers whoever asks.
    ForAnybody(fn(Request) -> Answering),
    /// It answers callers with a token that gives what [`Route::access`] demands.
    ForCaller(fn(Caller, Request) -> Answering),
}

impl Route {
    /// The caller, if they may call the route: limits that need no name are asked first, so that forging tokens is limited too.
    ///
    /// # Errors
    /// `RATE_LIMITED`, `TOKEN_MISSING`, `TOKEN_INVALID`, `FORBIDDEN`.
    pub(crate) fn authorise(&self, state: &State, call: &Call) -> Result<Caller, Problem> {
        let caller = state.authorise(call, self.quota)?;
        let roles: &[Role] = match self.access {
            Access::Anybody | Access::Provider | Access::Caller => return Ok(caller),
            Access::Shopper => &[Role::Shopper],
            Access::Operator => &[Role::Operator],
            Access::Either => &[Role::Shopper, Role::Operator],
            Access::SellerOrOperator => &[Role::Seller, Role::Operator],
        };
        if roles.iter().any(|role| caller.has(*role)) { Ok(caller) } else { Err(Problem::new(Code::Forbidden)) }
    }

    /// The idempotency key of a call to the route.
    ///
    /// # Errors
    /// `IDEMPOTENCY_KEY_MISSING`, `IDEMPOTENCY_KEY_INVALID`.
    pub(crate) fn key_of(&self, call: &Call) -> Result<Option<String>, Problem> {
        match self.key {
            Key::Unread => Ok(None),
            Key::Optional => Ok(idempotency::key(call)?.map(str::to_owned)),
            Key::Required => Ok(Some(idempotency::required_key(call)?.to_owned())),
        }
    }
}

impl Body {
    /// The most bytes that are read of it.
    pub(crate) const fn most(self) -> usize {
        match self {
            Self::None | Self::Empty | Self::StockChange | Self::Payment | Self::Offer => 1_024,
            Self::CampaignTerms | Self::ProductTerms | Self::Placement | Self::Cancellation | Self::Refund => {
                16 * 1_024
            }
            // 256 rules of commission.
            Self::Webhook | Self::SellerPolicy => 64 * 1_024,
        }
    }

    /// What it must be; nothing where there is none.
    pub(crate) fn schema(self, generator: &mut SchemaGenerator) -> Option<Value> {
        let schema = match self {
            Self::None => return None,
            Self::Empty => return Some(json!({ "type": "object", "additionalProperties": false })),
            Self::CampaignTerms => generator.subschema_for::<CampaignTerms>(),
            Self::ProductTerms => generator.subschema_for::<ProductTerms>(),
            Self::StockChange => generator.subschema_for::<handlers::products::StockChange>(),
            Self::Placement => generator.subschema_for::<handlers::orders::Placement>(),
            Self::Payment => generator.subschema_for::<handlers::orders::Payment>(),
            Self::Cancellation => generator.subschema_for::<handlers::orders::Cancellation>(),
            Self::Refund => generator.subschema_for::<handlers::orders::RefundAsked>(),
            Self::Webhook => generator.subschema_for::<handlers::webhooks::Webhook>(),
            Self::Offer => generator.subschema_for::<handlers::offers::Offered>(),
            Self::SellerPolicy => generator.subschema_for::<SellerPolicy>(),
        };
        Some(schema.to_value())
    }

    /// Whether there must be one.
    pub(crate) const fn is_required(self) -> bool {
        !matches!(self, Self::None | Self::Empty | Self::Cancellation)
    }
}

pub(super) const fn schema<T: JsonSchema>(status: u16, description: &'static str) -> AnswerSpec {
    let schema: fn(&mut SchemaGenerator) -> Schema = |generator| generator.subschema_for::<T>();
    AnswerSpec { status, description, schema: Some(schema), media_type: "application/json", also_as: None }
}

pub(super) const fn nothing(status: u16, description: &'static str) -> AnswerSpec {
    AnswerSpec { status, description, schema: None, media_type: "application/json", also_as: None }
}

pub(super) const PENDING: AnswerSpec =
    schema::<Pending>(202, "In the log, not decided yet; Location says where to look");

/// Statuses of the problems that a command's route may answer.
pub(super) const COMMAND: &[u16] = &[400, 403, 408, 409, 411, 413, 415, 422];

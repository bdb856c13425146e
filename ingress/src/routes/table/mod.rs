//! The table of routes: what the OpenAPI document says and what metrics name.

mod coupons;
mod door;
mod orders;
mod prices;
mod products;
mod settlements;

use events::coupons::CampaignTerms;
use events::inventory::ProductTerms;
use events::settlement::SellerPolicy;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};
use warp::http::Method;

use crate::handlers::{self, Pending};
use crate::problem::Family;

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
    pub(crate) id: RouteId,
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
}

/// The routes' names in the program; a place in [`TABLE`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RouteId {
    PostClaim,
    GetRequest,
    GetCampaign,
    PutCampaign,
    PauseCampaign,
    ResumeCampaign,
    EndCampaign,
    GetMyCoupons,
    GetProduct,
    PutProduct,
    PostStock,
    PostOrder,
    GetOrder,
    GetOrderEvents,
    PostPayment,
    CancelOrder,
    ShipOrder,
    DeliverOrder,
    ConfirmPurchase,
    RefundOrder,
    PostTossWebhook,
    GetPrice,
    PutOffer,
    DeleteOffer,
    PutSeller,
    CloseDay,
    GetSettlements,
    GetSettlementLines,
    Livez,
    Readyz,
    Metrics,
    OpenApi,
    Docs,
    DocsStyle,
}

impl RouteId {
    /// Its place in the table.
    pub(crate) const fn place(self) -> usize {
        self as usize
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

const fn schema<T: JsonSchema>(status: u16, description: &'static str) -> AnswerSpec {
    let schema: fn(&mut SchemaGenerator) -> Schema = |generator| generator.subschema_for::<T>();
    AnswerSpec { status, description, schema: Some(schema), media_type: "application/json", also_as: None }
}

const fn nothing(status: u16, description: &'static str) -> AnswerSpec {
    AnswerSpec { status, description, schema: None, media_type: "application/json", also_as: None }
}

const PENDING: AnswerSpec = schema::<Pending>(202, "In the log, not decided yet; Location says where to look");

/// Statuses of the problems that a command's route may answer.
const COMMAND: &[u16] = &[400, 403, 408, 409, 411, 413, 415, 422];

/// Every route, in order of [`RouteId`].
pub(crate) static TABLE: [Route; 34] = [
    coupons::POST_CLAIM,
    coupons::GET_REQUEST,
    coupons::GET_CAMPAIGN,
    coupons::PUT_CAMPAIGN,
    coupons::PAUSE_CAMPAIGN,
    coupons::RESUME_CAMPAIGN,
    coupons::END_CAMPAIGN,
    coupons::GET_MY_COUPONS,
    products::GET_PRODUCT,
    products::PUT_PRODUCT,
    products::POST_STOCK,
    orders::POST_ORDER,
    orders::GET_ORDER,
    orders::GET_ORDER_EVENTS,
    orders::POST_PAYMENT,
    orders::CANCEL_ORDER,
    orders::SHIP_ORDER,
    orders::DELIVER_ORDER,
    orders::CONFIRM_PURCHASE,
    orders::REFUND_ORDER,
    orders::POST_TOSS_WEBHOOK,
    prices::GET_PRICE,
    prices::PUT_OFFER,
    prices::DELETE_OFFER,
    settlements::PUT_SELLER,
    settlements::CLOSE_DAY,
    settlements::GET_SETTLEMENTS,
    settlements::GET_SETTLEMENT_LINES,
    door::LIVEZ,
    door::READYZ,
    door::METRICS,
    door::OPENAPI,
    door::DOCS,
    door::DOCS_STYLE,
];

/// The methods that a path allows, for `Allow`.
pub(crate) fn allowed(path: &str) -> String {
    // warp takes a path with a slash at its end for the same path.
    let path = path.strip_suffix('/').unwrap_or(path);
    let matches = |template: &str| {
        let (mut given, mut wanted) = (path.split('/'), template.split('/'));
        loop {
            match (given.next(), wanted.next()) {
                (None, None) => return true,
                (Some(part), Some(name)) if part == name || (name.starts_with('{') && !part.is_empty()) => {}
                _ => return false,
            }
        }
    };
    let mut methods: Vec<&str> = Vec::new();
    for route in TABLE.iter().filter(|route| matches(route.template)) {
        methods.push(route.method.as_str());
        if route.method == Method::GET {
            methods.push("HEAD");
        }
    }
    methods.join(", ")
}

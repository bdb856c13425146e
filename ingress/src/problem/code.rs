//! What can be wrong: one closed list of codes, each with its status and title.

use events::coupons::Refusal;
use events::inventory::StockRefusal;
use events::orders::OrderRefusal;
use events::payments::Decline;
use events::prices::PriceRefusal;
use events::settlement::SettlementRefusal;
use warp::http::StatusCode;

use super::titles::{order_title, price_title, refusal_title, settlement_title, stock_title};

/// What is wrong. The code is part of the interface: clients may switch on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Code {
    /// The request breaks a rule of HTTP.
    BadRequest,
    /// The body is not JSON, names a field twice, or is nested too deeply.
    MalformedJson,
    /// An id in the path is not an id.
    InvalidId,
    /// A parameter of the query is not one of the route's, is named twice, or is not what it must be.
    InvalidParameter,
    /// The route needs an `Idempotency-Key`.
    KeyMissing,
    /// The `Idempotency-Key` is not one.
    KeyInvalid,
    /// No token.
    TokenMissing,
    /// Not a token, or not one for this place and time.
    TokenInvalid,
    /// The token does not give the role.
    Forbidden,
    /// There is no such thing, or it is somebody else's.
    NotFound,
    /// The thing is there, the method is not.
    MethodNotAllowed,
    /// The body did not arrive in time.
    BodyTimeout,
    /// A body must say how long it is.
    LengthRequired,
    /// The body is too large.
    BodyTooLarge,
    /// The body is not `application/json`.
    UnsupportedMediaType,
    /// The body is JSON, but not what the route asks for.
    InvalidField,
    /// A rate limit.
    RateLimited,
    /// The log or the processors cannot take more at the moment.
    Overloaded,
    /// The request may or may not be in the log.
    OutcomeUnknown,
    /// The projections cannot be read at the moment.
    Unavailable,
    /// Something that must not happen.
    Internal,
    /// JSON, but not a webhook of the provider.
    NotAWebhook,
    /// A webhook from an address, or with a token, that is not the provider's.
    SenderRefused,
    /// The coupon processor's refusal, or the cache of campaigns's.
    Refused(Refusal),
    /// The inventory processor's refusal of a command to a product.
    Stock(StockRefusal),
    /// An order's line cannot be had.
    Line(StockRefusal),
    /// The orders processor's refusal.
    Order(OrderRefusal),
    /// The payment provider refused to charge.
    PaymentDeclined(Decline),
    /// The payment provider gave no money back.
    RefundRefused,
    /// The settlement processor's refusal.
    Settlement(SettlementRefusal),
    /// The prices processor's refusal.
    Price(PriceRefusal),
}

/// Whose refusals a route may answer, beside what every route may.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Family {
    /// Nobody's.
    None,
    /// The coupon processor's.
    Coupons,
    /// The inventory processor's.
    Stock,
    /// The orders processor's, and of those it asks.
    Orders,
    /// What is wrong with a webhook.
    Webhooks,
    /// The settlement processor's.
    Settlement,
    /// The prices processor's.
    Prices,
}

impl Family {
    /// The family's codes.
    pub(crate) fn codes(self) -> Vec<Code> {
        match self {
            Self::None => Vec::new(),
            Self::Coupons => Refusal::ALL.map(Code::Refused).to_vec(),
            Self::Stock => StockRefusal::ALL.map(Code::Stock).to_vec(),
            Self::Orders => {
                let mut codes = OrderRefusal::ALL.map(Code::Order).to_vec();
                codes.extend([Code::PaymentDeclined(Decline::TryAnother), Code::RefundRefused]);
                codes.extend(StockRefusal::ALL.map(Code::Line));
                codes.extend(Refusal::ALL.map(Code::Refused));
                codes
            }
            Self::Webhooks => vec![Code::NotAWebhook, Code::SenderRefused],
            Self::Settlement => SettlementRefusal::ALL.map(Code::Settlement).to_vec(),
            Self::Prices => PriceRefusal::ALL.map(Code::Price).to_vec(),
        }
    }
}

impl Code {
    /// The codes that any route may answer, in order of status.
    pub(crate) const OWN: [Self; 21] = [
        Self::BadRequest,
        Self::MalformedJson,
        Self::InvalidId,
        Self::InvalidParameter,
        Self::KeyMissing,
        Self::KeyInvalid,
        Self::TokenMissing,
        Self::TokenInvalid,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::BodyTimeout,
        Self::LengthRequired,
        Self::BodyTooLarge,
        Self::UnsupportedMediaType,
        Self::InvalidField,
        Self::RateLimited,
        Self::Internal,
        Self::Overloaded,
        Self::OutcomeUnknown,
        Self::Unavailable,
    ];

    /// Every code, each pair of status and name once. A name may have two statuses: a product that is not there is 404 where
    /// it is asked for, and 409 where an order names it.
    pub(crate) fn catalogue() -> Vec<Self> {
        let families =
            [Family::Webhooks, Family::Coupons, Family::Stock, Family::Orders, Family::Settlement, Family::Prices];
        let all = Self::OWN.into_iter().chain(families.into_iter().flat_map(Family::codes));
        let mut catalogue: Vec<Self> = Vec::new();
        for code in all {
            let (status, name, _) = code.facts();
            let is_new = catalogue.iter().all(|known| (known.facts().0, known.facts().1) != (status, name));
            if is_new {
                catalogue.push(code);
            }
        }
        catalogue
    }

    /// Status, code and title.
    pub(crate) fn facts(self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            Self::BadRequest => (S::BAD_REQUEST, "BAD_REQUEST", "The request breaks a rule of HTTP"),
            Self::MalformedJson => (S::BAD_REQUEST, "MALFORMED_JSON", "The body is not strict JSON"),
            Self::InvalidId => (S::BAD_REQUEST, "INVALID_ID", "An id in the path is not an id"),
            Self::InvalidParameter => {
                (S::BAD_REQUEST, "INVALID_PARAMETER", "A parameter of the query is not what this route asks for")
            }
            Self::KeyMissing => (S::BAD_REQUEST, "IDEMPOTENCY_KEY_MISSING", "The Idempotency-Key header is missing"),
            Self::KeyInvalid => (S::BAD_REQUEST, "IDEMPOTENCY_KEY_INVALID", "The Idempotency-Key header is not a key"),
            Self::TokenMissing => (S::UNAUTHORIZED, "TOKEN_MISSING", "A bearer token is needed"),
            Self::TokenInvalid => (S::UNAUTHORIZED, "TOKEN_INVALID", "The bearer token is not valid"),
            Self::Forbidden => (S::FORBIDDEN, "FORBIDDEN", "The token does not give the role this needs"),
            Self::NotFound => (S::NOT_FOUND, "NOT_FOUND", "There is no such thing"),
            Self::MethodNotAllowed => (S::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "The method is not allowed here"),
            Self::BodyTimeout => (S::REQUEST_TIMEOUT, "BODY_TIMEOUT", "The body did not arrive in time"),
            Self::LengthRequired => (S::LENGTH_REQUIRED, "LENGTH_REQUIRED", "A body must come with a Content-Length"),
            Self::BodyTooLarge => (S::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE", "The body is too large"),
            Self::UnsupportedMediaType => {
                (S::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", "The body must be application/json, not encoded")
            }
            Self::InvalidField => {
                (S::UNPROCESSABLE_ENTITY, "INVALID_FIELD", "The body is not what this route asks for")
            }
            Self::RateLimited => (S::TOO_MANY_REQUESTS, "RATE_LIMITED", "Too many requests"),
            Self::Overloaded => (S::SERVICE_UNAVAILABLE, "OVERLOADED", "Too much is going on, nothing was done"),
            Self::OutcomeUnknown => {
                (S::SERVICE_UNAVAILABLE, "OUTCOME_UNKNOWN", "The outcome is unknown, send the same key again")
            }
            Self::Unavailable => (S::SERVICE_UNAVAILABLE, "UNAVAILABLE", "This cannot be read at the moment"),
            Self::Internal => (S::INTERNAL_SERVER_ERROR, "INTERNAL", "Something went wrong"),
            Self::NotAWebhook => (S::BAD_REQUEST, "NOT_A_WEBHOOK", "The body is not a webhook of the provider"),
            Self::SenderRefused => (S::FORBIDDEN, "SENDER_REFUSED", "The sender is not the provider"),
            Self::Refused(refusal) => (refusal_status(refusal), refusal.code(), refusal_title(refusal)),
            Self::Stock(refusal) => (stock_status(refusal), refusal.code(), stock_title(refusal)),
            Self::Line(refusal) => (line_status(refusal), refusal.code(), stock_title(refusal)),
            Self::Order(refusal) => (order_status(refusal), refusal.code(), order_title(refusal)),
            Self::PaymentDeclined(_) => {
                (S::PAYMENT_REQUIRED, "PAYMENT_DECLINED", "The payment provider refused to charge; nothing was charged")
            }
            Self::RefundRefused => (S::BAD_GATEWAY, "REFUND_REFUSED", "The payment provider gave no money back"),
            Self::Settlement(refusal) => (settlement_status(refusal), refusal.code(), settlement_title(refusal)),
            Self::Price(refusal) => (price_status(refusal), refusal.code(), price_title(refusal)),
        }
    }

    /// Whether the same request, sent again later, may succeed.
    pub(crate) fn is_retryable(self) -> bool {
        match self {
            Self::BodyTimeout
            | Self::RateLimited
            | Self::Overloaded
            | Self::OutcomeUnknown
            | Self::Unavailable
            | Self::Internal => true,
            Self::Refused(refusal) => refusal.is_transient(),
            Self::Stock(refusal) | Self::Line(refusal) => refusal.is_transient(),
            Self::Order(refusal) => refusal.is_transient(),
            Self::Settlement(refusal) => refusal.is_transient(),
            Self::Price(refusal) => refusal.is_transient(),
            Self::PaymentDeclined(decline) => decline != Decline::Fault,
            _ => false,
        }
    }
}

fn refusal_status(refusal: Refusal) -> StatusCode {
    match refusal {
        Refusal::IdempotencyConflict | Refusal::InvalidTerms => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::CONFLICT,
    }
}

fn stock_status(refusal: StockRefusal) -> StatusCode {
    match refusal {
        StockRefusal::UnknownProduct => StatusCode::NOT_FOUND,
        StockRefusal::IdempotencyConflict
        | StockRefusal::InvalidQuantity
        | StockRefusal::InvalidTerms
        | StockRefusal::InvalidChange => StatusCode::UNPROCESSABLE_ENTITY,
        StockRefusal::TooManyRequests
        | StockRefusal::InsufficientStock
        | StockRefusal::NotHeld
        | StockRefusal::TermsFrozen => StatusCode::CONFLICT,
    }
}

/// The order was well formed; what it names is not to be had.
fn line_status(refusal: StockRefusal) -> StatusCode {
    match refusal {
        StockRefusal::UnknownProduct => StatusCode::CONFLICT,
        other => stock_status(other),
    }
}

fn order_status(refusal: OrderRefusal) -> StatusCode {
    match refusal {
        OrderRefusal::UnknownOrder => StatusCode::NOT_FOUND,
        OrderRefusal::IdempotencyConflict
        | OrderRefusal::InvalidOrder
        | OrderRefusal::UnknownLine
        | OrderRefusal::TooManyUnits
        | OrderRefusal::RefundAccountMissing => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::CONFLICT,
    }
}

fn settlement_status(refusal: SettlementRefusal) -> StatusCode {
    match refusal {
        SettlementRefusal::UnknownSeller => StatusCode::NOT_FOUND,
        SettlementRefusal::IdempotencyConflict | SettlementRefusal::InvalidPolicy => StatusCode::UNPROCESSABLE_ENTITY,
        SettlementRefusal::TooManyRequests
        | SettlementRefusal::TermsFrozen
        | SettlementRefusal::DayClosed
        | SettlementRefusal::DayAhead => StatusCode::CONFLICT,
    }
}

fn price_status(refusal: PriceRefusal) -> StatusCode {
    match refusal {
        PriceRefusal::UnknownProduct => StatusCode::NOT_FOUND,
        PriceRefusal::InvalidOffer | PriceRefusal::InvalidPrice => StatusCode::UNPROCESSABLE_ENTITY,
        PriceRefusal::OfferInFuture | PriceRefusal::OfferStale | PriceRefusal::TooManyOffers => StatusCode::CONFLICT,
    }
}

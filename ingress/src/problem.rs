//! Everything that is not a success: RFC 9457 problem details, from one closed list of codes. A handler returns a [`Problem`];
//! it is written once, at the door, where the request's id is known.

use std::borrow::Cow;

use events::coupons::Refusal;
use events::ids::RequestId;
use serde::Serialize;
use warp::http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use warp::http::{Response as HttpResponse, StatusCode};
use warp::reply::Response;

/// What is wrong. The code is part of the interface: clients may switch on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Code {
    /// The request breaks a rule of HTTP.
    BadRequest,
    /// The body is not JSON, names a field twice, or is nested too deeply.
    MalformedJson,
    /// An id in the path is not an id.
    InvalidId,
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
    /// The processor's refusal, or the board's.
    Refused(Refusal),
}

impl Code {
    /// Every code but the refusals, in order of status.
    pub(crate) const OWN: [Self; 20] = [
        Self::BadRequest,
        Self::MalformedJson,
        Self::InvalidId,
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

    /// Status, code and title.
    pub(crate) fn facts(self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            Self::BadRequest => (S::BAD_REQUEST, "BAD_REQUEST", "The request breaks a rule of HTTP"),
            Self::MalformedJson => (S::BAD_REQUEST, "MALFORMED_JSON", "The body is not strict JSON"),
            Self::InvalidId => (S::BAD_REQUEST, "INVALID_ID", "An id in the path is not an id"),
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
            Self::Refused(refusal) => (refusal_status(refusal), refusal.code(), refusal_title(refusal)),
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

fn refusal_title(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::IdempotencyConflict => "The same key was sent before with other content",
        Refusal::UnknownCampaign => "There is no such campaign",
        Refusal::NotOpen => "The campaign is not open yet",
        Refusal::Closed => "The campaign is closed",
        Refusal::Paused => "The campaign is paused",
        Refusal::AlreadyClaimed => "The shopper has as many coupons as the campaign allows",
        Refusal::NotEligible => "The campaign does not admit the shopper",
        Refusal::SoldOut => "No coupon remains",
        Refusal::BudgetExhausted => "The campaign's budget is exhausted",
        Refusal::NotOwner => "The shopper does not own the coupon",
        Refusal::NotUsable => "The coupon cannot be used",
        Refusal::MinSpend => "The order is smaller than the minimum spend",
        Refusal::NotRestorable => "The coupon cannot be restored",
        Refusal::InvalidTerms => "The terms break a rule",
        Refusal::TermsFrozen => "The change would break a promise already given",
    }
}

/// One problem.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    code: Code,
    detail: Option<Cow<'static, str>>,
    pointer: Option<&'static str>,
    request: Option<RequestId>,
    admitted: Option<bool>,
    retry_after_seconds: Option<u64>,
    violated_policy: Option<&'static str>,
    closes: bool,
}

/// The body, as RFC 9457 has it, with our members.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: Cow<'static, str>,
    title: &'static str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    code: &'static str,
    request_id: &'a str,
    retryable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<RequestId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    admitted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<&'static str>,
    #[serde(rename = "violated-policies", skip_serializing_if = "Option::is_none")]
    violated_policies: Option<[&'static str; 1]>,
}

impl Problem {
    pub(crate) fn new(code: Code) -> Self {
        let retry_after_seconds = match code {
            // Spread out, so that a crowd that was sent away together does not return together.
            Code::Overloaded | Code::Unavailable => Some(fastrand::u64(1..=3)),
            Code::OutcomeUnknown => Some(1),
            _ => None,
        };
        Self {
            code,
            detail: None,
            pointer: None,
            request: None,
            admitted: None,
            retry_after_seconds,
            violated_policy: None,
            closes: matches!(code, Code::BodyTimeout | Code::LengthRequired | Code::BodyTooLarge),
        }
    }

    /// A sentence about this very case. Text that came from outside is cut short.
    #[must_use]
    pub(crate) fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        const MOST: usize = 240;
        let mut detail = detail.into();
        if detail.chars().nth(MOST).is_some() {
            detail = detail.chars().take(MOST).chain(['…']).collect::<String>().into();
        }
        self.detail = Some(detail);
        self
    }

    /// The field it is about, as a JSON pointer.
    #[must_use]
    pub(crate) fn pointer(mut self, pointer: &'static str) -> Self {
        self.pointer = Some(pointer);
        self
    }

    /// The request it is about, where the log may know it.
    #[must_use]
    pub(crate) fn request(mut self, request: RequestId) -> Self {
        self.request = Some(request);
        self
    }

    /// Decided from the log.
    #[must_use]
    pub(crate) fn admitted(mut self) -> Self {
        self.admitted = Some(true);
        self
    }

    /// Refused at the door: this attempt has put nothing into the log.
    #[must_use]
    pub(crate) fn not_admitted(mut self) -> Self {
        self.admitted = Some(false);
        self
    }

    /// When to come back, at the earliest, and which policy says so.
    #[must_use]
    pub(crate) fn retry_after(mut self, seconds: u64, policy: &'static str) -> Self {
        self.retry_after_seconds = Some(seconds);
        self.violated_policy = Some(policy);
        self
    }

    /// The connection cannot be used after this.
    #[must_use]
    pub(crate) fn closing(mut self) -> Self {
        self.closes = true;
        self
    }

    pub(crate) fn code(&self) -> Code {
        self.code
    }

    /// A response that carries the problem to where it is written.
    pub(crate) fn into_response(self) -> Response {
        let mut response = Response::default();
        *response.status_mut() = self.code.facts().0;
        response.extensions_mut().insert(self);
        response
    }

    /// Writes the problem.
    pub(crate) fn write(&self, request_id: &str) -> Response {
        let (status, code, title) = self.code.facts();
        let body = Body {
            kind: match self.code {
                Code::RateLimited => "https://iana.org/assignments/http-problem-types#quota-exceeded".into(),
                _ => format!("/docs#{code}").into(),
            },
            title,
            status: status.as_u16(),
            detail: self.detail.as_deref(),
            code,
            request_id,
            retryable: self.code.is_retryable(),
            request: self.request,
            admitted: self.admitted,
            pointer: self.pointer,
            violated_policies: self.violated_policy.map(|policy| [policy]),
        };
        let bytes = serde_json::to_vec(&body).unwrap_or_default();
        let mut response: Response = HttpResponse::new(bytes.into());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        match self.code {
            Code::TokenMissing => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Code::TokenInvalid => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""));
            }
            _ => {}
        }
        if self.closes {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

//! Everything that is not a success: RFC 9457 problem details, from one closed list of codes. A handler returns a [`Problem`];
//! it is written once, in the service, where the request's id is known.

mod code;
mod reason;
mod titles;

use std::borrow::Cow;

use events::ids::{RequestId, Sku};
use events::payments::Decline;
use serde::Serialize;
use warp::reply::Response;
use web::problem::{Document, Head};

pub(crate) use code::{Code, Family};

/// One problem.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    code: Code,
    detail: Option<Cow<'static, str>>,
    pointer: Option<&'static str>,
    request: Option<RequestId>,
    others: Option<Box<Others>>,
    admitted: Option<bool>,
    retry_after_seconds: Option<u64>,
    violated_policy: Option<&'static str>,
    closes: bool,
}

/// What those said who were asked on the way. Few problems have it.
#[derive(Clone, Debug, Default, Serialize)]
struct Others {
    /// The product that cannot be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    sku: Option<Sku>,
    /// What the payment provider said.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_code: Option<String>,
    /// What the shopper can do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    decline: Option<Decline>,
}

/// Our members of the document.
#[derive(Serialize)]
struct Members<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<RequestId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    admitted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<&'static str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    others: Option<&'a Others>,
    #[serde(rename = "violated-policies", skip_serializing_if = "Option::is_none")]
    violated_policies: Option<[&'static str; 1]>,
}

impl Problem {
    pub(crate) fn new(code: Code) -> Self {
        let retry_after_seconds = match code {
            // Spread out, so that callers who were sent away together do not return together.
            Code::Overloaded | Code::Unavailable => Some(fastrand::u64(1..=3)),
            Code::OutcomeUnknown => Some(1),
            _ => None,
        };
        Self {
            code,
            detail: None,
            pointer: None,
            request: None,
            others: None,
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

    /// Refused at ingress: this attempt has put nothing into the log.
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
        let document = Document {
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
            more: Members {
                request: self.request,
                admitted: self.admitted,
                pointer: self.pointer,
                others: self.others.as_deref(),
                violated_policies: self.violated_policy.map(|policy| [policy]),
            },
        };
        let challenge = match self.code {
            Code::TokenMissing => Some("Bearer"),
            Code::TokenInvalid => Some("Bearer error=\"invalid_token\""),
            _ => None,
        };
        document.into_response(Head { retry_after_seconds: self.retry_after_seconds, challenge, closes: self.closes })
    }
}

//! Problem documents (RFC 9457): the body and the headers of every answer that is not a success. Which problems there are is the role's
//! business.

use std::borrow::Cow;

use hyper::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use serde::Serialize;

/// A problem document. `more` has the members of the role.
#[derive(Clone, Debug, Serialize)]
pub struct Document<'a, M> {
    /// A link to what the problem is.
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    /// What it is, in a sentence that is the same each time.
    pub title: &'static str,
    /// The status of the answer.
    pub status: u16,
    /// A sentence about this very case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<&'a str>,
    /// What a client may switch on.
    pub code: &'static str,
    /// The request's id in logs and traces.
    pub request_id: &'a str,
    /// Whether the same request, sent again later, may succeed.
    pub retryable: bool,
    /// What the role adds.
    #[serde(flatten)]
    pub more: M,
}

/// What a problem says in the head of its answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Head {
    /// When to come back, at the earliest, seconds.
    pub retry_after_seconds: Option<u64>,
    /// How to authenticate.
    pub challenge: Option<&'static str>,
    /// Whether the connection cannot be used after this.
    pub closes: bool,
}

impl<M: Serialize> Document<'_, M> {
    /// The answer.
    pub fn into_response<B: From<Vec<u8>>>(self, head: Head) -> Response<B> {
        let mut response = Response::new(B::from(serde_json::to_vec(&self).unwrap_or_default()));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = head.retry_after_seconds {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(challenge) = head.challenge {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if head.closes {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::{Document, Head};

    #[test]
    fn a_document_has_the_members_of_rfc_9457_and_the_roles_own() {
        let more = std::collections::BTreeMap::from([("admitted", false)]);
        let document = Document {
            kind: "/docs#FULL".into(),
            title: "Full",
            status: 503,
            detail: None,
            code: "FULL",
            request_id: "r1",
            retryable: true,
            more,
        };
        let head = Head { retry_after_seconds: Some(2), challenge: None, closes: true };
        let response: hyper::Response<Vec<u8>> = document.into_response(head);
        let expected = "{\"type\":\"/docs#FULL\",\"title\":\"Full\",\"status\":503,\"code\":\"FULL\",\"request_id\":\"r1\",\
            \"retryable\":true,\"admitted\":false}";
        assert_eq!(response.body(), expected.as_bytes());
        assert_eq!(
            (response.status().as_u16(), &response.headers()["retry-after"]),
            (503, &"2".parse().expect("a value"))
        );
        assert_eq!(response.headers()["connection"], "close");
    }
}

//! What can go wrong, each once: status, code and whether it may succeed later.

use std::collections::BTreeMap;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use web::problem::{Document, Head};

/// A problem.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Problem {
    /// There is no such path.
    NotFound,
    /// The path has other methods.
    MethodNotAllowed,
    /// A token or a session is needed.
    TokenMissing,
    /// The token or the session is not valid.
    TokenInvalid,
    /// The caller's roles do not allow it.
    Forbidden,
    /// The cluster does not have it, or it is not looked at.
    Unknown,
    /// Nothing is known at the moment: the cluster does not answer.
    LagUnknown,
    /// There are as many streams as there may be.
    TooManyStreams,
    /// A body is sent where none is wanted.
    BodyTooLarge,
    /// Prometheus is not configured, or does not answer.
    AlertsUnknown,
    /// A parameter is none, or is not what it must be.
    ParameterInvalid,
    /// The request needs an idempotency key.
    IdempotencyKeyMissing,
    /// The idempotency key is not one.
    IdempotencyKeyInvalid,
    /// The letter was replayed or dropped by another request.
    LetterHandled,
    /// The letter cannot be replayed.
    LetterRefused,
    /// The letters cannot be read or written, or it is not known whether they were written.
    LettersUnknown,
    /// Nothing that can be answered is acceptable.
    NotAcceptable,
    /// The resume token is forged, cut, or of another question.
    ResumeTokenInvalid,
    /// There are as many taps and stories as there may be.
    TooManyTaps,
    /// There are as many taps and stories of this caller as there may be.
    TooManyOwnTaps,
    /// It could not be written down who is shown what.
    AuditUnwritten,
    /// No broker answers.
    ClusterUnavailable,
    /// A programming error.
    Internal,
}

impl Problem {
    /// Every problem.
    pub(super) const ALL: [Self; 23] = [
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::TokenMissing,
        Self::TokenInvalid,
        Self::Forbidden,
        Self::Unknown,
        Self::LagUnknown,
        Self::TooManyStreams,
        Self::BodyTooLarge,
        Self::AlertsUnknown,
        Self::ParameterInvalid,
        Self::IdempotencyKeyMissing,
        Self::IdempotencyKeyInvalid,
        Self::LetterHandled,
        Self::LetterRefused,
        Self::LettersUnknown,
        Self::NotAcceptable,
        Self::ResumeTokenInvalid,
        Self::TooManyTaps,
        Self::TooManyOwnTaps,
        Self::AuditUnwritten,
        Self::ClusterUnavailable,
        Self::Internal,
    ];

    /// Status, code, title.
    pub(super) const fn facts(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::NotFound => (404, "NOT_FOUND", "There is no such path"),
            Self::MethodNotAllowed => (405, "METHOD_NOT_ALLOWED", "The path has other methods"),
            Self::TokenMissing => (401, "TOKEN_MISSING", "A bearer token or a session is needed"),
            Self::TokenInvalid => (401, "TOKEN_INVALID", "The token or the session is not valid"),
            Self::Forbidden => (403, "FORBIDDEN", "The role does not allow it"),
            Self::Unknown => (404, "UNKNOWN", "It is not known here"),
            Self::LagUnknown => (503, "LAG_UNKNOWN", "The cluster does not answer"),
            Self::TooManyStreams => (429, "TOO_MANY_STREAMS", "There are as many streams as there may be"),
            Self::BodyTooLarge => (413, "BODY_TOO_LARGE", "No body is wanted"),
            Self::AlertsUnknown => (503, "ALERTS_UNKNOWN", "Prometheus is not configured or does not answer"),
            Self::ParameterInvalid => (400, "PARAMETER_INVALID", "A parameter is not what it must be"),
            Self::IdempotencyKeyMissing => (400, "IDEMPOTENCY_KEY_MISSING", "An Idempotency-Key is needed"),
            Self::IdempotencyKeyInvalid => {
                (400, "IDEMPOTENCY_KEY_INVALID", "An Idempotency-Key has 1 to 128 printable characters")
            }
            Self::LetterHandled => (409, "LETTER_HANDLED", "The letter was replayed or dropped before"),
            Self::LetterRefused => (422, "LETTER_REFUSED", "The letter cannot be replayed"),
            Self::LettersUnknown => (503, "LETTERS_UNKNOWN", "Ask again with the same key: nothing is done twice"),
            Self::NotAcceptable => (406, "NOT_ACCEPTABLE", "It cannot be answered as asked"),
            Self::ResumeTokenInvalid => (400, "RESUME_TOKEN_INVALID", "The token is none of this question"),
            Self::TooManyTaps => (429, "TOO_MANY_TAPS", "There are as many taps and stories as there may be"),
            Self::TooManyOwnTaps => {
                (429, "TOO_MANY_OWN_TAPS", "The caller has as many taps and stories as one may have")
            }
            Self::AuditUnwritten => {
                (503, "AUDIT_UNWRITTEN", "Nothing is shown, because the audit record is not written")
            }
            Self::ClusterUnavailable => (503, "CLUSTER_UNAVAILABLE", "The cluster does not answer"),
            Self::Internal => (500, "INTERNAL", "A programming error"),
        }
    }

    /// The answer.
    pub(super) fn write(self, request_id: &str, detail: Option<&str>) -> Response<Full<Bytes>> {
        let (status, code, title) = self.facts();
        let is_retryable = matches!(status, 429 | 503);
        let document = Document {
            kind: format!("/docs#{code}").into(),
            title,
            status,
            detail,
            code,
            request_id,
            retryable: is_retryable,
            more: BTreeMap::<&str, ()>::new(),
        };
        let head = Head {
            retry_after_seconds: is_retryable.then_some(2),
            challenge: (status == 401).then_some("Bearer"),
            closes: status == 413,
        };
        document.into_response(head)
    }
}

#[cfg(test)]
mod tests {
    use super::Problem;

    #[test]
    fn every_problem_is_a_document_with_a_code_of_its_own() {
        let codes: std::collections::BTreeSet<_> = Problem::ALL.iter().map(|problem| problem.facts().1).collect();
        assert_eq!(codes.len(), Problem::ALL.len());
        for problem in Problem::ALL {
            let response = problem.write("r1", Some("why"));
            assert_eq!(response.status().as_u16(), problem.facts().0);
            assert_eq!(response.headers()["content-type"], "application/problem+json");
        }
    }
}

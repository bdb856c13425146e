//! Somebody who speaks to ingress: who they are, and their requests as they go over the wire.

use std::net::SocketAddr;
use std::time::Duration;

use events::ids::RequestId;
use web::jwt::{SignError, TokenIssuer};

use super::request::PreparedRequest;

/// How long tokens are valid: longer than any sale.
const TOKEN_TTL: Duration = Duration::from_secs(6 * 3600);

/// A shopper or an operator with a token.
#[derive(Clone, Debug)]
pub struct Caller {
    ingress: SocketAddr,
    subject: String,
    token: String,
}

impl Caller {
    /// A shopper.
    ///
    /// # Errors
    /// When the token cannot be signed.
    pub fn shopper(ingress: SocketAddr, subject: &str, issuer: &TokenIssuer) -> Result<Self, SignError> {
        Self::new(ingress, subject, "shopper", issuer)
    }

    /// An operator. A sale has many: ingress limits how often each may ask.
    ///
    /// # Errors
    /// When the token cannot be signed.
    pub fn operator(ingress: SocketAddr, subject: &str, issuer: &TokenIssuer) -> Result<Self, SignError> {
        Self::new(ingress, subject, "operator", issuer)
    }

    fn new(ingress: SocketAddr, subject: &str, role: &str, issuer: &TokenIssuer) -> Result<Self, SignError> {
        let token = issuer.token(subject, &[role], TOKEN_TTL)?;
        Ok(Self { ingress, subject: subject.to_owned(), token })
    }

    /// A whole GET.
    #[must_use]
    pub fn get(&self, path: &str) -> Vec<u8> {
        format!("GET {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\r\n", self.ingress, self.token)
            .into_bytes()
    }

    /// A whole request with this method, key and JSON body, and the question what became of it.
    #[must_use]
    pub fn ask(&self, method: &str, path: &str, key: &str, body: &str) -> PreparedRequest {
        let request = RequestId::of(&self.subject, &format!("{method} {path}"), key);
        let kind = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
        let post = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\nidempotency-key: {key}\r\n\
             {kind}content-length: {}\r\n\r\n{body}",
            self.ingress,
            self.token,
            body.len()
        );
        PreparedRequest { request, post: post.into_bytes(), lookup: self.get(&format!("/v1/requests/{request}")) }
    }
}

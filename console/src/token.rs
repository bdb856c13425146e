//! Mints the tokens that an identity provider would: for development, and for the crowd of a sale.

use std::time::{Duration, SystemTime};

use jsonwebtoken::{EncodingKey, Header};
use serde::Serialize;

/// Who issues, and for whom: what ingress expects.
const PARTY: &str = "timesale";

/// What a token says.
#[derive(Serialize)]
struct Claims<'a> {
    sub: &'a str,
    roles: &'a [&'a str],
    #[serde(skip_serializing_if = "<[&str]>::is_empty")]
    segments: &'a [&'a str],
    #[serde(skip_serializing_if = "Option::is_none")]
    seller: Option<&'a str>,
    iss: &'static str,
    aud: &'static str,
    iat: u64,
    exp: u64,
}

/// Signs tokens with one secret (HS256).
pub struct Mint {
    key: EncodingKey,
    header: Header,
}

/// A token could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("the token cannot be signed: {0}")]
pub struct MintError(#[from] jsonwebtoken::errors::Error);

impl Mint {
    /// Signs with this secret.
    #[must_use]
    pub fn new(secret: &str) -> Self {
        Self { key: EncodingKey::from_secret(secret.as_bytes()), header: Header::default() }
    }

    /// A token for a subject, valid from now for `ttl`.
    ///
    /// # Errors
    /// [`MintError`].
    pub fn token(&self, subject: &str, roles: &[&str], segments: &[&str], ttl: Duration) -> Result<String, MintError> {
        self.sign(Claims { sub: subject, roles, segments, seller: None, iss: PARTY, aud: PARTY, iat: 0, exp: 0 }, ttl)
    }

    /// A token for somebody who acts for a seller, valid from now for `ttl`.
    ///
    /// # Errors
    /// [`MintError`].
    pub fn of_seller(&self, subject: &str, roles: &[&str], seller: &str, ttl: Duration) -> Result<String, MintError> {
        let claims =
            Claims { sub: subject, roles, segments: &[], seller: Some(seller), iss: PARTY, aud: PARTY, iat: 0, exp: 0 };
        self.sign(claims, ttl)
    }

    fn sign(&self, claims: Claims<'_>, ttl: Duration) -> Result<String, MintError> {
        let iat = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
        let exp = iat.saturating_add(ttl.as_secs());
        Ok(jsonwebtoken::encode(&self.header, &Claims { iat, exp, ..claims }, &self.key)?)
    }
}

//! Bearer tokens (JSON Web Tokens): the cryptography to sign and verify them, and an issuer for development and load tests, which signs
//! as an identity provider would.

mod provider;
#[cfg(test)]
mod jwt_tests;

use std::time::{Duration, SystemTime};

use jsonwebtoken::{EncodingKey, Header};
use serde::Serialize;

pub use provider::install;

/// Who issues, and for whom: what ingress expects.
const PARTY: &str = "timesale";

/// What every token states, and what its issuer adds.
#[derive(Serialize)]
struct Claims<'a, C> {
    sub: &'a str,
    roles: &'a [&'a str],
    iss: &'static str,
    aud: &'static str,
    iat: u64,
    exp: u64,
    #[serde(flatten)]
    custom: C,
}

/// Signs tokens with one secret (HS256).
pub struct TokenIssuer {
    key: EncodingKey,
    header: Header,
}

/// A token could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("the token cannot be signed: {0}")]
pub struct SignError(#[from] jsonwebtoken::errors::Error);

impl TokenIssuer {
    /// Signs with this secret.
    #[must_use]
    pub fn new(secret: &str) -> Self {
        install();
        Self { key: EncodingKey::from_secret(secret.as_bytes()), header: Header::default() }
    }

    /// A token for a subject in these roles, valid from now for `ttl`.
    ///
    /// # Errors
    /// [`SignError`]; never in practice.
    pub fn token(&self, subject: &str, roles: &[&str], ttl: Duration) -> Result<String, SignError> {
        self.token_with(subject, roles, serde_json::Map::new(), ttl)
    }

    /// The same with more claims: anything that serialises as a JSON object.
    ///
    /// # Errors
    /// [`SignError`] when `custom` is no object.
    pub fn token_with(
        &self,
        subject: &str,
        roles: &[&str],
        custom: impl Serialize,
        ttl: Duration,
    ) -> Result<String, SignError> {
        let iat = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
        let exp = iat.saturating_add(ttl.as_secs());
        let claims = Claims { sub: subject, roles, iss: PARTY, aud: PARTY, iat, exp, custom };
        Ok(jsonwebtoken::encode(&self.header, &claims, &self.key)?)
    }
}

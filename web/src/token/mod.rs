//! Verifies bearer tokens (JSON Web Tokens, HS256): the algorithm is pinned here and never taken from the token; issuer, audience,
//! expiry and subject are required; a token larger than [`LARGEST_TOKEN`] is not looked at. What the claims mean is the role's
//! business.

mod secrets;

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::clock::now_seconds;

pub use secrets::{Secret, SecretError, Secrets};

/// Largest token that is looked at, bytes.
pub const LARGEST_TOKEN: usize = 4096;

/// What a token must say.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenConfig {
    /// Who must have issued it.
    pub issuer: String,
    /// Whom it must be meant for.
    pub audience: String,
    /// How far clocks may differ, seconds, at most 60.
    pub leeway_seconds: u64,
}

/// Why there is no caller. It says no more than that: details would help a forger.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TokenError {
    /// There is none.
    #[error("a bearer token is needed")]
    Missing,
    /// It is not a token, or not one for this place and time.
    #[error("the bearer token is not valid")]
    Invalid,
}

/// Verifies bearer tokens.
pub struct Verifier {
    keys: Vec<DecodingKey>,
    validation: Validation,
    leeway_seconds: u64,
}

/// What a role reads of a token. Other claims are ignored.
pub trait Claims: DeserializeOwned {
    /// When the token was issued, seconds since 1970; 0 when it does not say.
    fn issued_at(&self) -> u64;
}

impl Default for TokenConfig {
    fn default() -> Self {
        Self { issuer: "timesale".into(), audience: "timesale".into(), leeway_seconds: 30 }
    }
}

impl Verifier {
    /// Verifies tokens that any of these secrets has signed.
    #[must_use]
    pub fn new(secrets: &Secrets, config: &TokenConfig) -> Self {
        crate::jwt::install();
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[&config.issuer]);
        validation.set_audience(&[&config.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_nbf = true;
        validation.leeway = config.leeway_seconds;
        Self {
            keys: secrets.all().iter().map(|secret| DecodingKey::from_secret(secret.as_bytes())).collect(),
            validation,
            leeway_seconds: config.leeway_seconds,
        }
    }

    /// The claims of the token in the `Authorization` header.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn claims<C: Claims>(&self, headers: &HeaderMap) -> Result<C, TokenError> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let value = values.next().ok_or(TokenError::Missing)?;
        if values.next().is_some() || value.len() > LARGEST_TOKEN {
            return Err(TokenError::Invalid);
        }
        let (scheme, token) = value.as_bytes().split_at_checked(7).ok_or(TokenError::Invalid)?;
        if !scheme.eq_ignore_ascii_case(b"bearer ") {
            return Err(TokenError::Invalid);
        }
        let claims = self
            .keys
            .iter()
            .find_map(|key| decode::<C>(token.trim_ascii(), key, &self.validation).ok())
            .ok_or(TokenError::Invalid)?
            .claims;
        let now = now_seconds();
        let is_early = claims.issued_at() > now.saturating_add(self.leeway_seconds);
        if is_early { Err(TokenError::Invalid) } else { Ok(claims) }
    }
}

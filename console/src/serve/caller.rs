//! Who is asking: what the claims of their token, or of their session, make of them.

use hyper::HeaderMap;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use web::session::Sessions;
use web::token::{TokenError, Verifier};

/// Longest name of a caller, bytes.
const LONGEST_NAME: usize = 128;

/// What a caller may do here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Role {
    /// Sees lag, topics, what is in them, stories and the sale; personal fields are masked.
    Analyst,
    /// Sees alerts too.
    Operator,
    /// Sees topics and stories, and may see personal fields for a reason.
    Privacy,
}

/// Who is asking.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
pub(super) struct Caller {
    /// Their name.
    pub(super) name: String,
    /// What they may do.
    pub(super) roles: Vec<Role>,
}

/// The claims of a token that matter here.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    #[serde(default)]
    roles: Vec<KnownRole>,
    #[serde(default)]
    iat: u64,
}

/// A role, or a word that means nothing here and grants nothing.
#[derive(Deserialize)]
#[serde(untagged)]
enum KnownRole {
    Known(Role),
    Other(IgnoredAny),
}

impl web::token::Claims for Claims {
    fn issued_at(&self) -> u64 {
        self.iat
    }
}

impl Caller {
    /// Whether the caller has one of these roles.
    pub(super) fn has(&self, roles: &[Role]) -> bool {
        self.roles.iter().any(|role| roles.contains(role))
    }

    /// The caller that the token in the `Authorization` header names.
    pub(super) fn of_token(headers: &HeaderMap, verifier: &Verifier) -> Result<Self, TokenError> {
        let claims: Claims = verifier.claims(headers)?;
        if claims.sub.is_empty() || claims.sub.len() > LONGEST_NAME || claims.sub.chars().any(char::is_control) {
            return Err(TokenError::Invalid);
        }
        let known = |role: KnownRole| match role {
            KnownRole::Known(role) => Some(role),
            KnownRole::Other(_) => None,
        };
        Ok(Self { name: claims.sub, roles: claims.roles.into_iter().filter_map(known).collect() })
    }

    /// The caller of the token, or without one of the session.
    pub(super) fn of(headers: &HeaderMap, verifier: &Verifier, sessions: &Sessions) -> Result<Self, TokenError> {
        match Self::of_token(headers, verifier) {
            Err(TokenError::Missing) => sessions.claims(headers),
            result => result,
        }
    }
}

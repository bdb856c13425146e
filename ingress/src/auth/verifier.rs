//! Verifies tokens: the algorithm is pinned here and never taken from the token, issuer, audience and expiry are required,
//! and a token larger than 4 KiB is not looked at.

use std::time::{SystemTime, UNIX_EPOCH};

use events::coupons::CampaignTerms;
use events::ids::{Segment, SellerId, ShopperId};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use warp::http::HeaderMap;
use warp::http::header::AUTHORIZATION;

use super::Secrets;
use super::token::{Claims, KnownRole, Role};
use crate::config::AuthConfig;
use crate::problem::{Code, Problem};

/// Largest token that is looked at, bytes.
pub(crate) const LARGEST_TOKEN: usize = 4096;

/// Who is asking, as their token says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Caller {
    /// The shopper or operator.
    pub(crate) id: ShopperId,
    /// The segments they belong to.
    pub(crate) segments: Vec<Segment>,
    is_shopper: bool,
    is_operator: bool,
    seller: Option<SellerId>,
}

impl Caller {
    /// Refuses a caller without the role.
    pub(crate) fn must_be(&self, role: Role) -> Result<(), Problem> {
        let has = match role {
            Role::Shopper => self.is_shopper,
            Role::Operator => self.is_operator,
            Role::Seller => self.seller.is_some(),
        };
        if has { Ok(()) } else { Err(Problem::new(Code::Forbidden)) }
    }

    #[cfg(test)]
    pub(crate) fn with_roles(id: &str, roles: &[Role]) -> Self {
        let id = ShopperId::new(id).unwrap_or_else(|error| unreachable!("{error}"));
        let has = |role| roles.contains(&role);
        let (is_shopper, is_operator) = (has(Role::Shopper), has(Role::Operator));
        Self { id, segments: Vec::new(), is_shopper, is_operator, seller: None }
    }

    /// Whether the caller is an operator.
    pub(crate) fn is_operator(&self) -> bool {
        self.is_operator
    }

    /// The seller that the caller acts for, if their role is that of a seller.
    pub(crate) fn seller(&self) -> Option<&SellerId> {
        self.seller.as_ref()
    }
}

/// Verifies bearer tokens.
pub(crate) struct Verifier {
    keys: Vec<DecodingKey>,
    validation: Validation,
    leeway_seconds: u64,
}

impl Verifier {
    pub(crate) fn new(secrets: &Secrets, config: &AuthConfig) -> Self {
        web::jwt::install();
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

    /// The caller that the `Authorization` header names.
    ///
    /// # Errors
    /// A problem that says no more than that the token is missing or not valid: details would help a forger.
    pub(crate) fn caller(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let value = values.next().ok_or_else(|| Problem::new(Code::TokenMissing))?;
        let invalid = || Problem::new(Code::TokenInvalid);
        if values.next().is_some() || value.len() > LARGEST_TOKEN {
            return Err(invalid());
        }
        let (scheme, token) = value.as_bytes().split_at_checked(7).ok_or_else(invalid)?;
        if !scheme.eq_ignore_ascii_case(b"bearer ") {
            return Err(invalid());
        }
        let claims = self
            .keys
            .iter()
            .find_map(|key| decode::<Claims>(token.trim_ascii(), key, &self.validation).ok())
            .ok_or_else(invalid)?
            .claims;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        if claims.iat > now.saturating_add(self.leeway_seconds) || claims.segments.len() > CampaignTerms::MOST_SEGMENTS
        {
            return Err(invalid());
        }
        let has = |wanted| claims.roles.iter().any(|role| matches!(role, KnownRole::Known(role) if *role == wanted));
        Ok(Caller {
            is_shopper: has(Role::Shopper),
            is_operator: has(Role::Operator),
            // The role without a seller, or a seller without the role, gives nothing.
            seller: if has(Role::Seller) { claims.seller } else { None },
            id: claims.sub,
            segments: claims.segments,
        })
    }
}

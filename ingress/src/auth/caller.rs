//! Who is asking: what the claims of their token make of them.

use events::coupons::CampaignTerms;
use events::ids::{Segment, SellerId, ShopperId};
use warp::http::HeaderMap;
use web::token::{TokenError, Verifier};

use super::token::{Claims, KnownRole, Role};
use crate::problem::{Code, Problem};

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
    /// Whether the caller has the role.
    pub(crate) fn has(&self, role: Role) -> bool {
        match role {
            Role::Shopper => self.is_shopper,
            Role::Operator => self.is_operator,
            Role::Seller => self.seller.is_some(),
        }
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

    /// The caller that the `Authorization` header names.
    ///
    /// # Errors
    /// `TOKEN_MISSING`, `TOKEN_INVALID`.
    pub(crate) fn of(headers: &HeaderMap, verifier: &Verifier) -> Result<Self, Problem> {
        let claims: Claims = verifier.claims(headers).map_err(|error| match error {
            TokenError::Missing => Problem::new(Code::TokenMissing),
            TokenError::Invalid => Problem::new(Code::TokenInvalid),
        })?;
        if claims.segments.len() > CampaignTerms::MOST_SEGMENTS {
            return Err(Problem::new(Code::TokenInvalid));
        }
        let has = |wanted| claims.roles.iter().any(|role| matches!(role, KnownRole::Known(role) if *role == wanted));
        Ok(Self {
            is_shopper: has(Role::Shopper),
            is_operator: has(Role::Operator),
            // The role without a seller, or a seller without the role, gives nothing.
            seller: if has(Role::Seller) { claims.seller } else { None },
            id: claims.sub,
            segments: claims.segments,
        })
    }
}

//! The row of a decided request, whichever processor decided it.

use std::fmt;

use compact_str::CompactString;

use super::Source;
use events::ids::{CampaignId, CouponId, IdError, OrderId, RequestId, SellerId, ShopperId, Sku};
use events::time::Timestamp;

/// A decided request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequestRow {
    /// Its id.
    pub request: RequestId,
    /// What it was about. Its type follows from the kind.
    pub subject: Subject,
    /// Who claimed, ordered or asked, or who owns the coupon; nobody for an operator's command to a campaign, a product or a seller.
    pub shopper: Option<ShopperId>,
    /// Which command it was.
    pub kind: RequestKind,
    /// What was decided.
    pub status: RequestStatus,
    /// The code of why it was refused, as `code()` of every refusal spells it.
    pub reason: Option<CompactString>,
    /// The coupon, if there is one.
    pub coupon: Option<CouponId>,
    /// Log time of the decision.
    pub decided_at: Timestamp,
    /// The fact; the row with the greater source wins.
    pub source: Source,
}

/// What a request was about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Subject {
    /// A campaign, or a coupon of it.
    Campaign(CampaignId),
    /// A product.
    Product(Sku),
    /// An order, if need be one that does not exist.
    Order(OrderId),
    /// A seller.
    Seller(SellerId),
}

impl Subject {
    /// The subject of this id that a request of this kind is about.
    ///
    /// # Errors
    /// [`IdError`] when the text is no such id.
    pub fn of(kind: RequestKind, id: &str) -> Result<Self, IdError> {
        Ok(match kind {
            RequestKind::Claim | RequestKind::Campaign | RequestKind::Coupon => Self::Campaign(CampaignId::new(id)?),
            RequestKind::Product => Self::Product(Sku::new(id)?),
            RequestKind::Order => Self::Order(OrderId::new(id)?),
            RequestKind::Seller => Self::Seller(SellerId::new(id)?),
        })
    }

    /// The campaign, if it is one.
    #[must_use]
    pub fn campaign(&self) -> Option<&CampaignId> {
        if let Self::Campaign(campaign) = self { Some(campaign) } else { None }
    }

    /// The product, if it is one.
    #[must_use]
    pub fn product(&self) -> Option<&Sku> {
        if let Self::Product(sku) = self { Some(sku) } else { None }
    }

    /// The order, if it is one.
    #[must_use]
    pub fn order(&self) -> Option<&OrderId> {
        if let Self::Order(order) = self { Some(order) } else { None }
    }

    /// The seller, if it is one.
    #[must_use]
    pub fn seller(&self) -> Option<&SellerId> {
        if let Self::Seller(seller) = self { Some(seller) } else { None }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Campaign(campaign) => campaign.fmt(f),
            Self::Product(sku) => sku.fmt(f),
            Self::Order(order) => order.fmt(f),
            Self::Seller(seller) => seller.fmt(f),
        }
    }
}

/// Which command a request was.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RequestKind {
    /// A shopper's claim.
    Claim,
    /// An operator's command to a campaign.
    Campaign,
    /// A hold, redemption, release, restoration or revocation of a coupon.
    Coupon,
    /// An operator's command to a product.
    Product,
    /// A placement of an order, or a command to one.
    Order,
    /// An operator's command to settle a seller so, or to close a day.
    Seller,
}

/// What was decided.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RequestStatus {
    /// The claim was granted a coupon.
    Granted,
    /// The command was carried out.
    Applied,
    /// It was refused.
    Refused,
}

named!(RequestKind {
    Claim => "claim",
    Campaign => "campaign",
    Coupon => "coupon",
    Product => "product",
    Order => "order",
    Seller => "seller",
});
named!(RequestStatus { Granted => "granted", Applied => "applied", Refused => "refused" });

impl RequestRow {
    /// How long Redis answers for a decided request: 24 h after the decision, far beyond any client's retry window. Postgres
    /// answers after that.
    pub const REMEMBERED_MS: i64 = 24 * 60 * 60 * 1000;

    /// The instant from which on Redis does not hold the row.
    #[must_use]
    pub fn forgotten_at(&self) -> Timestamp {
        self.decided_at.plus_millis(Self::REMEMBERED_MS)
    }
}

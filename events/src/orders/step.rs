//! The steps that an order asks of others. A step's request derives from the order and from what it is, so a repeat is
//! recognised, an answer finds what it answers, and a hold can be named before its answer is there.

use crate::ids::{OrderId, RequestId, Sku};

/// A step of an order's saga.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step<'a> {
    /// Hold a line's units.
    HoldStock(&'a Sku),
    /// Commit the hold on a line's units.
    CommitStock(&'a Sku),
    /// Release the hold on a line's units.
    ReleaseStock(&'a Sku),
    /// Return units of a line: so many of them in all.
    ReturnStock(&'a Sku, u32),
    /// Hold the coupon.
    HoldCoupon,
    /// Redeem the coupon.
    RedeemCoupon,
    /// Release the coupon.
    ReleaseCoupon,
    /// Restore the coupon.
    RestoreCoupon,
    /// Confirm the payment of this attempt.
    Confirm(u16),
    /// Look the payment up, for the so-many-th time.
    LookUp(u32),
    /// Refund: the so-many-th refund.
    Refund(u16),
}

impl Step<'_> {
    /// The step's request.
    #[must_use]
    pub fn request(self, order: &OrderId) -> RequestId {
        let (name, sku, number) = match self {
            Self::HoldStock(sku) => ("hold stock", Some(sku), 0),
            Self::CommitStock(sku) => ("commit stock", Some(sku), 0),
            Self::ReleaseStock(sku) => ("release stock", Some(sku), 0),
            Self::ReturnStock(sku, returned) => ("return stock", Some(sku), returned),
            Self::HoldCoupon => ("hold coupon", None, 0),
            Self::RedeemCoupon => ("redeem coupon", None, 0),
            Self::ReleaseCoupon => ("release coupon", None, 0),
            Self::RestoreCoupon => ("restore coupon", None, 0),
            Self::Confirm(attempt) => ("confirm", None, attempt.into()),
            Self::LookUp(number) => ("look up", None, number),
            Self::Refund(refund) => ("refund", None, refund.into()),
        };
        let sku = sku.map_or("", Sku::as_str);
        RequestId::derive(&[order.as_str().as_bytes(), name.as_bytes(), sku.as_bytes(), &number.to_le_bytes()])
    }
}

#[cfg(test)]
#[path = "step_tests.rs"]
mod tests;

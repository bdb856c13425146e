//! How campaigns and accounts are written into the stores: compact, versioned, private. A granted coupon takes some 40 bytes,
//! because its id and its owner are not repeated: the id derives from the claim, the owner is in the key.

use events::coupons::{CampaignStatus, CampaignTerms, Discount, Eligibility, Refusal, Restoration, StockCount};
use events::ids::Segment;
use events::money::BasisPoints;

use super::account::{Account, Answer};
use super::campaign::{Campaign, Counts};
use super::coupon::{Coupon, CouponState, Hold, Redemption};
use crate::kit::field::{Field, Form, Numbered, fields, numbered};
use crate::kit::id::Key;
use crate::kit::row::{Corrupt, Reader, Writer};
use crate::kit::table::Row;

/// The bit of a written share that says that the seller initiated the campaign.
const SELLER_BIT: u32 = 14;

/// A campaign's slow half: everything but its counts.
impl Row for Campaign {}

/// A campaign's fast half.
impl Row for Counts {}

/// Times count from the campaign's origin, which keeps them short.
impl Row for Account {}

impl Field for Answer {
    fn write(&self, row: &mut Writer) {
        match self {
            Self::Applied(version) => {
                row.byte(0);
                version.write(row);
            }
            Self::Refused(reason) => reason.write(row),
        }
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Ok(match row.byte()? {
            0 => Self::Applied(Field::read(row)?),
            number => Self::Refused(Refusal::of_number(number)?),
        })
    }
}

// 0 says that nothing was refused.
numbered!(Refusal, "refusal" {
    1 IdempotencyConflict, 2 UnknownCampaign, 3 NotOpen, 4 Closed, 5 Paused, 6 AlreadyClaimed, 7 NotEligible, 8 SoldOut,
    9 BudgetExhausted, 10 NotOwner, 11 NotUsable, 12 MinSpend, 13 NotRestorable, 14 InvalidTerms, 15 TermsFrozen,
    16 TooManyRequests,
});
numbered!(CampaignStatus, "campaign status" { 0 Running, 1 Paused, 2 Ended });

fields!(Campaign { id: Key, number, origin, status, retired, terms, counts: Apart });
fields!(Counts { version, stock, spent });
fields!(StockCount { stock, remaining, granted, held, redeemed, expired, revoked });
fields!(Hold { id, order, discount, until });
fields!(Redemption { hold, order, discount });
fields!(Account { coupons, requests });

/// Counts are in a row of their own: they change with every fact.
struct Apart;

impl Form<Counts> for Apart {
    fn write(_: &Counts, _: &mut Writer) {}
    fn read(_: &mut Reader<'_>) -> Result<Counts, Corrupt> {
        Ok(Counts::default())
    }
}

impl Field for Discount {
    fn write(&self, row: &mut Writer) {
        match self {
            Self::Fixed { amount } => {
                row.byte(0);
                amount.write(row);
            }
            Self::Percent { share, cap } => {
                row.byte(1);
                share.write(row);
                cap.write(row);
            }
        }
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Ok(match row.byte()? {
            0 => Self::Fixed { amount: Field::read(row)? },
            1 => Self::Percent { share: Field::read(row)?, cap: Field::read(row)? },
            _ => return Err(Corrupt::Field("discount")),
        })
    }
}

impl Field for Segment {
    fn write(&self, row: &mut Writer) {
        row.text(self.as_str());
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Self::new(row.text()?).map_err(|_| Corrupt::Field("segment"))
    }
}

/// No segments are everyone.
impl Field for Eligibility {
    fn write(&self, row: &mut Writer) {
        match self {
            Self::Everyone => row.number(0),
            Self::Segments(any) => any.write(row),
        }
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        let any = Vec::read(row)?;
        Ok(if any.is_empty() { Self::Everyone } else { Self::Segments(any) })
    }
}

/// As many times as the number says.
impl Field for Restoration {
    fn write(&self, row: &mut Writer) {
        row.byte(match self {
            Self::Never => 0,
            Self::WithinUseWindow { times } => *times,
        });
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Ok(match row.byte()? {
            0 => Self::Never,
            times => Self::WithinUseWindow { times },
        })
    }
}

/// A share is at most 10,000: the bit above says who initiated the campaign, and older rows lack it.
impl Field for CampaignTerms {
    fn write(&self, row: &mut Writer) {
        self.stock.write(row);
        self.claim.write(row);
        self.usable.write(row);
        self.per_shopper.write(row);
        self.eligibility.write(row);
        self.discount.write(row);
        self.minimum_spend.write(row);
        self.budget.write(row);
        row.number(u64::from(self.platform_share.points()) | u64::from(self.seller_initiated) << SELLER_BIT);
        self.restoration.write(row);
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        let (stock, claim, usable, per_shopper) =
            (Field::read(row)?, Field::read(row)?, Field::read(row)?, Field::read(row)?);
        let (eligibility, discount) = (Field::read(row)?, Field::read(row)?);
        let (minimum_spend, budget) = (Field::read(row)?, Field::read(row)?);
        let share = row.number()?;
        let points = u16::try_from(share & !(1 << SELLER_BIT)).map_err(|_| Corrupt::Field("share"))?;
        Ok(Self {
            stock,
            claim,
            usable,
            per_shopper,
            eligibility,
            discount,
            minimum_spend,
            budget,
            platform_share: BasisPoints::new(points),
            seller_initiated: share >> SELLER_BIT & 1 == 1,
            restoration: Field::read(row)?,
        })
    }
}

/// State and count of restorations share a byte until the sixteenth restoration.
impl Field for Coupon {
    fn write(&self, row: &mut Writer) {
        self.claim.write(row);
        self.fingerprint.write(row);
        self.granted_at.write(row);
        self.expires_at.write(row);
        let tag = match self.state {
            CouponState::Granted => 0,
            CouponState::Held(_) => 1,
            CouponState::Redeemed(_) => 2,
            CouponState::Expired => 3,
            CouponState::Revoked => 4,
        };
        row.number(u64::from(self.restored) << 3 | tag);
        match &self.state {
            CouponState::Held(hold) => hold.write(row),
            CouponState::Redeemed(redemption) => redemption.write(row),
            CouponState::Granted | CouponState::Expired | CouponState::Revoked => {}
        }
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        let (claim, fingerprint) = (Field::read(row)?, Field::read(row)?);
        let (granted_at, expires_at) = (Field::read(row)?, Field::read(row)?);
        let packed = row.number()?;
        let restored = u8::try_from(packed >> 3).map_err(|_| Corrupt::Field("count of restorations"))?;
        let state = match packed & 7 {
            0 => CouponState::Granted,
            1 => CouponState::Held(Field::read(row)?),
            2 => CouponState::Redeemed(Field::read(row)?),
            3 => CouponState::Expired,
            4 => CouponState::Revoked,
            _ => return Err(Corrupt::Field("coupon state")),
        };
        Ok(Self { claim, fingerprint, granted_at, expires_at, restored, state })
    }
}

//! How campaigns and accounts are written into the stores: compact, versioned, private. A granted coupon takes some 40 bytes,
//! because its id and its owner are not repeated: the id derives from the claim, the owner is in the key.

use events::coupons::{CampaignStatus, CampaignTerms, Discount, Eligibility, Refusal, Restoration, StockCount};
use events::ids::{CampaignId, HoldId, OrderId, RequestId, Segment};
use events::money::{BasisPoints, Money};
use events::request::Fingerprint;
use events::time::{Timestamp, Window};

use super::account::{Account, Answer, Remembered};
use super::campaign::{Campaign, Counts};
use super::coupon::{Coupon, CouponState, Hold, Redemption};
use crate::bytes::{Reader, RowError, Writer};

/// The newest version of every row here.
const VERSION: u8 = 1;
/// The bit of a written share that says that the campaign is the seller's own wish.
const WISH_BIT: u32 = 14;

/// A campaign's slow half: everything but its counts.
pub(crate) fn write_campaign(campaign: &Campaign) -> Vec<u8> {
    let mut row = Writer::new(VERSION, 96);
    row.number(u64::from(campaign.number));
    row.signed(campaign.origin.as_millis());
    row.byte(match campaign.status {
        CampaignStatus::Running => 0,
        CampaignStatus::Paused => 1,
        CampaignStatus::Ended => 2,
    });
    row.byte(u8::from(campaign.retired));
    write_terms(&mut row, &campaign.terms);
    row.finish()
}

/// Reads a campaign's slow half; the counts are still zero.
pub(crate) fn read_campaign(id: &CampaignId, bytes: &[u8]) -> Result<Campaign, RowError> {
    let mut row = Reader::new(bytes, VERSION)?;
    let campaign = Campaign {
        id: id.clone(),
        number: row.small("campaign number")?,
        origin: Timestamp::from_millis(row.signed()?),
        status: match row.byte()? {
            0 => CampaignStatus::Running,
            1 => CampaignStatus::Paused,
            2 => CampaignStatus::Ended,
            _ => return Err(RowError::Field("campaign status")),
        },
        retired: row.byte()? != 0,
        terms: read_terms(&mut row)?,
        counts: Counts::default(),
    };
    row.finish()?;
    Ok(campaign)
}

/// A campaign's fast half.
pub(crate) fn write_counts(counts: &Counts) -> Vec<u8> {
    let mut row = Writer::new(VERSION, 40);
    row.number(counts.version);
    let StockCount { stock, remaining, granted, held, redeemed, expired, revoked } = counts.stock;
    for count in [stock, remaining, granted, held, redeemed, expired, revoked] {
        row.number(u64::from(count));
    }
    row.number(counts.spent);
    row.finish()
}

/// Reads a campaign's fast half.
pub(crate) fn read_counts(bytes: &[u8]) -> Result<Counts, RowError> {
    let mut row = Reader::new(bytes, VERSION)?;
    let version = row.number()?;
    let mut count = || row.small("count");
    let stock = StockCount {
        stock: count()?,
        remaining: count()?,
        granted: count()?,
        held: count()?,
        redeemed: count()?,
        expired: count()?,
        revoked: count()?,
    };
    let counts = Counts { version, stock, spent: row.number()? };
    row.finish()?;
    Ok(counts)
}

fn write_terms(row: &mut Writer, terms: &CampaignTerms) {
    row.number(u64::from(terms.stock));
    for instant in [terms.claim.from, terms.claim.until, terms.usable.from, terms.usable.until] {
        row.signed(instant.as_millis());
    }
    row.byte(terms.per_shopper);
    let segments: &[Segment] = match &terms.eligibility {
        Eligibility::Everyone => &[],
        Eligibility::Segments(any) => any,
    };
    row.number(segments.len() as u64);
    for segment in segments {
        row.text(segment.as_str());
    }
    match terms.discount {
        Discount::Fixed { amount } => {
            row.byte(0);
            row.signed(amount.minor());
        }
        Discount::Percent { share, cap } => {
            row.byte(1);
            row.number(u64::from(share.points()));
            write_amount(row, cap);
        }
    }
    row.signed(terms.minimum_spend.minor());
    write_amount(row, terms.budget);
    // A share is at most 10,000: the bit above says whose wish the campaign is, and older rows lack it.
    row.number(u64::from(terms.platform_share.points()) | u64::from(terms.seller_initiated) << WISH_BIT);
    row.byte(match terms.restoration {
        Restoration::Never => 0,
        Restoration::WithinUseWindow { times } => times,
    });
}

fn read_terms(row: &mut Reader<'_>) -> Result<CampaignTerms, RowError> {
    let stock = row.small("stock")?;
    let mut window = || -> Result<Window, RowError> {
        Ok(Window { from: Timestamp::from_millis(row.signed()?), until: Timestamp::from_millis(row.signed()?) })
    };
    let (claim, usable) = (window()?, window()?);
    let per_shopper = row.byte()?;
    let segments: usize = row.small("segments")?;
    let eligibility = if segments == 0 {
        Eligibility::Everyone
    } else {
        let segment = |row: &mut Reader<'_>| Segment::new(row.text()?).map_err(|_| RowError::Field("segment"));
        Eligibility::Segments((0..segments).map(|_| segment(row)).collect::<Result<_, _>>()?)
    };
    let discount = match row.byte()? {
        0 => Discount::Fixed { amount: Money::new(row.signed()?) },
        1 => Discount::Percent { share: BasisPoints::new(row.small("share")?), cap: read_amount(row)? },
        _ => return Err(RowError::Field("discount")),
    };
    let (minimum_spend, budget) = (Money::new(row.signed()?), read_amount(row)?);
    let share = row.number()?;
    Ok(CampaignTerms {
        stock,
        claim,
        usable,
        per_shopper,
        eligibility,
        discount,
        minimum_spend,
        budget,
        platform_share: BasisPoints::new(
            u16::try_from(share & !(1 << WISH_BIT)).map_err(|_| RowError::Field("share"))?,
        ),
        seller_initiated: share >> WISH_BIT & 1 == 1,
        restoration: match row.byte()? {
            0 => Restoration::Never,
            times => Restoration::WithinUseWindow { times },
        },
    })
}

fn write_amount(row: &mut Writer, amount: Option<Money>) {
    row.byte(u8::from(amount.is_some()));
    if let Some(amount) = amount {
        row.signed(amount.minor());
    }
}

fn read_amount(row: &mut Reader<'_>) -> Result<Option<Money>, RowError> {
    Ok(if row.byte()? == 0 { None } else { Some(Money::new(row.signed()?)) })
}

/// An account. Times count from the campaign's `origin`, which keeps them short.
pub(crate) fn write_account(account: &Account, origin: Timestamp) -> Vec<u8> {
    let mut row = Writer::new(VERSION, 3 + 48 * (account.coupons.len() + account.requests.len()));
    row.number(account.coupons.len() as u64);
    for coupon in &account.coupons {
        row.fixed(coupon.claim.as_bytes());
        row.fixed(&coupon.fingerprint.as_u64().to_le_bytes());
        write_time(&mut row, coupon.granted_at, origin);
        write_time(&mut row, coupon.expires_at, origin);
        write_state(&mut row, coupon, origin);
    }
    row.number(account.requests.len() as u64);
    for request in &account.requests {
        write_remembered(&mut row, request, origin);
    }
    row.finish()
}

/// Reads an account.
pub(crate) fn read_account(bytes: &[u8], origin: Timestamp) -> Result<Account, RowError> {
    let mut row = Reader::new(bytes, VERSION)?;
    let mut account = Account::default();
    for _ in 0..row.number()? {
        account.coupons.push(read_coupon(&mut row, origin)?);
    }
    for _ in 0..row.number()? {
        account.requests.push(read_remembered(&mut row, origin)?);
    }
    row.finish()?;
    Ok(account)
}

fn read_coupon(row: &mut Reader<'_>, origin: Timestamp) -> Result<Coupon, RowError> {
    let claim = RequestId::from_bytes(row.fixed()?);
    let fingerprint = Fingerprint::from_u64(u64::from_le_bytes(row.fixed()?));
    let granted_at = read_time(row, origin)?;
    let expires_at = read_time(row, origin)?;
    let packed = row.number()?;
    let restored = u8::try_from(packed >> 3).map_err(|_| RowError::Field("count of restorations"))?;
    let state = match packed & 7 {
        0 => CouponState::Granted,
        1 => CouponState::Held(Hold {
            id: HoldId::from_bytes(row.fixed()?),
            order: read_order(row)?,
            discount: Money::new(row.signed()?),
            until: read_time(row, origin)?,
        }),
        2 => CouponState::Redeemed(Redemption {
            hold: HoldId::from_bytes(row.fixed()?),
            order: read_order(row)?,
            discount: Money::new(row.signed()?),
        }),
        3 => CouponState::Expired,
        4 => CouponState::Revoked,
        _ => return Err(RowError::Field("coupon state")),
    };
    Ok(Coupon { claim, fingerprint, granted_at, expires_at, restored, state })
}

/// State and count of restorations share a byte until the sixteenth restoration.
fn write_state(row: &mut Writer, coupon: &Coupon, origin: Timestamp) {
    let tag = match coupon.state {
        CouponState::Granted => 0,
        CouponState::Held(_) => 1,
        CouponState::Redeemed(_) => 2,
        CouponState::Expired => 3,
        CouponState::Revoked => 4,
    };
    row.number(u64::from(coupon.restored) << 3 | tag);
    match &coupon.state {
        CouponState::Held(hold) => {
            row.fixed(hold.id.as_bytes());
            row.text(hold.order.as_str());
            row.signed(hold.discount.minor());
            write_time(row, hold.until, origin);
        }
        CouponState::Redeemed(redemption) => {
            row.fixed(redemption.hold.as_bytes());
            row.text(redemption.order.as_str());
            row.signed(redemption.discount.minor());
        }
        CouponState::Granted | CouponState::Expired | CouponState::Revoked => {}
    }
}

fn read_order(row: &mut Reader<'_>) -> Result<OrderId, RowError> {
    OrderId::new(row.text()?).map_err(|_| RowError::Field("order"))
}

fn write_time(row: &mut Writer, time: Timestamp, origin: Timestamp) {
    row.signed(time.as_millis().saturating_sub(origin.as_millis()));
}

fn read_time(row: &mut Reader<'_>, origin: Timestamp) -> Result<Timestamp, RowError> {
    Ok(Timestamp::from_millis(row.signed()?.saturating_add(origin.as_millis())))
}

fn write_remembered(row: &mut Writer, request: &Remembered, origin: Timestamp) {
    row.fixed(request.request.as_bytes());
    row.fixed(&request.fingerprint.as_u64().to_le_bytes());
    write_time(row, request.at, origin);
    match request.answer {
        Answer::Applied(version) => {
            row.byte(0);
            row.number(version);
        }
        Answer::Refused(reason) => row.byte(number_of(reason)),
    }
}

fn read_remembered(row: &mut Reader<'_>, origin: Timestamp) -> Result<Remembered, RowError> {
    Ok(Remembered {
        request: RequestId::from_bytes(row.fixed()?),
        fingerprint: Fingerprint::from_u64(u64::from_le_bytes(row.fixed()?)),
        at: read_time(row, origin)?,
        answer: match row.byte()? {
            0 => Answer::Applied(row.number()?),
            number => Answer::Refused(refusal_of(number).ok_or(RowError::Field("refusal"))?),
        },
    })
}

/// Refusals by number: never renumber, only append.
pub(crate) fn number_of(reason: Refusal) -> u8 {
    match reason {
        Refusal::IdempotencyConflict => 1,
        Refusal::UnknownCampaign => 2,
        Refusal::NotOpen => 3,
        Refusal::Closed => 4,
        Refusal::Paused => 5,
        Refusal::AlreadyClaimed => 6,
        Refusal::NotEligible => 7,
        Refusal::SoldOut => 8,
        Refusal::BudgetExhausted => 9,
        Refusal::NotOwner => 10,
        Refusal::NotUsable => 11,
        Refusal::MinSpend => 12,
        Refusal::NotRestorable => 13,
        Refusal::InvalidTerms => 14,
        Refusal::TermsFrozen => 15,
    }
}

/// The refusal of this number.
pub(crate) fn refusal_of(number: u8) -> Option<Refusal> {
    Refusal::ALL.into_iter().find(|reason| number_of(*reason) == number)
}

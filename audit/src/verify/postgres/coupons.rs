//! Rows of campaigns, coupons and requests.

use events::coupons::{CampaignStatus, StockCount};
use events::money::Money;
use events::time::Timestamp;
use projections::{CampaignRow, CouponRow, CouponState, RequestKind, RequestRow, RequestStatus, Subject};
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::columns::{bigint, column, count, int, json, maybe, maybe_bigint, named, source};

pub(super) const CAMPAIGNS: &str = "declare rows cursor for select campaign, partition, version, status, \
     terms::text as terms, stock, remaining, granted, held, redeemed, expired, revoked, updated_at from campaigns \
     order by campaign collate \"C\"";

pub(super) const COUPONS: &str = "declare rows cursor for select coupon, campaign, shopper, request, state, expires_at, \
     order_id, hold, hold_until, discount, restored, updated_at, src_partition, src_offset from coupons \
     order by coupon collate \"C\"";

pub(super) const REQUESTS: &str = "declare rows cursor for select request, coalesce(campaign, sku, order_id, seller) as subject, \
     shopper, kind, status, reason, coupon, decided_at, src_partition, src_offset from requests \
     order by request collate \"C\"";

pub(super) fn campaign(row: &PgRow) -> Result<CampaignRow, String> {
    let status: Option<String> = row.try_get("status").map_err(|error| error.to_string())?;
    Ok(CampaignRow {
        campaign: column(row, "campaign")?,
        partition: int(row, "partition")?,
        version: count(row, "version")?,
        status: status.map(|name| status_named(&name).ok_or(format!("status: {name:?}"))).transpose()?,
        terms: json(row, "terms")?,
        stock: StockCount {
            stock: count(row, "stock")?,
            remaining: count(row, "remaining")?,
            granted: count(row, "granted")?,
            held: count(row, "held")?,
            redeemed: count(row, "redeemed")?,
            expired: count(row, "expired")?,
            revoked: count(row, "revoked")?,
        },
        updated_at: Timestamp::from_millis(bigint(row, "updated_at")?),
    })
}

fn status_named(name: &str) -> Option<CampaignStatus> {
    [CampaignStatus::Running, CampaignStatus::Paused, CampaignStatus::Ended]
        .into_iter()
        .find(|status| status.name() == name)
}

pub(super) fn coupon(row: &PgRow) -> Result<CouponRow, String> {
    Ok(CouponRow {
        coupon: column(row, "coupon")?,
        campaign: column(row, "campaign")?,
        shopper: column(row, "shopper")?,
        request: maybe(row, "request")?,
        state: named(row, "state", CouponState::from_name)?,
        expires_at: maybe_bigint(row, "expires_at")?.map(Timestamp::from_millis),
        order: maybe(row, "order_id")?,
        hold: maybe(row, "hold")?,
        hold_until: maybe_bigint(row, "hold_until")?.map(Timestamp::from_millis),
        discount: maybe_bigint(row, "discount")?.map(Money::new),
        restored: u8::try_from(int(row, "restored")?).map_err(|error| format!("restored: {error}"))?,
        updated_at: Timestamp::from_millis(bigint(row, "updated_at")?),
        source: source(row)?,
    })
}

pub(super) fn request(row: &PgRow) -> Result<RequestRow, String> {
    let kind = named(row, "kind", RequestKind::from_name)?;
    let subject: String = column(row, "subject")?;
    Ok(RequestRow {
        request: column(row, "request")?,
        subject: Subject::of(kind, &subject).map_err(|error| format!("subject: {error}"))?,
        shopper: maybe(row, "shopper")?,
        kind,
        status: named(row, "status", RequestStatus::from_name)?,
        reason: maybe(row, "reason")?,
        coupon: maybe(row, "coupon")?,
        decided_at: Timestamp::from_millis(bigint(row, "decided_at")?),
        source: source(row)?,
    })
}

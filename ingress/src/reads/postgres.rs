//! Postgres: the projections' tables, read-only, through a small pool. No transaction is begun here, so none can be left open.

use std::str::FromStr;
use std::time::Duration;

use events::ids::{RequestId, ShopperId};
use events::money::Money;
use events::time::Timestamp;
use projections::{CouponRow, CouponState, RequestKind, RequestRow, RequestStatus, Source, Subject};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::{PgConnection, Row};

use super::ReadError;
use super::columns::{id, maybe_id, named};

const REQUEST: &str = "SELECT coalesce(campaign, sku, order_id, seller) AS subject, shopper, kind, status, reason, coupon, \
                       decided_at, src_partition, src_offset FROM requests WHERE request = $1";

/// The newest thousand: nobody reads more on one page.
const COUPONS: &str = "SELECT coupon, campaign, request, state, expires_at, order_id, hold, hold_until, discount, \
                       restored, updated_at, src_partition, src_offset FROM coupons WHERE shopper = $1 \
                       ORDER BY updated_at DESC LIMIT 1000";

/// Reads what the sinks have written to Postgres.
pub(crate) struct Postgres {
    pool: PgPool,
    options: PgConnectOptions,
}

impl Postgres {
    /// Connects when it is first asked.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the address is not one.
    pub(crate) fn new(url: &str, most_connections: u32, deadline: Duration) -> Result<Self, sqlx::Error> {
        let options = PgConnectOptions::from_str(url)?.application_name("timesale ingress");
        let read_only = [("default_transaction_read_only", "on"), ("timezone", "UTC")];
        let quick =
            options.clone().options(read_only).options([("statement_timeout", format!("{}ms", deadline.as_millis()))]);
        let pool =
            PgPoolOptions::new().max_connections(most_connections).acquire_timeout(deadline).connect_lazy_with(quick);
        Ok(Self { pool, options: options.options(read_only).options([("statement_timeout", "60s")]) })
    }

    pub(super) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// A connection of its own, for a long read.
    ///
    /// # Errors
    /// [`sqlx::Error`].
    pub(crate) async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        sqlx::ConnectOptions::connect(&self.options).await
    }

    /// A decided request.
    pub(crate) async fn request(&self, request: RequestId) -> Result<Option<RequestRow>, ReadError> {
        let row = sqlx::query(REQUEST).bind(request.to_string()).fetch_optional(&self.pool).await?;
        row.map(|row| request_row(request, &row)).transpose()
    }

    /// A shopper's coupons, the newest first.
    pub(crate) async fn coupons(&self, shopper: &ShopperId) -> Result<Vec<CouponRow>, ReadError> {
        let rows = sqlx::query(COUPONS).bind(shopper.as_str()).fetch_all(&self.pool).await?;
        rows.iter().map(|row| coupon_row(shopper, row)).collect()
    }
}

fn request_row(request: RequestId, row: &PgRow) -> Result<RequestRow, ReadError> {
    let kind = named(row, "kind", RequestKind::from_name)?;
    let subject = Subject::of(kind, row.try_get("subject")?);
    Ok(RequestRow {
        request,
        subject: subject.map_err(|_| ReadError::Unreadable("subject".into()))?,
        shopper: maybe_id(row, "shopper")?,
        kind,
        status: named(row, "status", RequestStatus::from_name)?,
        reason: row.try_get::<Option<&str>, _>("reason")?.map(Into::into),
        coupon: maybe_id(row, "coupon")?,
        decided_at: Timestamp::from_millis(row.try_get("decided_at")?),
        source: source(row)?,
    })
}

fn coupon_row(shopper: &ShopperId, row: &PgRow) -> Result<CouponRow, ReadError> {
    let instant = |name: &str| row.try_get::<Option<i64>, _>(name).map(|millis| millis.map(Timestamp::from_millis));
    Ok(CouponRow {
        coupon: id(row, "coupon")?,
        campaign: id(row, "campaign")?,
        shopper: shopper.clone(),
        request: maybe_id(row, "request")?,
        state: named(row, "state", CouponState::from_name)?,
        expires_at: instant("expires_at")?,
        order: maybe_id(row, "order_id")?,
        hold: maybe_id(row, "hold")?,
        hold_until: instant("hold_until")?,
        discount: row.try_get::<Option<i64>, _>("discount")?.map(Money::new),
        restored: u8::try_from(row.try_get::<i32, _>("restored")?).unwrap_or(u8::MAX),
        updated_at: Timestamp::from_millis(row.try_get("updated_at")?),
        source: source(row)?,
    })
}

fn source(row: &PgRow) -> Result<Source, ReadError> {
    Ok(Source { partition: row.try_get("src_partition")?, offset: row.try_get("src_offset")? })
}

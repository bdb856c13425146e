//! Postgres against the rows of the log: every table, row by row, in both directions. Read through cursors in one snapshot, in
//! order of keys, so that neither side is ever held twice.

use std::fmt::Debug;
use std::str::FromStr;

use events::coupons::{CampaignStatus, StockCount};
use events::money::Money;
use events::projections::{
    CampaignRow, CouponRow, CouponState, Projection, RequestKind, RequestRow, RequestStatus, Source, Subject,
};
use events::time::Timestamp;
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{ConnectOptions, Connection, PgConnection, Row};

use super::compare::Comparison;

/// Why Postgres could not be compared. That it differs is no error.
#[derive(Debug, thiserror::Error)]
#[error("postgres: {0}")]
pub(super) struct PostgresError(#[from] sqlx::Error);

/// Rows a fetch brings.
const FETCH: &str = "fetch 10000 from rows";

/// Compares every table with the rows of the log. Returns how many rows were compared, and the first difference.
///
/// # Errors
/// [`PostgresError`] when the database cannot be read; one without our tables is a difference.
pub(super) async fn compare(url: &str, rows: &Projection) -> Result<(u64, Option<String>), PostgresError> {
    let mut connection = PgConnectOptions::from_str(url)?.connect().await?;
    let compared = compare_on(&mut connection, rows).await;
    connection.close().await?;
    match compared {
        // undefined_table
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42P01") => {
            Ok((0, Some(format!("the database is empty: {error}"))))
        }
        other => Ok(other?),
    }
}

async fn compare_on(connection: &mut PgConnection, rows: &Projection) -> Result<(u64, Option<String>), sqlx::Error> {
    let campaigns = "declare rows cursor for select campaign, partition, version, status, terms::text as terms, stock, \
                     remaining, granted, held, redeemed, expired, revoked, updated_at from campaigns \
                     order by campaign collate \"C\"";
    let coupons = "declare rows cursor for select coupon, campaign, shopper, request, state, expires_at, order_id, hold, \
                   hold_until, discount, restored, updated_at, src_partition, src_offset from coupons \
                   order by coupon collate \"C\"";
    let requests = "declare rows cursor for select request, coalesce(campaign, sku, order_id) as subject, shopper, kind, status, reason, coupon, decided_at, \
                    src_partition, src_offset from requests order by request collate \"C\"";
    sqlx::raw_sql("begin isolation level repeatable read read only").execute(&mut *connection).await?;
    let compared = [
        table(connection, campaigns, Comparison::new("campaign", rows.campaigns.iter()), |row| {
            campaign(row).map(|row| (row.campaign.clone(), row))
        })
        .await?,
        table(connection, coupons, Comparison::new("coupon", rows.coupons.iter()), |row| {
            coupon(row).map(|row| (row.coupon, row))
        })
        .await?,
        table(connection, requests, Comparison::new("request", rows.requests.iter()), |row| {
            request(row).map(|row| (row.request, row))
        })
        .await?,
    ];
    sqlx::raw_sql("commit").execute(&mut *connection).await?;
    let count = compared.iter().map(|(count, _)| count).sum();
    Ok((count, compared.into_iter().find_map(|(_, difference)| difference)))
}

async fn table<'a, K, R, E>(
    connection: &mut PgConnection,
    declare: &'static str,
    mut comparison: Comparison<'a, K, R, E>,
    read: impl Fn(&PgRow) -> Result<(K, R), String>,
) -> Result<(u64, Option<String>), sqlx::Error>
where
    K: Ord + Debug + 'a,
    R: PartialEq + Debug + 'a,
    E: Iterator<Item = (&'a K, &'a R)>,
{
    sqlx::raw_sql(declare).execute(&mut *connection).await?;
    loop {
        // Not kept prepared: the same words bring other columns from the next table's cursor.
        let batch = sqlx::query(FETCH).persistent(false).fetch_all(&mut *connection).await?;
        if batch.is_empty() {
            break;
        }
        for row in &batch {
            match read(row) {
                Ok((key, row)) => comparison.found(&key, &row),
                Err(why) => comparison.unreadable(&why),
            }
        }
    }
    sqlx::raw_sql("close rows").execute(&mut *connection).await?;
    Ok(comparison.end())
}

/// A column, read as the type of the row's field.
fn column<T: FromStr>(row: &PgRow, name: &'static str) -> Result<T, String> {
    maybe(row, name)?.ok_or_else(|| format!("{name} is null"))
}

fn maybe<T: FromStr>(row: &PgRow, name: &'static str) -> Result<Option<T>, String> {
    let text: Option<String> = row.try_get(name).map_err(|error| error.to_string())?;
    text.map(|text| text.parse().map_err(|_| format!("{name}: {text:?}"))).transpose()
}

fn named<T>(row: &PgRow, name: &'static str, of: impl Fn(&str) -> Option<T>) -> Result<T, String> {
    let text: String = row.try_get(name).map_err(|error| error.to_string())?;
    of(&text).ok_or_else(|| format!("{name}: {text:?}"))
}

fn bigint(row: &PgRow, name: &'static str) -> Result<i64, String> {
    row.try_get(name).map_err(|error| error.to_string())
}

fn maybe_bigint(row: &PgRow, name: &'static str) -> Result<Option<i64>, String> {
    row.try_get(name).map_err(|error| error.to_string())
}

fn count(row: &PgRow, name: &'static str) -> Result<u32, String> {
    u32::try_from(bigint(row, name)?).map_err(|error| format!("{name}: {error}"))
}

fn int(row: &PgRow, name: &'static str) -> Result<i32, String> {
    row.try_get(name).map_err(|error| error.to_string())
}

fn source(row: &PgRow) -> Result<Source, String> {
    Ok(Source { partition: int(row, "src_partition")?, offset: bigint(row, "src_offset")? })
}

fn campaign(row: &PgRow) -> Result<CampaignRow, String> {
    let status: Option<String> = row.try_get("status").map_err(|error| error.to_string())?;
    let terms: Option<String> = row.try_get("terms").map_err(|error| error.to_string())?;
    Ok(CampaignRow {
        campaign: column(row, "campaign")?,
        partition: int(row, "partition")?,
        version: u64::try_from(bigint(row, "version")?).map_err(|error| format!("version: {error}"))?,
        status: status.map(|name| status_named(&name).ok_or(format!("status: {name:?}"))).transpose()?,
        terms: terms.map(|text| serde_json::from_str(&text).map_err(|error| format!("terms: {error}"))).transpose()?,
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

fn coupon(row: &PgRow) -> Result<CouponRow, String> {
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

fn request(row: &PgRow) -> Result<RequestRow, String> {
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

/// How far the sink has written each partition of a topic; nothing when there is no database yet.
///
/// # Errors
/// [`PostgresError`] when the database cannot be reached.
pub(super) async fn positions(url: &str, topic: &str) -> Result<Vec<(i32, i64)>, PostgresError> {
    let mut connection = PgConnectOptions::from_str(url)?.connect().await?;
    let rows =
        sqlx::query("select partition, next_offset from sink_positions where topic = $1 and next_offset is not null")
            .bind(topic)
            .fetch_all(&mut connection)
            .await;
    connection.close().await?;
    match rows {
        Ok(rows) => rows.iter().map(|row| Ok((row.try_get("partition")?, row.try_get("next_offset")?))).collect(),
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42P01") => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

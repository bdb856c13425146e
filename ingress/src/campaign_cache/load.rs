//! The cache of campaigns's beginning: campaigns and grants as Postgres has them, with the positions in the log that they stand for, all
//! from one snapshot. Following the log from those positions misses nothing and doubles nothing.

use std::collections::{BTreeMap, HashSet};

use events::coupons::{CampaignStatus, StockCount};
use events::ids::{CampaignId, RequestId};
use events::time::Timestamp;
use events::topics::COUPONS_EVENTS;
use futures_util::TryStreamExt;
use sqlx::postgres::PgRow;
use sqlx::{Connection, PgConnection, Row};

use super::{CampaignCache, Listing};

const POSITIONS: &str =
    "SELECT partition, next_offset FROM sink_positions WHERE topic = $1 AND next_offset IS NOT NULL";

const CAMPAIGNS: &str = "SELECT campaign, version, status, terms::text AS terms, stock, remaining, granted, held, redeemed, \
                         expired, revoked, updated_at FROM campaigns";

const GRANTS: &str = "SELECT campaign, request FROM coupons WHERE request IS NOT NULL";

/// Fills the cache of campaigns; answers with the next offset of each partition that the snapshot knows.
///
/// # Errors
/// Any of sqlx's: the cache of campaigns is then filled from the log alone.
pub(crate) async fn load(
    cache: &CampaignCache,
    connection: &mut PgConnection,
) -> Result<BTreeMap<i32, i64>, sqlx::Error> {
    // No deadline around `begin`: a cancelled one would leave the connection inside a transaction. The statements have the
    // connection's own.
    let mut snapshot = connection.begin().await?;
    sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY").execute(&mut *snapshot).await?;
    let positions: Vec<(i32, i64)> =
        sqlx::query_as(POSITIONS).bind(COUPONS_EVENTS.name()).fetch_all(&mut *snapshot).await?;
    for row in sqlx::query(CAMPAIGNS).fetch_all(&mut *snapshot).await? {
        let campaign: String = row.try_get("campaign")?;
        match (CampaignId::new(&campaign), listing(&row)?) {
            (Ok(campaign), Some(listing)) => cache.put(campaign, listing),
            _ => tracing::warn!(campaign, "a campaign in Postgres cannot be read"),
        }
    }
    let mut grants = sqlx::query(GRANTS).fetch(&mut *snapshot);
    while let Some(row) = grants.try_next().await? {
        let (campaign, request): (&str, &str) = (row.try_get("campaign")?, row.try_get("request")?);
        if let (Ok(campaign), Ok(request)) = (CampaignId::new(campaign), RequestId::new(request)) {
            cache.put_grant(&campaign, &request);
        }
    }
    drop(grants);
    snapshot.commit().await?;
    Ok(positions.into_iter().collect())
}

/// A row as a listing; nothing when the row says what no listing can.
fn listing(row: &PgRow) -> Result<Option<Listing>, sqlx::Error> {
    let terms: Option<String> = row.try_get("terms")?;
    let terms = terms.map(|terms| serde_json::from_str(&terms)).transpose();
    let status: Option<String> = row.try_get("status")?;
    let status = match status.as_deref() {
        None => Some(CampaignStatus::Running),
        Some(name) => [CampaignStatus::Running, CampaignStatus::Paused, CampaignStatus::Ended]
            .into_iter()
            .find(|status| status.name() == name),
    };
    let version: i64 = row.try_get("version")?;
    let updated_at = Timestamp::from_millis(row.try_get("updated_at")?);
    let (Ok(terms), Some(status), Ok(version), Some(stock)) = (terms, status, u64::try_from(version), stock(row)?)
    else {
        return Ok(None);
    };
    Ok(Some(Listing { terms, status, stock, version, updated_at, granted: HashSet::default() }))
}

fn stock(row: &PgRow) -> Result<Option<StockCount>, sqlx::Error> {
    let mut counts = [0; 7];
    let names = ["stock", "remaining", "granted", "held", "redeemed", "expired", "revoked"];
    for (count, name) in counts.iter_mut().zip(names) {
        let Ok(number) = u32::try_from(row.try_get::<i64, _>(name)?) else { return Ok(None) };
        *count = number;
    }
    let [stock, remaining, granted, held, redeemed, expired, revoked] = counts;
    Ok(Some(StockCount { stock, remaining, granted, held, redeemed, expired, revoked }))
}

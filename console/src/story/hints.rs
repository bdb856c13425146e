//! What Postgres knows of a subject: where and when its records were written. It only says where to look; what is told is in the log.

use std::collections::BTreeSet;
use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, Row};

use super::places::Places;
use super::subject::Subject;

/// Where to look first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Hints {
    /// Whether Postgres knows the subject.
    pub(crate) is_known: bool,
    /// Nothing of it was logged before, milliseconds since 1970.
    pub(crate) from_ms: Option<i64>,
    /// Nothing happens to it any more after this, milliseconds since 1970.
    pub(crate) to_ms: Option<i64>,
    /// The partitions of its own records.
    pub(super) places: Places,
    /// Other ids of it.
    pub(super) ids: BTreeSet<String>,
    /// What Postgres shows of it, as name and value.
    pub(crate) standing: Vec<(&'static str, String)>,
}

impl Hints {
    /// Where to look when nobody knows anything: in the partitions of the subject's own key, else everywhere.
    pub(crate) fn without_postgres(subject: &Subject) -> Self {
        let mut hints = Self::default();
        match subject {
            Subject::Order(order) => hints.places.add("orders", order.as_str()),
            Subject::Coupon(_) => hints.places.add_all_of("coupons"),
            Subject::Request(_) | Subject::Trace(_) => hints.places = Places::everywhere(),
        }
        hints
    }
}

/// Asks Postgres.
///
/// # Errors
/// [`sqlx::Error`] when it does not answer.
pub(crate) async fn look_up(url: &str, subject: &Subject) -> Result<Hints, sqlx::Error> {
    let mut connection = PgConnectOptions::from_str(url)?.connect().await?;
    let found = match subject {
        Subject::Order(order) => of_order(&mut connection, order.as_str()).await,
        Subject::Coupon(coupon) => of_coupon(&mut connection, &coupon.to_string()).await,
        Subject::Request(request) => of_request(&mut connection, &request.to_string()).await,
        Subject::Trace(_) => Ok(None),
    }?;
    connection.close().await?;
    Ok(found.unwrap_or_else(|| Hints::without_postgres(subject)))
}

async fn of_order(connection: &mut PgConnection, order: &str) -> Result<Option<Hints>, sqlx::Error> {
    let mut hints = Hints { is_known: true, ..Hints::default() };
    hints.places.add("orders", order);
    let found = "select placed_at, updated_at, deadline, state, gross, discount, due, paid, refunded from orders where order_id = $1";
    let Some(row) = sqlx::query(found).bind(order).fetch_optional(&mut *connection).await? else { return Ok(None) };
    hints.from_ms = row.try_get("placed_at")?;
    let deadline: Option<i64> = row.try_get("deadline")?;
    hints.to_ms = if deadline.is_none() { Some(row.try_get("updated_at")?) } else { None };
    hints.standing.push(("state", row.try_get("state")?));
    for amount in ["gross", "discount", "due", "paid", "refunded"] {
        let value: i64 = row.try_get(amount)?;
        hints.standing.push((amount, value.to_string()));
    }
    Ok(Some(hints))
}

async fn of_coupon(connection: &mut PgConnection, coupon: &str) -> Result<Option<Hints>, sqlx::Error> {
    let mut hints = Hints { is_known: true, ..Hints::default() };
    let found = "select c.campaign, c.request, c.order_id, c.state, r.decided_at from coupons c
        left join requests r on r.request = c.request where c.coupon = $1";
    let Some(row) = sqlx::query(found).bind(coupon).fetch_optional(&mut *connection).await? else { return Ok(None) };
    hints.from_ms = row.try_get("decided_at")?;
    hints.places.add("coupons", &row.try_get::<String, _>("campaign")?);
    if let Some(order) = row.try_get::<Option<String>, _>("order_id")? {
        hints.places.add("orders", &order);
        hints.standing.push(("order", order));
    }
    hints.ids.extend(row.try_get::<Option<String>, _>("request")?);
    hints.standing.push(("state", row.try_get("state")?));
    Ok(Some(hints))
}

async fn of_request(connection: &mut PgConnection, request: &str) -> Result<Option<Hints>, sqlx::Error> {
    let mut hints = Hints { is_known: true, ..Hints::default() };
    let found = "select campaign, sku, order_id, status, reason, decided_at from requests where request = $1";
    let Some(row) = sqlx::query(found).bind(request).fetch_optional(&mut *connection).await? else { return Ok(None) };
    let decided_at: i64 = row.try_get("decided_at")?;
    (hints.from_ms, hints.to_ms) = (Some(decided_at), Some(decided_at));
    for (application, column) in [("coupons", "campaign"), ("inventory", "sku"), ("orders", "order_id")] {
        if let Some(key) = row.try_get::<Option<String>, _>(column)? {
            hints.places.add(application, &key);
        }
    }
    hints.standing.push(("status", row.try_get("status")?));
    hints.standing.extend(row.try_get::<Option<String>, _>("reason")?.map(|reason| ("reason", reason)));
    Ok(Some(hints))
}

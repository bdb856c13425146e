//! Sellers' days and lines in Postgres. A page is found by its rows' place, never by counting rows, so that the last page costs what
//! the first one does.

use events::ids::SellerId;
use events::money::{BasisPoints, Money};
use events::settlement::{Fee, LineKind, LineTerms, RuleKind, Settled, Source, Vat};
use events::time::Timestamp;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{Postgres as Database, Row};

use super::ReadError;
use super::columns::{count, id, json, named};
use super::order_reader::Reading;
use super::postgres::Postgres;
use super::settlement_reader::{Closing, DayStatus, Page, SellerDay, SellerLine, SettlementReader};

macro_rules! days {
    ($place:literal) => {
        concat!(
            "SELECT seller, day, version, status, lines, gross, platform_share, seller_share, due, base, commission, vat, net, \
             policy, carried_in, payable, carried_out, closed_at, updated_at, \
             (SELECT json_agg(json_build_object('on', pay_on, 'amount', amount, 'part', part) ORDER BY pay_on, part)::text \
              FROM pay_outs AS p WHERE p.seller = s.seller AND p.day = s.day) AS pay_outs \
             FROM statements AS s WHERE ",
            $place,
            " AND day BETWEEN $3 AND $4 ORDER BY seller, day LIMIT $5"
        )
    };
}

macro_rules! lines {
    ($place:literal) => {
        concat!(
            "SELECT seller, day, number, kind, order_id, refund, sku, quantity, policy, rule, rate, fixed, minimum, vat_mode, \
             gross, platform_share, seller_share, due, base, commission, vat, net, reached_at, at, src_partition, src_offset \
             FROM statement_lines WHERE ",
            $place,
            " AND day BETWEEN $3 AND $4 ORDER BY seller, day, number LIMIT $5"
        )
    };
}

const DAYS: &str = days!("(seller, day) > ($1, $2)");
const DAYS_OF_SELLER: &str = days!("seller = $1 AND day > $2");
const LINES: &str = lines!("(seller, day, number) > ($1, $2, $6)");
const LINES_OF_SELLER: &str = lines!("seller = $1 AND (day, number) > ($2, $6)");

impl SettlementReader for Postgres {
    fn days<'a>(&'a self, page: &'a Page) -> Reading<'a, Vec<SellerDay>> {
        Box::pin(async move {
            let sql = if page.seller.is_some() { DAYS_OF_SELLER } else { DAYS };
            let rows = asked(sql, page).fetch_all(self.pool()).await?;
            rows.iter().map(day_row).collect()
        })
    }

    fn lines<'a>(&'a self, page: &'a Page) -> Reading<'a, Vec<SellerLine>> {
        Box::pin(async move {
            let sql = if page.seller.is_some() { LINES_OF_SELLER } else { LINES };
            let number = page.after.as_ref().map_or(0, |place| i64::try_from(place.number).unwrap_or(i64::MAX));
            let rows = asked(sql, page).bind(number).fetch_all(self.pool()).await?;
            rows.iter().map(line_row).collect()
        })
    }
}

/// One row more than the page holds tells whether there is a page after it. No seller and no day is called nothing.
fn asked<'a>(sql: &'static str, page: &Page) -> Query<'a, Database, PgArguments> {
    let after = page.after.as_ref();
    let seller = page.seller.as_ref().or(after.map(|place| &place.seller)).map_or("", SellerId::as_str);
    let day = after.map(|place| place.day.to_string()).unwrap_or_default();
    sqlx::query(sql)
        .bind(seller.to_owned())
        .bind(day)
        .bind(page.from.to_string())
        .bind(page.to.to_string())
        .bind(i64::from(page.limit) + 1)
}

fn day_row(row: &PgRow) -> Result<SellerDay, ReadError> {
    let status = named(row, "status", DayStatus::from_name)?;
    Ok(SellerDay {
        seller: id(row, "seller")?,
        day: id(row, "day")?,
        status,
        version: count(row, "version")?,
        lines: count(row, "lines")?,
        amounts: amounts(row)?,
        statement: if status == DayStatus::Closed { Some(closing(row)?) } else { None },
        updated_at: instant(row, "updated_at")?,
    })
}

fn closing(row: &PgRow) -> Result<Closing, ReadError> {
    let money = |name: &str| row.try_get(name).map(Money::new);
    Ok(Closing {
        policy: count(row, "policy")?,
        carried_in: money("carried_in")?,
        payable: money("payable")?,
        carried_out: money("carried_out")?,
        pay_outs: json(row, "pay_outs")?.unwrap_or_default(),
        closed_at: instant(row, "closed_at")?,
    })
}

fn line_row(row: &PgRow) -> Result<SellerLine, ReadError> {
    let refund: Option<i32> = row.try_get("refund")?;
    let unreadable = |name: &str| ReadError::Unreadable(name.to_owned());
    Ok(SellerLine {
        seller: id(row, "seller")?,
        day: id(row, "day")?,
        number: count(row, "number")?,
        kind: named(row, "kind", |name| {
            [LineKind::Sale, LineKind::Contra].into_iter().find(|kind| kind.name() == name)
        })?,
        order: id(row, "order_id")?,
        refund: refund.map(u16::try_from).transpose().map_err(|_| unreadable("refund"))?,
        sku: id(row, "sku")?,
        quantity: row.try_get("quantity")?,
        policy: count(row, "policy")?,
        terms: terms(row)?,
        amounts: amounts(row)?,
        reached_at: instant(row, "reached_at")?,
        at: instant(row, "at")?,
        source: Source { partition: row.try_get("src_partition")?, offset: row.try_get("src_offset")? },
    })
}

fn terms(row: &PgRow) -> Result<LineTerms, ReadError> {
    let rate: Option<i32> = row.try_get("rate")?;
    let fixed: Option<i64> = row.try_get("fixed")?;
    let fee = match (rate.map(u16::try_from), fixed) {
        (Some(Ok(rate)), None) => Fee::Rate(BasisPoints::new(rate)),
        (None, Some(fixed)) => Fee::Fixed(Money::new(fixed)),
        _ => return Err(ReadError::Unreadable("rate".into())),
    };
    let vat = |name: &str| [Vat::Included, Vat::Added, Vat::None].into_iter().find(|vat| vat.name() == name);
    Ok(LineTerms {
        rule: named(row, "rule", |name| RuleKind::ALL.into_iter().find(|rule| rule.name() == name))?,
        fee,
        minimum: Money::new(row.try_get("minimum")?),
        vat: named(row, "vat_mode", vat)?,
    })
}

fn amounts(row: &PgRow) -> Result<Settled, ReadError> {
    let money = |name: &str| row.try_get(name).map(Money::new);
    Ok(Settled {
        gross: money("gross")?,
        platform_share: money("platform_share")?,
        seller_share: money("seller_share")?,
        due: money("due")?,
        base: money("base")?,
        commission: money("commission")?,
        vat: money("vat")?,
        net: money("net")?,
    })
}

fn instant(row: &PgRow, name: &str) -> Result<Timestamp, ReadError> {
    Ok(Timestamp::from_millis(row.try_get(name)?))
}

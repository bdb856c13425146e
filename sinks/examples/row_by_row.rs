//! What statement lines cost that are written as most programs would: one prepared INSERT a row, a transaction for each thousand. Takes
//! lines that are there already and writes them into a table of the same make. Prints one JSON line.
//!
//! `DATABASE_URL=… cargo run --release --manifest-path sinks/Cargo.toml --example row_by_row -- <rows>`
#![allow(clippy::print_stdout, reason = "its result is one line on stdout")]

use std::error::Error;
use std::time::Instant;

use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{ConnectOptions, Connection, Row};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Rows of a transaction.
const BATCH: usize = 1_000;

const TWIN: &str = "drop table if exists statement_lines_row_by_row; \
     create table statement_lines_row_by_row (like statement_lines including all)";

const INSERT: &str = "insert into statement_lines_row_by_row (seller, day, number, kind, order_id, refund, sku, quantity, policy, \
     rule, rate, fixed, minimum, vat_mode, gross, platform_share, seller_share, due, base, commission, vat, net, reached_at, at, \
     src_partition, src_offset) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, \
     $20, $21, $22, $23, $24, $25, $26) on conflict (seller, day, number) do nothing";

/// A line, column by column.
struct Line {
    texts: [String; 7],
    ints: [Option<i32>; 5],
    longs: [Option<i64>; 14],
}

const TEXTS: [&str; 7] = ["seller", "day", "kind", "order_id", "sku", "rule", "vat_mode"];
const INTS: [&str; 5] = ["refund", "quantity", "policy", "rate", "src_partition"];
const LONGS: [&str; 14] = [
    "number",
    "fixed",
    "minimum",
    "gross",
    "platform_share",
    "seller_share",
    "due",
    "base",
    "commission",
    "vat",
    "net",
    "reached_at",
    "at",
    "src_offset",
];

#[tokio::main]
async fn main() -> Outcome<()> {
    let rows: i64 = std::env::args().nth(1).ok_or("say how many rows")?.parse()?;
    let mut connection = std::env::var("DATABASE_URL")?.parse::<PgConnectOptions>()?.connect().await?;
    sqlx::raw_sql(TWIN).execute(&mut connection).await?;
    // In the order in which they were posted, as a program that posts them would write them.
    let query = "select * from statement_lines order by src_partition, src_offset, number limit $1";
    let found = sqlx::query(query).bind(rows).fetch_all(&mut connection).await?;
    let lines = found.iter().map(line).collect::<Result<Vec<Line>, sqlx::Error>>()?;
    drop(found);
    let began = Instant::now();
    for batch in lines.chunks(BATCH) {
        let mut transaction = connection.begin().await?;
        for Line { texts, ints, longs } in batch {
            let [seller, day, kind, order, sku, rule, vat_mode] = texts;
            let [refund, quantity, policy, rate, partition] = ints;
            let [number, fixed, minimum, rest @ ..] = longs;
            let query = sqlx::query(INSERT).bind(seller).bind(day).bind(number).bind(kind).bind(order).bind(refund);
            let query = query.bind(sku).bind(quantity).bind(policy).bind(rule).bind(rate).bind(fixed).bind(minimum);
            let [gross, platform_share, seller_share, due, base, commission, vat, net, reached_at, at, offset] = rest;
            let amounts = [gross, platform_share, seller_share, due, base, commission, vat, net, reached_at, at];
            let query = amounts.into_iter().fold(query.bind(vat_mode), |query, amount| query.bind(amount));
            query.bind(partition).bind(offset).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
    }
    let seconds = began.elapsed().as_secs_f64();
    sqlx::raw_sql("drop table statement_lines_row_by_row").execute(&mut connection).await?;
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = lines.len() as f64 / seconds;
    println!("{{\"rows\":{},\"seconds\":{seconds:.3},\"rows_per_second\":{rate:.0}}}", lines.len());
    Ok(())
}

fn line(row: &PgRow) -> Result<Line, sqlx::Error> {
    let mut line = Line { texts: Default::default(), ints: Default::default(), longs: Default::default() };
    for (text, name) in line.texts.iter_mut().zip(TEXTS) {
        *text = row.try_get(name)?;
    }
    for (int, name) in line.ints.iter_mut().zip(INTS) {
        *int = row.try_get(name)?;
    }
    for (long, name) in line.longs.iter_mut().zip(LONGS) {
        *long = row.try_get(name)?;
    }
    Ok(line)
}

//! Rows of statements' lines. There are many and each is written once, so they are copied straight into the table; the position that
//! moves in the same transaction makes sure that none comes twice. Only after a rewind some may be there: then all of a batch go
//! around by a table of their own, and those that are new are taken over.

use events::money::Money;
use events::settlement::{Fee, LineTerms};
use projections::StatementLineRow;
use sqlx::{Connection, PgConnection};

use super::bigint;
use crate::postgres::verdict;

const COPY: &str = "copy statement_lines (seller, day, number, kind, order_id, refund, sku, quantity, policy, rule, rate, \
     fixed, minimum, vat_mode, gross, platform_share, seller_share, due, base, commission, vat, net, reached_at, at, \
     src_partition, src_offset) from stdin (format binary)";
/// How many columns these are.
const COLUMNS: i16 = 26;

const AROUND: &str =
    "create temporary table arriving_lines on commit drop as select * from statement_lines with no data";
const COPY_AROUND: &str = "copy arriving_lines (seller, day, number, kind, order_id, refund, sku, quantity, policy, rule, rate, \
     fixed, minimum, vat_mode, gross, platform_share, seller_share, due, base, commission, vat, net, reached_at, at, \
     src_partition, src_offset) from stdin (format binary)";
const TAKE_OVER: &str =
    "insert into statement_lines select * from arriving_lines on conflict (seller, day, number) do nothing";

/// unique_violation
const IS_THERE: &str = "23505";

pub(super) async fn lines(connection: &mut PgConnection, rows: &[&StatementLineRow]) -> Result<u64, sqlx::Error> {
    let bytes = encode(rows);
    let mut straight = connection.begin().await?;
    match copy(&mut straight, COPY, &bytes).await {
        Ok(count) => {
            straight.commit().await?;
            return Ok(count);
        }
        Err(error) => {
            straight.rollback().await?;
            if verdict::sqlstate(&error).as_deref() != Some(IS_THERE) {
                return Err(error);
            }
        }
    }
    sqlx::raw_sql("drop table if exists arriving_lines").execute(&mut *connection).await?;
    sqlx::raw_sql(AROUND).execute(&mut *connection).await?;
    copy(connection, COPY_AROUND, &bytes).await?;
    let done = sqlx::query(TAKE_OVER).persistent(false).execute(connection).await?;
    Ok(done.rows_affected())
}

async fn copy(connection: &mut PgConnection, statement: &str, bytes: &[u8]) -> Result<u64, sqlx::Error> {
    let mut copy = connection.copy_in_raw(statement).await?;
    copy.send(bytes).await?;
    copy.finish().await
}

/// What Postgres calls binary copy: a signature, a flag word, no extension; then the count of columns and each with its length.
fn encode(rows: &[&StatementLineRow]) -> Vec<u8> {
    let mut file = File(Vec::with_capacity(32 + 384 * rows.len()));
    file.0.extend_from_slice(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0");
    for row in rows {
        file.0.extend_from_slice(&COLUMNS.to_be_bytes());
        file.row(row);
    }
    file.0.extend_from_slice(&(-1_i16).to_be_bytes());
    file.0
}

/// Bytes of a binary copy.
struct File(Vec<u8>);

impl File {
    fn row(&mut self, row: &StatementLineRow) {
        let LineTerms { rule, fee, minimum, vat } = row.terms;
        let (rate, fixed) = match fee {
            Fee::Rate(rate) => (Some(i32::from(rate.points())), None),
            Fee::Fixed(amount) => (None, Some(amount)),
        };
        let sums = &row.amounts;
        self.text(row.seller.as_str());
        self.text(&row.day.text());
        self.bigint(bigint(row.number));
        self.text(row.kind.name());
        self.text(row.order.as_str());
        self.maybe_int(row.refund.map(i32::from));
        self.text(row.sku.as_str());
        self.int(row.quantity);
        self.int(row.policy.cast_signed());
        self.text(rule.name());
        self.maybe_int(rate);
        self.maybe_money(fixed);
        self.money(minimum);
        self.text(vat.name());
        for sum in [sums.gross, sums.platform_share, sums.seller_share, sums.due] {
            self.money(sum);
        }
        for sum in [sums.base, sums.commission, sums.vat, sums.net] {
            self.money(sum);
        }
        self.bigint(row.reached_at.as_millis());
        self.bigint(row.at.as_millis());
        self.int(row.source.partition);
        self.bigint(row.source.offset);
    }

    fn text(&mut self, text: &str) {
        // No text here is longer than an id.
        self.0.extend_from_slice(&i32::try_from(text.len()).unwrap_or(0).to_be_bytes());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn int(&mut self, number: i32) {
        self.0.extend_from_slice(&4_i32.to_be_bytes());
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    fn bigint(&mut self, number: i64) {
        self.0.extend_from_slice(&8_i32.to_be_bytes());
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    fn money(&mut self, amount: Money) {
        self.bigint(amount.minor());
    }

    fn maybe_int(&mut self, number: Option<i32>) {
        match number {
            Some(number) => self.int(number),
            None => self.null(),
        }
    }

    fn maybe_money(&mut self, amount: Option<Money>) {
        match amount {
            Some(amount) => self.money(amount),
            None => self.null(),
        }
    }

    fn null(&mut self) {
        self.0.extend_from_slice(&(-1_i32).to_be_bytes());
    }
}

//! One batch, one transaction. Records that cannot become rows are found by halving and put aside in the same transaction.

use sqlx::{Connection, PgConnection};
use streams::record::Record;

use super::positions::{self, Owner, Standing};
use super::upsert::{self, Written};
use super::verdict::{self, Verdict};
use crate::batch::{Batch, Item, fold};
use crate::destination::{Applied, SinkError};

/// Why a batch was not written.
enum Failure {
    /// The position could not be moved.
    Standing(Standing),
    /// The database refuses.
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// Whether rows are written together, or so that a bad one can be found.
#[derive(Clone, Copy)]
enum Care {
    /// As if every record were good: the usual way.
    Together,
    /// By halves, each under a savepoint.
    ByHalves,
}

/// Writes a batch: its rows and its position, or nothing.
pub(super) async fn write(connection: &mut PgConnection, owner: &Owner, batch: &Batch) -> Result<Applied, SinkError> {
    let mut outcome = attempt(connection, owner, batch, Care::Together).await;
    if let Err(Failure::Database(error)) = &outcome
        && verdict::of(error) == Verdict::Poison
    {
        tracing::warn!(partition = batch.partition, %error, "a row was refused: looking for its record");
        outcome = attempt(connection, owner, batch, Care::ByHalves).await;
    }
    match outcome {
        Ok(applied) => Ok(applied),
        Err(Failure::Standing(Standing::Written)) => Ok(Applied::default()),
        Err(Failure::Standing(Standing::Foreign(error))) => Err(error),
        Err(Failure::Database(error)) => Err(verdict::error(&error)),
    }
}

async fn attempt(connection: &mut PgConnection, owner: &Owner, batch: &Batch, care: Care) -> Result<Applied, Failure> {
    let mut transaction = connection.begin().await?;
    if !positions::advance(&mut transaction, owner, batch).await? {
        let standing = positions::look(&mut transaction, owner, batch).await?;
        transaction.rollback().await?;
        return Err(Failure::Standing(standing));
    }
    let mut applied = Applied::default();
    for (record, unusable) in batch.unusable() {
        bury(&mut transaction, record, unusable.cause, &unusable.reason).await?;
        applied.dead += 1;
    }
    match care {
        Care::Together => applied.add(upsert::upsert(&mut transaction, &fold(&batch.items)).await?),
        Care::ByHalves => by_halves(&mut transaction, &batch.items, &mut applied).await?,
    }
    transaction.commit().await?;
    Ok(applied)
}

/// Writes what can be written. Each refusal costs the logarithm of the batch's length in statements.
async fn by_halves(connection: &mut PgConnection, items: &[Item], applied: &mut Applied) -> Result<(), sqlx::Error> {
    let mut runs = vec![items];
    while let Some(run) = runs.pop() {
        let mut savepoint = connection.begin().await?;
        match upsert::upsert(&mut savepoint, &fold(run)).await {
            Ok(written) => {
                savepoint.commit().await?;
                applied.add(written);
            }
            Err(error) if verdict::of(&error) == Verdict::Poison => {
                savepoint.rollback().await?;
                match run {
                    [item] => {
                        let cause = verdict::sqlstate(&error).unwrap_or_default().into_owned();
                        bury(connection, &item.record, &cause, &error.to_string()).await?;
                        applied.dead += 1;
                    }
                    _ => {
                        // The first half is on top: a later row of a key must find the earlier one.
                        let (first, second) = run.split_at(run.len() / 2);
                        runs.extend([second, first]);
                    }
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl Applied {
    fn add(&mut self, written: Written) {
        self.rows += written.rows;
        self.stale += written.stale;
    }
}

const BURY: &str = "insert into dead_rows \
     (topic, src_partition, src_offset, cause, reason, key, value, headers, logged_at) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing";

/// Puts a record aside as it was read.
async fn bury(connection: &mut PgConnection, record: &Record, cause: &str, reason: &str) -> Result<(), sqlx::Error> {
    let headers: Vec<String> =
        record.header_pairs().map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value))).collect();
    sqlx::query(BURY)
        .bind(record.topic.as_ref())
        .bind(record.partition)
        .bind(record.offset)
        .bind(cause)
        .bind(storable(reason))
        .bind(record.key.as_deref())
        .bind(record.value.as_deref())
        .bind(storable(&headers.join("\n")))
        .bind(record.timestamp)
        .execute(connection)
        .await?;
    Ok(())
}

/// Text that Postgres takes: without U+0000, and not endless.
fn storable(text: &str) -> String {
    text.chars().filter(|character| *character != '\0').take(4_096).collect()
}

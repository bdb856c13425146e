//! Whose a partition is, and how far it was written.

use sqlx::{PgConnection, Row};

use crate::batch::Batch;
use crate::destination::SinkError;

/// Who writes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner {
    pub(super) topic: &'static str,
    pub(super) generation: i64,
    pub(super) fencing: Fencing,
}

/// Whether a batch asks for its generation and position before it writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fencing {
    /// It does, always.
    On,
    /// It does not: the seeded bug that the fencing tests must catch.
    #[cfg(test)]
    Off,
}

// A generation begins at the clock's milliseconds, so that an owner from before the database was dropped is never mistaken for one
// of the new database's.
const CLAIM: &str = "insert into sink_positions as p (topic, partition, generation, next_offset) \
     values ($1, $2, (extract(epoch from clock_timestamp()) * 1000)::bigint, null) \
     on conflict (topic, partition) do update set generation = p.generation + 1 \
     returning generation, next_offset";

/// Takes a partition over: fences whoever had it. Answers the new generation and the next offset.
pub(super) async fn claim(
    connection: &mut PgConnection,
    topic: &str,
    partition: i32,
) -> Result<(i64, Option<i64>), sqlx::Error> {
    let row = sqlx::query(CLAIM).bind(topic).bind(partition).fetch_one(connection).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

/// The partitions that have a position.
pub(super) async fn generations(connection: &mut PgConnection, topic: &str) -> Result<Vec<i32>, sqlx::Error> {
    let query = sqlx::query_scalar("select partition from sink_positions where topic = $1");
    query.bind(topic).fetch_all(connection).await
}

const MOVE: &str = "update sink_positions set next_offset = $3 \
     where topic = $1 and partition = $2 and generation = $4 and next_offset is not distinct from $5";

/// Moves the position over the batch. Answers whether it could: if not, nothing may be written.
pub(super) async fn advance(connection: &mut PgConnection, owner: &Owner, batch: &Batch) -> Result<bool, sqlx::Error> {
    let text = match owner.fencing {
        Fencing::On => MOVE,
        #[cfg(test)]
        Fencing::Off => {
            "update sink_positions set next_offset = $3 where topic = $1 and partition = $2 \
             and $4::bigint is not null and ($5::bigint is null or true)"
        }
    };
    let query = sqlx::query(text).bind(owner.topic).bind(batch.partition).bind(batch.next);
    let done = query.bind(owner.generation).bind(batch.expected).execute(connection).await?;
    Ok(done.rows_affected() == 1)
}

/// Why the position could not be moved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    /// It has been moved over this very batch: the answer to its commit was lost.
    Written,
    /// Somebody else owns the partition.
    Foreign(SinkError),
}

/// Looks at the position that could not be moved.
pub(super) async fn look(connection: &mut PgConnection, owner: &Owner, batch: &Batch) -> Result<Standing, sqlx::Error> {
    let query = sqlx::query("select generation, next_offset from sink_positions where topic = $1 and partition = $2");
    let row = query.bind(owner.topic).bind(batch.partition).fetch_optional(connection).await?;
    let found = row.map(|row| Ok::<_, sqlx::Error>((row.try_get(0)?, row.try_get(1)?))).transpose()?;
    Ok(judge(found, owner.generation, batch))
}

fn judge(found: Option<(i64, Option<i64>)>, generation: i64, batch: &Batch) -> Standing {
    let partition = batch.partition;
    match found {
        None => Standing::Foreign(SinkError::Lost(format!("postgres: the position of partition {partition} is gone"))),
        Some((found, Some(next))) if found == generation && next == batch.next => Standing::Written,
        Some((found, _)) if found > generation => Standing::Foreign(SinkError::Fenced(format!(
            "partition {partition} has generation {found}, ours was {generation}"
        ))),
        // The database is an older one than we wrote to: restored from a backup, or a replica that was behind.
        Some((found, next)) => Standing::Foreign(SinkError::Lost(format!(
            "postgres: partition {partition} stands at {next:?} of generation {found}, we left it at {:?} of {generation}",
            batch.expected
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Standing, judge};
    use crate::batch::Batch;
    use crate::destination::SinkError;

    #[test]
    fn a_position_that_did_not_move_says_why() {
        let batch = Batch { partition: 1, expected: Some(10), next: 20, items: Vec::new() };
        let verdict = |found| match judge(found, 5, &batch) {
            Standing::Written => "written",
            Standing::Foreign(SinkError::Fenced(_)) => "fenced",
            Standing::Foreign(SinkError::Lost(_)) => "lost",
            Standing::Foreign(_) => "other",
        };
        let table = [
            (Some((5, Some(20))), "written"),
            (Some((6, Some(20))), "fenced"),
            (Some((6, Some(10))), "fenced"),
            (Some((6, None)), "fenced"),
            (Some((5, Some(5))), "lost"),
            (Some((5, None)), "lost"),
            (Some((4, Some(10))), "lost"),
            (None, "lost"),
        ];
        for (found, expected) in table {
            assert_eq!(verdict(found), expected, "{found:?}");
        }
    }
}

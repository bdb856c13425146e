//! A connection whose database exists, has the schema, and gives up before we do.

use std::str::FromStr;

use sqlx::migrate::MigrateDatabase;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Executor};

use super::{schema, verdict};

/// What every connection sets.
///
/// `synchronous_commit = off`: a commit answers before it is on disk, and a crash of the server may lose the last fraction of a
/// second of commits, though never part of one. The position is lost with the rows, so the sink reads the same records again:
/// nothing is lost, and no commit waits for a disk. The other limits end what hangs, so that a lock is never held for long
/// by an owner who has gone to sleep inside a transaction.
const SETTINGS: &str = "set synchronous_commit = off; set statement_timeout = '30s'; set lock_timeout = '10s'; \
     set idle_in_transaction_session_timeout = '5s'";

pub(super) fn options(url: &str) -> Result<PgConnectOptions, String> {
    let options = PgConnectOptions::from_str(url).map_err(|error| error.to_string())?;
    // The server would otherwise remark at every connection that the table of migrations is there already.
    let quiet = [("client_min_messages", "warning")];
    Ok(options.application_name("timesale sinks").options(quiet).disable_statement_logging())
}

/// Connects; makes the database if there is none, and the schema if it is missing or older.
pub(super) async fn connect(options: &PgConnectOptions, url: &str) -> Result<PgConnection, sqlx::Error> {
    let mut connection = match options.connect().await {
        Err(error) if verdict::sqlstate(&error).as_deref() == Some("3D000") => {
            create(url).await?;
            options.connect().await?
        }
        outcome => outcome?,
    };
    schema::migrate(&mut connection).await?;
    connection.execute(SETTINGS).await?;
    Ok(connection)
}

async fn create(url: &str) -> Result<(), sqlx::Error> {
    match sqlx::Postgres::create_database(url).await {
        Ok(()) => {
            tracing::warn!("the database did not exist and was created; everything is written again from the log");
            Ok(())
        }
        // Somebody else was quicker (42P04 duplicate_database, or 23505 when it was a close race).
        Err(error) if matches!(verdict::sqlstate(&error).as_deref(), Some("42P04" | "23505")) => Ok(()),
        Err(error) => Err(error),
    }
}

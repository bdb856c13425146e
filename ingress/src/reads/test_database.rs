//! A real Postgres with the tables as the sinks define them, where the environment names one; else the test is skipped, and says so.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use std::path::Path;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};
use streams::testing::service;

use super::Postgres;

/// The tables, as the sinks make them.
fn migrations() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sinks/src/postgres/migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

/// Runs a test on a database of its own.
pub(super) async fn on_a_database<F: Future<Output = ()>>(test: impl FnOnce(PgConnection, Postgres) -> F) {
    let Some(base) = service("PostgreSQL", "TIMESALE_TEST_DATABASE_URL") else { return };
    let name = format!("ingress_{:016x}", fastrand::u64(..));
    let (address, query) = base.split_once('?').unwrap_or((&base, ""));
    let (server, _) = address.rsplit_once('/').unwrap();
    let url = format!("{server}/{name}?{query}");
    let mut admin = base.parse::<PgConnectOptions>().unwrap().connect().await.unwrap();
    admin.execute(AssertSqlSafe(format!("create database \"{name}\""))).await.unwrap();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    for migration in migrations() {
        connection.execute(AssertSqlSafe(migration)).await.unwrap();
    }
    test(connection, Postgres::new(&url, 2, Duration::from_secs(5)).unwrap()).await;
    admin.execute(AssertSqlSafe(format!("drop database \"{name}\" with (force)"))).await.unwrap();
}

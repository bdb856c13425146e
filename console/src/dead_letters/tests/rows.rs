//! Dead rows of a real Postgres: there, not there yet, and not to be reached.

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};
use streams::testing::service;

use super::super::dead_rows;
use super::super::list::{Filter, List};

/// The table as the sink makes it.
const MIGRATION: &str = include_str!("../../../../sinks/src/postgres/migrations/0001_projections.sql");

async fn read(url: &str, filter: &Filter) -> List {
    let mut list = List::default();
    dead_rows::read(url, filter, &mut list).await;
    list.ended()
}

#[tokio::test]
async fn dead_rows_are_in_the_list() {
    let Some(base) = service("PostgreSQL", "TIMESALE_TEST_DATABASE_URL") else { return };
    let admin: PgConnectOptions = base.parse().unwrap();
    let name = format!("letters_{:016x}", fastrand::u64(..));
    let execute = async |statement: String| {
        admin.connect().await.unwrap().execute(AssertSqlSafe(statement)).await.unwrap();
    };
    execute(format!("create database \"{name}\"")).await;
    let url = format!("{}/{name}", base.split('?').next().unwrap().rsplit_once('/').unwrap().0);

    let before = read(&url, &Filter::default()).await;
    assert_eq!((before.groups.len(), before.dead_rows_unknown), (0, None), "no sink has run yet");

    let mut connection = url.parse::<PgConnectOptions>().unwrap().connect().await.unwrap();
    connection.execute(MIGRATION).await.unwrap();
    for (offset, cause) in [(1, "undecodable"), (2, "undecodable"), (3, "22003")] {
        let row = format!(
            "insert into dead_rows values ('coupons.events', 0, {offset}, '{cause}', 'kim', null, null, '', {offset}000)"
        );
        connection.execute(AssertSqlSafe(row)).await.unwrap();
    }
    let list = read(&url, &Filter::default()).await;
    let groups: Vec<_> = list
        .groups
        .iter()
        .map(|group| (group.source.as_str(), group.topic.as_str(), group.reason.as_str(), group.letters, group.handled))
        .collect();
    assert_eq!(
        groups,
        [
            ("sinks.postgres", "coupons.events", "undecodable", 2, 0),
            ("sinks.postgres", "coupons.events", "22003", 1, 0)
        ]
    );
    assert!(!list.text().contains("kim"), "the reason may quote the value");
    let none = read(&url, &Filter { topic: Some("orders.events".into()), ..Filter::default() }).await;
    assert!(none.groups.is_empty());
    drop(connection);
    execute(format!("drop database \"{name}\" with (force)")).await;
    let gone = read(&url, &Filter::default()).await;
    assert!(gone.dead_rows_unknown.is_some_and(|reason| reason.contains("postgres")));
}

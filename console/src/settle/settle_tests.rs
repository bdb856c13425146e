//! What is asked of the database; and on a real one, that both formats hold what it holds.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on should fail")]

use bytes::Bytes;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::RowAccessor;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};
use streams::testing::service;

use super::{Export, Format, Table, export};

fn everything(format: Format) -> Export {
    Export { table: Table::Statements, seller: None, from: None, to: None, format }
}

#[test]
fn only_what_was_asked_for_is_read_in_order_of_its_key() {
    let export = Export {
        table: Table::PayOuts,
        seller: Some("hanok".parse().unwrap()),
        from: Some("2026-11-01".parse().unwrap()),
        to: Some("2026-11-30".parse().unwrap()),
        format: Format::Csv,
    };
    assert_eq!(
        export.query(),
        "select seller, day, part, pay_on, amount from pay_outs where true and seller = 'hanok' and day >= '2026-11-01' \
         and day <= '2026-11-30' order by seller collate \"C\", day collate \"C\", pay_on collate \"C\", part collate \"C\""
    );
}

/// The columns that an export reads of `statements`.
const STATEMENTS: &str = "create table statements (seller text, day text, status text, lines bigint, gross bigint, \
     due bigint, platform_share bigint, seller_share bigint, base bigint, commission bigint, vat bigint, net bigint, \
     policy int, carried_in bigint, payable bigint, carried_out bigint, closed_at bigint, updated_at bigint)";

const ROWS: &str = "insert into statements values \
     ('namsan', '2026-11-23', 'open', 1, 900, 900, 0, 0, 900, 90, 8, 810, null, null, null, null, null, 7), \
     ('hanok', '2026-11-23', 'closed', 2, 2000, 1800, 150, 50, 1950, 195, 18, 1755, 3, -55, 1700, 0, 1790000000000, 9), \
     ('hanok', '2026-11-22', 'closed', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 5)";

#[tokio::test]
async fn both_formats_hold_what_the_database_holds() {
    let Some(base) = service("PostgreSQL", "TIMESALE_TEST_DATABASE_URL") else { return };
    let admin: PgConnectOptions = base.parse().unwrap();
    let name = format!("settle_{:016x}", fastrand::u64(..));
    let mut server = admin.connect().await.unwrap();
    server.execute(AssertSqlSafe(format!("create database \"{name}\""))).await.unwrap();
    let url = format!("{}/{name}", base.rsplit_once('/').unwrap().0);
    let mut connection = url.parse::<PgConnectOptions>().unwrap().connect().await.unwrap();
    connection.execute(STATEMENTS).await.unwrap();
    connection.execute(ROWS).await.unwrap();

    let mut file = Vec::new();
    assert_eq!(export(&url, &everything(Format::Csv), &mut file).await.unwrap(), 3);
    let text = String::from_utf8(file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(lines[0].starts_with("seller,day,status,lines,gross,due,"), "{}", lines[0]);
    assert_eq!(lines[1], "hanok,2026-11-22,closed,0,0,0,0,0,0,0,0,0,0,0,0,0,5,5");
    assert_eq!(lines[3], "namsan,2026-11-23,open,1,900,900,0,0,900,90,8,810,,,,,,7");

    let mut file = Vec::new();
    let of_hanok = Export { seller: Some("hanok".parse().unwrap()), ..everything(Format::Parquet) };
    assert_eq!(export(&url, &of_hanok, &mut file).await.unwrap(), 2);
    let mut file = Vec::new();
    assert_eq!(export(&url, &everything(Format::Parquet), &mut file).await.unwrap(), 3);
    let reader = SerializedFileReader::new(Bytes::from(file)).unwrap();
    let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
    let second = &rows[1];
    assert_eq!((second.get_string(0).unwrap().as_str(), second.get_long(4).unwrap()), ("hanok", 2_000));
    assert_eq!((second.get_int(12).unwrap(), second.get_long(13).unwrap()), (3, -55));
    assert!(second.to_string().contains("2026-11-23"), "{second}");
    assert!(rows[2].get_long(13).is_err(), "null is no number");

    drop(connection);
    server.execute(AssertSqlSafe(format!("drop database \"{name}\" with (force)"))).await.unwrap();
}

//! What sellers are owed, exported by the shipped binary: the Parquet file, read back, holds row for row what the CSV of the same
//! days does, nulls and negative amounts included, over several row groups.

use std::fs::{File, read_to_string};
use std::path::Path;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};

use crate::fixture::Fixture;

/// The tables as the sinks make them.
const SCHEMA: [&str; 4] = [
    include_str!("../../../sinks/src/postgres/migrations/0001_projections.sql"),
    include_str!("../../../sinks/src/postgres/migrations/0002_requests_without_shoppers_index.sql"),
    include_str!("../../../sinks/src/postgres/migrations/0003_orders.sql"),
    include_str!("../../../sinks/src/postgres/migrations/0004_settlement.sql"),
];

/// Four sellers, eight days of 2,500 lines each, every seventh a refund; the last day is open, and the third pays nothing out.
const ROWS: &str = "
    insert into statement_lines
    select 'seller-' || seller, '2026-11-' || 15 + day, day * 2500 + line, case line % 7 when 0 then 'contra' else 'sale' end,
        'ord_' || seller || '_' || day || '_' || line, case line % 7 when 0 then line % 3 end, 'tea-' || line % 9,
        sign, day % 4, case line % 2 when 0 then 'seller' else 'product' end, case line % 2 when 0 then 1000 end,
        case line % 2 when 1 then 300 end, line % 5, 'included', sign * (900 + line), sign * 60, sign * 40, sign * (800 + line),
        sign * line, sign * 90, sign * 8, sign * 710, 1790000000000 + line, 1790000000001 + line, seller % 4, day * 100000 + line
    from generate_series(1, 4) seller, generate_series(0, 7) day, generate_series(1, 2500) line,
        lateral (select case line % 7 when 0 then -1 else 1 end as sign) as signs;
    insert into statements
    select 'seller-' || seller, '2026-11-' || 15 + day, 10 + day, case day when 7 then 'open' else 'closed' end, 2500, 1000, 30, 70,
        900, 800, 90, 8, case day when 2 then -710 else 710 end, case when day < 7 then day % 3 end, case when day < 7 then 0 end,
        case day when 7 then null when 2 then 0 else 710 end, case day when 7 then null when 2 then -710 else 0 end,
        case when day < 7 then 1790000000000 + day end, 1790000000000 + 9 * day
    from generate_series(1, 4) seller, generate_series(0, 7) day;
    insert into pay_outs
    select 'seller-' || seller, '2026-11-' || 15 + day, part, case part when 'first' then '2026-12-01' else '2027-02-28' end,
        case part when 'first' then 497 else 213 end
    from generate_series(1, 4) seller, generate_series(0, 6) day, unnest(array['first', 'reserve']) part where day <> 2;";

/// What to export: the table, the range, and how many rows that has.
const RANGES: [(&str, &[&str], usize); 6] = [
    ("lines", &[], 80_000),
    ("lines", &["--seller", "seller-3", "--from", "2026-11-17", "--to", "2026-11-19"], 7_500),
    ("statements", &[], 32),
    ("statements", &["--from", "2026-11-22"], 4),
    ("pay-outs", &["--to", "2026-11-18"], 24),
    ("pay-outs", &["--seller", "nobody"], 0),
];

fn text(field: &Field) -> String {
    match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        Field::Int(number) => number.to_string(),
        Field::Long(number) | Field::TimestampMillis(number) => number.to_string(),
        Field::Date(_) => field.to_string(),
        other => panic!("no column is {other:?}"),
    }
}

/// The file as lines of text, its header first, and in how many row groups it came.
fn lines_of(path: &Path) -> (Vec<String>, usize) {
    let reader = SerializedFileReader::new(File::open(path).expect("the file")).expect("a Parquet file");
    let metadata = reader.metadata();
    let names: Vec<&str> =
        metadata.file_metadata().schema_descr().columns().iter().map(|column| column.name()).collect();
    let line = |row: Row| row.get_column_iter().map(|(_, field)| text(field)).collect::<Vec<_>>().join(",");
    let rows = reader.get_row_iter(None).expect("rows").map(|row| line(row.expect("a row")));
    ([names.join(",")].into_iter().chain(rows).collect(), metadata.num_row_groups())
}

#[tokio::test]
async fn the_parquet_file_holds_what_the_csv_of_the_same_days_does() {
    let Some(fixture) = Fixture::enter() else { return };
    let (base, name) = (fixture.postgres.clone(), format!("settled_{:016x}", fastrand::u64(..)));
    let mut server = base.parse::<PgConnectOptions>().expect("a URL").connect().await.expect("a database");
    server.execute(AssertSqlSafe(format!("create database \"{name}\""))).await.expect("a database of our own");
    let url = format!("{}/{name}", base.rsplit_once('/').expect("a database's name").0);
    let mut connection = url.parse::<PgConnectOptions>().expect("a URL").connect().await.expect("our database");
    for statements in SCHEMA.into_iter().chain([ROWS]) {
        sqlx::raw_sql(statements).execute(&mut connection).await.expect("tables and rows");
    }
    drop(connection);

    let folder = tempfile::tempdir().expect("a folder");
    for (table, range, rows) in RANGES {
        let [csv, parquet] = ["csv", "parquet"].map(|format| {
            let path = folder.path().join(format);
            let output = path.to_str().expect("a path");
            let what = ["settle", "export", "--table", table, "--format", format, "--output", output];
            let done = fixture.timesale(&[&what[..], range].concat()).env("DATABASE_URL", &url).output();
            let done = done.expect("settle export");
            let said = String::from_utf8_lossy(&done.stderr).into_owned();
            assert!(done.status.success() && said.contains(&format!("{rows} rows")), "{table} {range:?}: {said}");
            path
        });
        let csv = read_to_string(csv).expect("text");
        let (read, groups) = lines_of(&parquet);
        assert_eq!(read.len(), rows + 1, "{table} {range:?}");
        assert!(groups == rows.div_ceil(50_000), "{table} {range:?}: {groups} row groups");
        for (number, (of_parquet, of_csv)) in read.iter().zip(csv.lines()).enumerate() {
            assert_eq!(of_parquet, of_csv, "{table} {range:?}, line {number}");
        }
        assert_eq!(csv.lines().count(), read.len(), "{table} {range:?}");
    }
    server.execute(AssertSqlSafe(format!("drop database \"{name}\" with (force)"))).await.expect("dropped");
}

//! On a real Postgres: equal to a fold of the log, whatever happens in between.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on should fail")]

use std::time::{Duration, Instant};

use events::coupons::CouponEvent;
use projections::{Projection, Source, project};
use prometheus::Registry;
use sqlx::{Executor, Row};
use streams::record::Record;
use streams::service::{Health, shutdown};

use super::Postgres;
use super::positions::Fencing;
use crate::batch::read;
use crate::destination::{Applied, Destination, SinkError};
use crate::monitor::Metrics;
use crate::stream::{Fact, Stream};
use crate::test_support::{
    Database, MemoryFeed, MemoryLog, Shop, batch, database, dump, expected, records, rows_in_postgres,
    undecodable_record,
};
use crate::worker::{self, Pace};

fn sink(database: &Database, stream: Stream) -> Postgres {
    Postgres::new(&database.url, stream.topic()).unwrap()
}

/// Writes the records in batches of random length.
async fn write_all(
    sink: &mut Postgres,
    mut position: Option<i64>,
    records: &[Record],
    random: &mut fastrand::Rng,
) -> Applied {
    let mut total = Applied::default();
    let mut rest = records;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(random.usize(1..=rest.len().min(70)));
        let batch = batch(position, now);
        let applied = sink.apply(&batch).await.unwrap();
        total.rows += applied.rows;
        total.stale += applied.stale;
        total.dead += applied.dead;
        position = Some(batch.next);
        rest = later;
    }
    total
}

/// Runs a worker on the log, breaks something meanwhile, and waits until the rows equal a fold of the log.
async fn run_until_equal<F: Future<Output = ()>>(
    database: &Database,
    log: &MemoryLog,
    partitions: &[i32],
    meanwhile: F,
) {
    let (handle, signal) = shutdown();
    let monitor = Metrics::register(&Registry::new()).unwrap().of("postgres", Stream::Coupons, Health::default());
    let pace = Pace { records: 100, linger: Duration::from_millis(3) };
    let (log_of_feed, partitions) = (log.clone(), partitions.to_vec());
    let feed = move || Ok(MemoryFeed::of_group(&log_of_feed, &partitions, 40));
    let task = tokio::spawn(worker::run(sink(database, Stream::Coupons), feed, pace, monitor, signal));
    meanwhile.await;
    let wanted = expected(&log.all());
    let began = Instant::now();
    loop {
        if holds(database, &wanted).await {
            break;
        }
        assert!(began.elapsed() < Duration::from_mins(2), "the rows do not become equal to the log");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    handle.request();
    task.await.unwrap();
}

/// Whether the rows are these. Database and tables may be about to be made.
async fn holds(database: &Database, wanted: &Projection) -> bool {
    let Ok(mut connection) = database.try_connect().await else { return false };
    let tables = sqlx::query("select from requests, pay_outs limit 1");
    tables.execute(&mut connection).await.is_ok() && rows_in_postgres(&mut connection).await == *wanted
}

#[tokio::test]
async fn a_zombie_writes_nothing() {
    let Some(database) = database().await else { return };
    for stream in Stream::IN_POSTGRES {
        assert_eq!(zombie_scenario(&database, stream, Fencing::On).await, Ok(()), "{stream:?}");
        database.drop_now().await;
    }
}

/// The test of the test above: with fencing taken out it must fail.
#[tokio::test]
async fn without_fencing_the_zombie_test_fails() {
    let Some(database) = database().await else { return };
    for stream in Stream::IN_POSTGRES {
        let outcome = zombie_scenario(&database, stream, Fencing::Off).await;
        assert!(outcome.is_err(), "the seeded bug was not caught in {stream:?}");
        database.drop_now().await;
    }
}

/// An owner is paused, another takes over and goes on, the first wakes up and writes what it had in hand.
async fn zombie_scenario(database: &Database, stream: Stream, fencing: Fencing) -> Result<(), String> {
    let records = records(stream, 11, 0, 300);
    let mut zombie = Postgres { fencing, ..sink(database, stream) };
    zombie.open().await.unwrap();
    assert_eq!(zombie.claim(0).await, Ok(None));
    let first = batch(None, &records[..100]);
    zombie.apply(&first).await.unwrap();
    let in_hand = batch(Some(first.next), &records[100..300]);

    let mut next = Postgres { fencing, ..sink(database, stream) };
    next.open().await.unwrap();
    assert_eq!(next.claim(0).await, Ok(Some(first.next)));
    // To the very place where the zombie stands, so that only the generation tells them apart.
    let mut connection = database.connect().await;
    let before = (dump(&mut connection).await, position(&mut connection).await);
    let verdict = zombie.apply(&in_hand).await;
    let after = (dump(&mut connection).await, position(&mut connection).await);
    if before != after {
        return Err("the zombie wrote".into());
    }
    if !matches!(verdict, Err(SinkError::Fenced(_))) {
        return Err(format!("the zombie was answered {verdict:?}"));
    }
    let second = batch(Some(first.next), &records[100..200]);
    next.apply(&second).await.map_err(|error| error.to_string())?;
    next.apply(&batch(Some(second.next), &records[200..])).await.map_err(|error| error.to_string())?;
    if rows_in_postgres(&mut connection).await != expected(&records) {
        return Err("the rows are not the log's".into());
    }
    Ok(())
}

async fn position(connection: &mut sqlx::PgConnection) -> Option<i64> {
    sqlx::query_scalar("select next_offset from sink_positions").fetch_one(connection).await.unwrap()
}

#[tokio::test]
async fn a_partition_of_one_topic_fences_no_other_topics() {
    let Some(database) = database().await else { return };
    let mut sinks = Vec::new();
    for stream in Stream::IN_POSTGRES {
        let mut sink = sink(&database, stream);
        sink.open().await.unwrap();
        assert_eq!(sink.claim(0).await, Ok(None));
        sinks.push((stream, sink));
    }
    let mut all = Vec::new();
    for (stream, sink) in &mut sinks {
        let records = records(*stream, 18, 0, 200);
        sink.apply(&batch(None, &records)).await.unwrap();
        all.extend(records);
    }
    let mut connection = database.connect().await;
    let positions: i64 =
        sqlx::query_scalar("select count(*) from sink_positions").fetch_one(&mut connection).await.unwrap();
    assert_eq!(usize::try_from(positions), Ok(Stream::IN_POSTGRES.len()));
    assert_eq!(rows_in_postgres(&mut connection).await, expected(&all));
    database.drop_now().await;
}

#[tokio::test]
async fn rewinds_by_random_amounts_leave_equal_bytes() {
    let Some(database) = database().await else { return };
    for stream in Stream::IN_POSTGRES {
        let records = records(stream, 12, 2, 1_500);
        let mut random = fastrand::Rng::with_seed(12);
        let mut sink = sink(&database, stream);
        sink.open().await.unwrap();
        sink.claim(2).await.unwrap();
        write_all(&mut sink, None, &records, &mut random).await;
        let mut connection = database.connect().await;
        let once = dump(&mut connection).await;
        assert_eq!(rows_in_postgres(&mut connection).await, expected(&records), "{stream:?}");
        for _ in 0..12 {
            let back = random.usize(0..records.len());
            let to = records[back].offset;
            sqlx::query("update sink_positions set next_offset = $1").bind(to).execute(&mut connection).await.unwrap();
            assert_eq!(sink.claim(2).await, Ok(Some(to)));
            let applied = write_all(&mut sink, Some(to), &records[back..], &mut random).await;
            assert_eq!(applied.rows, 0, "nothing is new the second time: {stream:?}");
            assert_eq!(dump(&mut connection).await, once, "{stream:?}");
        }
        drop(connection);
        database.drop_now().await;
    }
}

/// A rule that only the database knows, as a later migration may bring one: whoever breaks it is put aside, with all of its rows.
#[tokio::test]
async fn an_order_fact_that_the_database_refuses_is_put_aside_whole() {
    let Some(database) = database().await else { return };
    let records = records(Stream::Orders, 19, 0, 600);
    let mut sink = sink(&database, Stream::Orders);
    sink.open().await.unwrap();
    sink.claim(0).await.unwrap();
    let mut connection = database.connect().await;
    connection.execute("alter table order_lines add check (sku <> 'tea-2')").await.unwrap();
    let refused = |record: &Record| {
        let item = read(Stream::Orders, record.clone()).unwrap();
        crate::batch::fold(&[item]).lines.values().any(|row| row.sku.as_str() == "tea-2")
    };
    let (bad, good): (Vec<_>, Vec<_>) = records.iter().cloned().partition(refused);
    assert!(bad.len() > 1, "the seed must bring some");
    let applied = sink.apply(&batch(None, &records)).await.unwrap();
    assert_eq!(applied.dead, u64::try_from(bad.len()).unwrap());
    assert_eq!(rows_in_postgres(&mut connection).await, expected(&good));
    let dead: Vec<(String, i64)> = sqlx::query_as("select topic, src_offset from dead_rows order by src_offset")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let wanted: Vec<_> = bad.iter().map(|record| ("orders.events".to_owned(), record.offset)).collect();
    assert_eq!(dead, wanted);
    database.drop_now().await;
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_not_made_twice() {
    let Some(database) = database().await else { return };
    let records = Shop::new(13, 0).records(200);
    let mut sink = sink(&database, Stream::Coupons);
    sink.open().await.unwrap();
    sink.claim(0).await.unwrap();
    let batch = batch(None, &records);
    sink.apply(&batch).await.unwrap();
    // The commit took effect, its answer and the connection did not survive.
    sink.connection = None;
    assert_eq!(sink.apply(&batch).await, Ok(Applied::default()));
    let mut connection = database.connect().await;
    assert_eq!(rows_in_postgres(&mut connection).await, expected(&records));
    database.drop_now().await;
}

#[tokio::test]
async fn bad_records_are_found_among_good_ones_and_put_aside() {
    let Some(database) = database().await else { return };
    let mut records = Shop::new(14, 0).records(400);
    let mut sink = sink(&database, Stream::Coupons);
    sink.open().await.unwrap();
    sink.claim(0).await.unwrap();
    // A rule that only the database knows, as a later migration may bring one.
    let mut connection = database.connect().await;
    let rule = "alter table coupons add constraint long_names_only check (length(shopper) > 9)";
    connection.execute(rule).await.unwrap();
    let refused = |record: &Record| {
        let event = coupon_fact(record);
        let rows = project(&event, Source { partition: 0, offset: record.offset });
        rows.coupons.values().any(|row| row.shopper.as_str().len() <= 9)
    };
    let (bad, good): (Vec<_>, Vec<_>) = records.iter().cloned().partition(refused);
    assert!(bad.len() > 1, "the seed must bring some");
    // Stock that does not add up, and nothing anybody could read: known before the database is asked.
    let impossible = impossible_record(records[399].offset + 1);
    let garbage = undecodable_record(0, impossible.offset + 1);
    records.extend([impossible.clone(), garbage.clone()]);

    let applied = sink.apply(&batch(None, &records)).await.unwrap();
    assert_eq!(applied.dead, u64::try_from(bad.len() + 2).unwrap());
    let (rows, wanted) = (rows_in_postgres(&mut connection).await, expected(&good));
    assert_eq!(rows.coupons, wanted.coupons);
    assert_eq!(rows.requests, wanted.requests);
    let dead = sqlx::query("select src_offset, cause, value from dead_rows order by src_offset");
    let dead = dead.fetch_all(&mut connection).await.unwrap();
    let found: Vec<(i64, String, Option<Vec<u8>>)> =
        dead.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    let buried =
        |record: &Record, cause: &str| (record.offset, cause.to_owned(), record.value.as_deref().map(<[u8]>::to_vec));
    let mut wanted: Vec<_> = bad.iter().map(|record| buried(record, "23514")).collect();
    wanted.extend([buried(&impossible, "impossible"), buried(&garbage, "undecodable")]);
    assert_eq!(found, wanted);
    database.drop_now().await;
}

fn coupon_fact(record: &Record) -> CouponEvent {
    match read(Stream::Coupons, record.clone()).unwrap().reading.unwrap() {
        Fact::Coupon(event) => *event,
        other => panic!("{other:?}"),
    }
}

fn impossible_record(offset: i64) -> Record {
    let record = Shop::new(15, 0).records(1).remove(0);
    let mut event = coupon_fact(&record);
    event.stock.remaining += 1;
    crate::test_support::record(0, offset, &event)
}

#[tokio::test]
async fn terminated_backends_lose_and_double_nothing() {
    let Some(database) = database().await else { return };
    let log = MemoryLog::default();
    let (mut first, mut second) = (Shop::new(15, 0), Shop::new(15, 1));
    run_until_equal(&database, &log, &[0, 1], async {
        for _ in 0..15 {
            log.append(first.records(120));
            log.append(second.records(80));
            tokio::time::sleep(Duration::from_millis(20)).await;
            database.administer("select pg_terminate_backend(pid) from pg_stat_activity where datname = '$name'").await;
        }
    })
    .await;
    database.drop_now().await;
}

#[tokio::test]
async fn a_database_that_is_dropped_is_made_and_filled_again() {
    let Some(database) = database().await else { return };
    let log = MemoryLog::default();
    let mut shop = Shop::new(16, 0);
    run_until_equal(&database, &log, &[0], async {
        log.append(shop.records(500));
        tokio::time::sleep(Duration::from_millis(400)).await;
        database.drop_now().await;
        log.append(shop.records(200));
    })
    .await;
    // And one that was dropped and made again empty.
    run_until_equal(&database, &log, &[0], async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        database.drop_now().await;
        database.create().await;
        log.append(shop.records(100));
    })
    .await;
    database.drop_now().await;
}

#[tokio::test]
async fn a_database_restored_from_a_backup_is_caught_up_from_where_it_stands() {
    let Some(database) = database().await else { return };
    let log = MemoryLog::default();
    let mut shop = Shop::new(17, 0);
    log.append(shop.records(600));
    run_until_equal(&database, &log, &[0], async {}).await;
    database.administer("create database \"$name_backup\" template \"$name\"").await;
    run_until_equal(&database, &log, &[0], async {
        log.append(shop.records(300));
        let wanted = expected(&log.all());
        while !holds(&database, &wanted).await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let mut restored = false;
        while !restored {
            // The sink may be quicker and make an empty database: then once more.
            database.drop_now().await;
            restored = database.try_administer("alter database \"$name_backup\" rename to \"$name\"").await.is_ok();
        }
        log.append(shop.records(50));
    })
    .await;
    let mut connection = database.connect().await;
    let first: i64 =
        sqlx::query_scalar("select min(src_offset) from requests").fetch_one(&mut connection).await.unwrap();
    assert_eq!(first, 0, "what the backup held is still there");
    database.drop_now().await;
}

//! The installation after the sale: its shell, its database, its log, and the ids that the recipes are about.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::str::FromStr;

use events::topics;
use serde_json::Value;
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Row};
use streams::kafka::{ClusterConfig, TopicReader, TransactionalWriter};
use streams::record::{Outgoing, Record};
use tokio::runtime::Runtime;

use crate::fixture::Fixture;

/// The installation after the sale.
pub(crate) struct Shop<'f> {
    fixture: &'f Fixture,
    runtime: Runtime,
    /// The Python that has DuckDB.
    duckdb: Option<OsString>,
    /// What the document says in capitals.
    pub(crate) ids: Vec<(&'static str, String)>,
}

impl<'f> Shop<'f> {
    pub(crate) fn after(fixture: &'f Fixture, result: &Value) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let duckdb = std::env::var_os("TIMESALE_TEST_DUCKDB").filter(|path| !path.is_empty());
        let mut shop = Self { fixture, runtime, duckdb, ids: Vec::new() };
        let day = |instant: &str| {
            let day = format!(
                "select to_char(to_timestamp(({instant}) / 1000) at time zone 'Asia/Seoul', 'YYYY-MM-DD') from orders"
            );
            shop.text(&day)
        };
        // Everything there is: from the day of the first order to the day after the last one moved.
        let (first, last) = (day("min(placed_at)"), day("max(updated_at) + 86400000"));
        let order = shop.text(
            "select order_id from orders where paid > 0 and refunded > 0 and coupon is not null order by placed_at desc limit 1",
        );
        let trace = shop
            .log(topics::ORDERS_EVENTS.name())
            .into_iter()
            .rev()
            .find_map(|record| trace_of(&record).filter(|_| record.key.as_deref() == Some(order.as_bytes())));
        let campaign = result["campaign"].as_str().expect("a campaign").to_owned();
        let coupon = shop.text(&format!(
            "select coupon from coupons where campaign = '{campaign}' and state = 'redeemed' and restored = 0 order by updated_at desc limit 1"
        ));
        let seller = shop.text("select seller from statement_lines group by seller order by count(*) desc limit 1");
        shop.ids = vec![
            ("DAY", first),
            ("NEXT_DAY", last),
            ("CAMPAIGN", campaign),
            ("SELLER", seller),
            ("ORDER", order),
            ("COUPON", coupon),
            ("TRACE", trace.expect("the order has a trace")),
        ];
        shop
    }

    /// An id that the document names.
    pub(crate) fn id(&self, name: &str) -> &str {
        self.ids.iter().find(|(found, _)| *found == name).map(|(_, id)| id.as_str()).expect("an id")
    }

    pub(crate) fn has_duckdb(&self) -> bool {
        self.duckdb.is_some()
    }

    /// A shell in this folder, in which the program, DuckDB's Python and the ids are found.
    pub(crate) fn shell(&self, folder: &Path) -> Command {
        let mut command =
            self.fixture.shell(folder, self.duckdb.as_deref().and_then(|python| Path::new(python).parent()));
        command.envs(self.ids.iter().map(|(name, id)| (*name, id.as_str())));
        command
    }

    /// The one text that a question to Postgres gives.
    pub(crate) fn text(&self, question: &str) -> String {
        let rows = self.rows(question);
        rows.first().unwrap_or_else(|| panic!("nothing: {question}")).get(0)
    }

    /// The whole numbers that a question to Postgres gives, in one row.
    pub(crate) fn numbers(&self, question: &str) -> Vec<i64> {
        let rows = self.rows(question);
        let row = rows.first().unwrap_or_else(|| panic!("nothing: {question}"));
        (0..row.len()).map(|place| row.get(place)).collect()
    }

    /// What Postgres answers.
    pub(crate) fn rows(&self, question: &str) -> Vec<PgRow> {
        let options = PgConnectOptions::from_str(&self.fixture.postgres).expect("an address");
        self.runtime.block_on(async {
            let mut connection = options.connect().await.expect("Postgres");
            let rows = sqlx::query(AssertSqlSafe(question)).fetch_all(&mut connection).await;
            rows.unwrap_or_else(|error| panic!("{error}: {question}"))
        })
    }

    /// Every committed record of a topic.
    pub(crate) fn log(&self, topic: &str) -> Vec<Record> {
        TopicReader::open(&cluster(self.fixture), topic).expect("a log").collect::<Result<_, _>>().expect("its records")
    }
}

/// The trace id of a record, if it is of a trace.
pub(crate) fn trace_of(record: &Record) -> Option<String> {
    let parent = std::str::from_utf8(record.header("traceparent")?).ok()?;
    parent.split('-').nth(1).map(str::to_owned)
}

fn cluster(fixture: &Fixture) -> ClusterConfig {
    ClusterConfig { bootstrap: fixture.kafka.clone(), ..ClusterConfig::default() }
}

/// Writes commands to the coupon processor that no build can read: the sale's roles make dead letters of them.
pub(crate) fn poison(fixture: &Fixture) {
    let garbage = |number: u8| Outgoing {
        topic: topics::COUPONS_INBOX.name().into(),
        partition: Some(i32::from(number % 4)),
        key: Some("nobody".into()),
        value: Some("{\"no_such_command\":{}}".into()),
        headers: vec![("event-type".into(), "no_such_command".into()), ("schema-version".into(), "1".into())],
    };
    let within = std::time::Duration::from_mins(1);
    let mut writer = TransactionalWriter::open(&cluster(fixture), "test-recipes", within).expect("a writer");
    writer.write(&(0..6).map(garbage).collect::<Vec<_>>()).expect("garbage");
}

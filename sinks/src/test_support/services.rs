//! Real services, each test's own: a database, a key prefix, or a whole Redis.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, PgConnection};
use streams::testing::service;

/// A database of one test.
pub(crate) struct Database {
    admin: PgConnectOptions,
    name: String,
    /// Its address.
    pub(crate) url: String,
}

/// The address of a database that does not exist yet, or nothing when tests have no server.
pub(crate) async fn database() -> Option<Database> {
    let base = service("PostgreSQL", "TIMESALE_TEST_DATABASE_URL")?;
    let admin: PgConnectOptions = base.parse().unwrap();
    let name = format!("sinks_{:016x}", fastrand::u64(..));
    let (address, query) =
        base.split_once('?').map_or((base.as_str(), None), |(address, query)| (address, Some(query)));
    let (server, _) = address.rsplit_once('/').unwrap();
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    Some(Database { url: format!("{server}/{name}{query}"), admin, name })
}

impl Database {
    /// A connection of the test's own.
    pub(crate) async fn connect(&self) -> PgConnection {
        self.try_connect().await.unwrap()
    }

    /// As [`Database::connect`], while the database may be missing.
    pub(crate) async fn try_connect(&self) -> Result<PgConnection, sqlx::Error> {
        let options: PgConnectOptions = self.url.parse()?;
        options.connect().await
    }

    /// Makes the database empty, unless somebody else has just made it.
    pub(crate) async fn create(&self) {
        let mut connection = self.admin.connect().await.unwrap();
        drop(connection.execute(AssertSqlSafe(format!("create database \"{}\"", self.name))).await);
    }

    /// Runs a statement as the server's administrator.
    pub(crate) async fn administer(&self, statement: &str) {
        self.try_administer(statement).await.unwrap();
    }

    /// As [`Database::administer`], where refusal is an answer.
    pub(crate) async fn try_administer(&self, statement: &str) -> Result<(), sqlx::Error> {
        let mut connection = self.admin.connect().await?;
        connection.execute(AssertSqlSafe(statement.replace("$name", &self.name))).await?;
        Ok(())
    }

    /// Drops the database, whoever is connected.
    pub(crate) async fn drop_now(&self) {
        self.administer("drop database if exists \"$name\" with (force)").await;
    }
}

/// The address of a Redis that is shared: use a prefix of your own and flush nothing.
pub(crate) fn redis_url() -> Option<String> {
    service("Redis", "TIMESALE_TEST_REDIS_URL")
}

/// A prefix nobody else uses.
pub(crate) fn own_prefix() -> String {
    format!("test{:016x}", fastrand::u64(..))
}

/// A Redis that belongs to one test: it may be emptied, killed and started again.
pub(crate) struct PrivateRedis {
    folder: tempfile::TempDir,
    port: u16,
    server: Option<Child>,
}

impl PrivateRedis {
    /// Starts one, if tests have a Redis at all.
    pub(crate) fn start() -> Option<Self> {
        redis_url()?;
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let mut redis = Self { folder: tempfile::tempdir().unwrap(), port, server: None };
        redis.launch();
        Some(redis)
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// Starts the server in its folder: with whatever it saved there.
    pub(crate) fn launch(&mut self) {
        let port = self.port.to_string();
        let server = Command::new("redis-server")
            .args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
            .arg(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server");
        self.server = Some(server);
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(began.elapsed() < Duration::from_mins(1), "redis-server does not answer");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Kills it: nothing is saved.
    pub(crate) fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().unwrap();
            server.wait().unwrap();
        }
    }

    /// Runs a command and waits for its answer.
    pub(crate) fn command(&self, words: &[&str]) -> redis::Value {
        let mut connection = redis::Client::open(self.url()).unwrap().get_connection().unwrap();
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.query(&mut connection).unwrap()
    }
}

impl Drop for PrivateRedis {
    fn drop(&mut self) {
        self.kill();
    }
}

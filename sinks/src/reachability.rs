//! The parts `postgres` and `redis` of the sinks' health: whether they answer. A service that hangs refuses nothing, so no worker notices
//! before its own deadline; and one that has nothing to write never would.

use std::time::Instant;

use redis::aio::MultiplexedConnection;
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use streams::service::{Answering, Condition, Health, Shutdown};
use tokio::time::{sleep, timeout};

/// A service that can be asked whether it is there.
trait Service: Send {
    /// Asks. Whoever waits no longer drops the question, and with it its connection.
    fn ask(&mut self) -> impl Future<Output = Result<(), String>> + Send;
}

struct Postgres {
    url: String,
    kept: Option<PgConnection>,
}

impl Service for Postgres {
    async fn ask(&mut self) -> Result<(), String> {
        let mut connection = match self.kept.take() {
            Some(connection) => connection,
            None => PgConnection::connect(&self.url).await.map_err(|error| error.to_string())?,
        };
        connection.ping().await.map_err(|error| error.to_string())?;
        self.kept = Some(connection);
        Ok(())
    }
}

struct Redis {
    url: String,
    kept: Option<MultiplexedConnection>,
}

impl Service for Redis {
    async fn ask(&mut self) -> Result<(), String> {
        let mut connection = match self.kept.take() {
            Some(connection) => connection,
            None => {
                let client = redis::Client::open(self.url.as_str()).map_err(|error| error.to_string())?;
                client.get_multiplexed_async_connection().await.map_err(|error| error.to_string())?
            }
        };
        redis::cmd("PING").exec_async(&mut connection).await.map_err(|error| error.to_string())?;
        self.kept = Some(connection);
        Ok(())
    }
}

/// Watches Postgres until shutdown.
pub(crate) async fn postgres(url: String, health: Health, shutdown: Shutdown) {
    watch("postgres", Postgres { url, kept: None }, health, shutdown).await;
}

/// Watches Redis until shutdown.
pub(crate) async fn redis(url: String, health: Health, shutdown: Shutdown) {
    watch("redis", Redis { url, kept: None }, health, shutdown).await;
}

async fn watch(part: &'static str, mut service: impl Service, health: Health, mut shutdown: Shutdown) {
    let mut answering = Answering::new(part, Instant::now());
    loop {
        let asked = Instant::now();
        let answer = match timeout(Answering::ANSWER_WITHIN, service.ask()).await {
            Ok(answer) => answer,
            Err(_) => Err(format!("no answer within {} s", Answering::ANSWER_WITHIN.as_secs_f64())),
        };
        match answering.judge(answer, Instant::now()) {
            Some(Ok(())) => health.set(part, Condition::Ready),
            // What was written can be read, and the log keeps the rest.
            Some(Err(silent)) => health.set(part, Condition::Degraded(silent)),
            None => {}
        }
        tokio::select! {
            () = shutdown.requested() => return,
            () = sleep(Answering::pause(asked.elapsed())) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use super::*;

    /// Answers while it does not hang.
    struct Silent(Arc<AtomicBool>);

    impl Service for Silent {
        async fn ask(&mut self) -> Result<(), String> {
            while self.0.load(Ordering::Relaxed) {
                sleep(Duration::from_millis(10)).await;
            }
            Ok(())
        }
    }

    async fn until(what: &str, is_so: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !is_so() {
            assert!(Instant::now() < deadline, "never: {what}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    #[tokio::test]
    async fn a_service_that_hangs_is_named_and_ready_again_when_it_answers() {
        let (health, hangs) = (Health::default(), Arc::new(AtomicBool::new(false)));
        let (handle, shutdown) = streams::service::shutdown();
        let watching = tokio::spawn(watch("postgres", Silent(Arc::clone(&hangs)), health.clone(), shutdown));
        let shown = || health.parts().get("postgres").cloned();
        until("it is ready", || shown() == Some(Condition::Ready)).await;
        hangs.store(true, Ordering::Relaxed);
        until("it is named", || matches!(shown(), Some(Condition::Degraded(_)))).await;
        let reason = shown().and_then(|shown| shown.reason().map(str::to_owned)).unwrap();
        assert!(reason.starts_with("has not answered for") && reason.ends_with("no answer within 1.5 s"), "{reason}");
        hangs.store(false, Ordering::Relaxed);
        until("it is ready again", || shown() == Some(Condition::Ready)).await;
        handle.request();
        watching.await.unwrap();
    }
}

//! Many payments of the payment connector against a provider that fails, and a provider that is away for a while. (`scripts/bench/payments` does the same
//! with a hundred thousand.)

use std::sync::Arc;
use std::time::Duration;

use connectors::toss::Config;
use streams::service::{ShutdownHandle, shutdown};
use stubs::BindScope;
use stubs::toss::{Config as StubConfig, ControlClient, Faults, bind};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use web::secret_key::SecretKey;

use crate::load_test::{Plan, Report, run};

/// A stub that runs in this process.
struct Stub {
    data: Arc<TempDir>,
    base_url: String,
    control: ControlClient,
    handle: ShutdownHandle,
    running: JoinHandle<()>,
}

impl Stub {
    async fn new() -> Self {
        Self::over(Arc::new(tempfile::tempdir().unwrap()), "127.0.0.1:0").await
    }

    /// A stub on this write-ahead log.
    async fn over(data: Arc<TempDir>, listen: &str) -> Self {
        let config = StubConfig {
            listen: listen.parse().unwrap(),
            scope: BindScope::Loopback,
            data: data.path().into(),
            key: key(),
            webhook_url: None,
            webhook_minute_ms: 10,
        };
        let deadline = Instant::now() + Duration::from_secs(10);
        let bound = loop {
            match bind(&config).await {
                Ok(bound) => break bound,
                // The one before lets go of the log and of the address a moment after its end.
                Err(error) if Instant::now() > deadline => panic!("{error}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        };
        let base_url = format!("http://{}", bound.address);
        let (handle, stopping) = shutdown();
        let running = tokio::spawn(bound.serve(stopping));
        Self { data, control: ControlClient::at(&base_url).unwrap(), base_url, handle, running }
    }

    /// Ends it as `kill -9` would: nothing more is written, connections are cut.
    async fn kill(self) -> Arc<TempDir> {
        self.running.abort();
        drop(self.running.await);
        drop(self.handle);
        self.data
    }
}

fn key() -> SecretKey {
    SecretKey::new(SecretKey::OF_A_STUB).unwrap()
}

/// A second of an order's pauses takes 20 ms.
fn plan(base_url: &str, payments: u32, faults: Faults) -> Plan {
    let config = Config {
        base_url: base_url.into(),
        connect_ms: 500,
        read_ms: 300,
        answer_within_ms: 1_000,
        breaker_failures: 10,
        breaker_open_ms: 100,
        retry_first_ms: 5,
        retry_most_ms: 50,
        ..Config::default()
    };
    Plan {
        payments,
        declined_every: 20,
        refunded_every: 10,
        at_a_time: 500,
        config,
        key: key(),
        faults,
        second_ms: 20,
        settle: Duration::from_secs(60),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_payments_with_45_percent_faulty_calls() {
    let stub = Stub::new().await;
    let faults = Faults {
        error_share: 0.2,
        lost_answer_share: 0.25,
        hang_ms: 1_000,
        delay_ms: 1,
        seed: 11,
        ..Faults::default()
    };
    let report = run(&plan(&stub.base_url, 2_000, faults), std::future::ready(())).await.unwrap();
    assert!(report.holds(), "{report:?}");
    assert_eq!((report.charged, report.declined), (1_900, 100));
    assert!(report.refunded > 50 && report.unknown_answers > 0, "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_dies_and_comes_back_loses_no_payment_and_doubles_none() {
    let stub = Stub::new().await;
    let faults = Faults { delay_ms: 20, ..Faults::default() };
    let mut plan = plan(&stub.base_url, 3_000, faults.clone());
    plan.at_a_time = 300;
    let listen = stub.base_url.trim_start_matches("http://").to_owned();
    let outage = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let data = stub.kill().await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        let stub = Stub::over(Arc::clone(&data), &listen).await;
        stub.control.set(&faults).await.unwrap();
        // It has to stay until the load test is over.
        tokio::time::sleep(Duration::from_secs(3)).await;
        std::mem::forget(stub);
    };
    let report: Report = run(&plan, outage).await.unwrap();
    assert!(report.holds(), "{report:?}");
    assert!(report.unknown_answers > 100, "the outage was felt: {report:?}");
}

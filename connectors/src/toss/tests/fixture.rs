//! A stub on a free port, and a connector for it with short times.

use std::sync::Arc;
use std::time::Duration;

use events::ids::{OrderId, PaymentKey};
use events::money::Money;
use events::orders::Step;
use events::payments::{PaymentAnswer, PaymentCommand, RefundAccount};
use hyper::Method;
use prometheus::Registry;
use serde_json::{Value, json};
use streams::service::{ShutdownHandle, shutdown};
use stubs::BindScope;
use stubs::toss::ControlClient;
use stubs::toss::{self as toss_stub, Faults};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use web::secret_key::SecretKey;

use crate::toss::answer::Executor;
use crate::toss::{Config, Metrics, Provider};

pub(super) const ORDER: &str = "order-000001";

/// A stub that runs.
pub(super) struct Fixture {
    pub(super) data: Arc<TempDir>,
    pub(super) base_url: String,
    pub(super) control: ControlClient,
    handle: ShutdownHandle,
    running: JoinHandle<()>,
}

pub(super) fn key() -> SecretKey {
    SecretKey::new(SecretKey::OF_A_STUB).unwrap()
}

/// Times short enough for a test, and a breaker that does not interfere.
pub(super) fn config(base_url: &str) -> Config {
    Config {
        base_url: base_url.into(),
        connect_ms: 500,
        read_ms: 300,
        answer_within_ms: 1_000,
        breaker_failures: 1_000,
        breaker_open_ms: 100,
        retry_first_ms: 5,
        retry_most_ms: 50,
        ..Config::default()
    }
}

impl Fixture {
    pub(super) async fn new() -> Self {
        Self::over(Arc::new(tempfile::tempdir().unwrap()), "127.0.0.1:0", None).await
    }

    /// A stub on this log.
    pub(super) async fn over(data: Arc<TempDir>, listen: &str, webhook_url: Option<String>) -> Self {
        let stub = toss_stub::Config {
            listen: listen.parse().unwrap(),
            scope: BindScope::Loopback,
            data: data.path().into(),
            key: key(),
            webhook_url,
            webhook_minute_ms: 10,
        };
        let deadline = Instant::now() + Duration::from_secs(10);
        let bound = loop {
            match toss_stub::bind(&stub).await {
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
    pub(super) async fn kill(self) -> (Arc<TempDir>, String) {
        self.running.abort();
        drop(self.running.await);
        drop(self.handle);
        (self.data, self.base_url)
    }

    pub(super) fn executor(&self) -> Executor {
        executor(&config(&self.base_url), None)
    }

    pub(super) async fn faults(&self, faults: Value) {
        let faults: Faults = serde_json::from_value(faults).unwrap();
        self.control.set(&faults).await.unwrap();
    }

    /// A payment begins; more of its wishes in `more`.
    pub(super) async fn begin(&self, order: &str, amount: i64, more: Value) -> PaymentKey {
        let mut payment = json!({"orderId": order, "amount": amount});
        payment.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let begun = self.control.call(Method::POST, "/stub/payments", &payment).await.unwrap();
        PaymentKey::new(begun["paymentKey"].as_str().unwrap()).unwrap()
    }

    /// How often the stub has charged a payment, its balance, its cancels.
    pub(super) async fn row(&self, key: &PaymentKey) -> (u32, i64, usize) {
        let ledger = self.control.ledger().await.unwrap();
        let row = &ledger[key.as_str()];
        (row.charges, row.balance, row.cancels.len())
    }
}

pub(super) fn executor(config: &Config, test_code: Option<&str>) -> Executor {
    let metrics = Metrics::register(&Registry::new()).unwrap();
    let provider = Provider::new(config, &key(), &metrics).unwrap();
    let provider = match test_code {
        Some(code) => provider.with_test_code(code),
        None => provider,
    };
    Executor::new(Arc::new(provider), metrics, config)
}

pub(super) async fn answer(executor: &Executor, command: &PaymentCommand) -> PaymentAnswer {
    executor.answer(command, Instant::now() + Duration::from_secs(1)).await
}

pub(super) fn confirm(order: &str, key: &PaymentKey, amount: i64, repeat: u32) -> PaymentCommand {
    let order = OrderId::new(order).unwrap();
    PaymentCommand::Confirm {
        request: Step::Confirm(1).request(&order),
        order,
        attempt: 1,
        payment_key: key.clone(),
        amount: Money::new(amount),
        repeat,
    }
}

pub(super) fn refund(
    order: &str,
    key: &PaymentKey,
    number: u16,
    amount: i64,
    balance: i64,
    repeat: u32,
) -> PaymentCommand {
    let order = OrderId::new(order).unwrap();
    PaymentCommand::Refund {
        request: Step::Refund(number).request(&order),
        order,
        refund: number,
        payment_key: key.clone(),
        amount: Money::new(amount),
        balance: Money::new(balance),
        reason: "cancelled".into(),
        account: None,
        repeat,
    }
}

pub(super) fn with_account(command: PaymentCommand) -> PaymentCommand {
    let given = RefundAccount { bank: "20".into(), account_number: "10002123".into(), holder: "Kim".into() };
    match command {
        PaymentCommand::Refund { request, order, refund, payment_key, amount, balance, reason, repeat, .. } => {
            let account = Some(given);
            PaymentCommand::Refund { request, order, refund, payment_key, amount, balance, reason, account, repeat }
        }
        other => other,
    }
}

pub(super) fn look_up(order: &str, payment_key: Option<&PaymentKey>) -> PaymentCommand {
    let order = OrderId::new(order).unwrap();
    PaymentCommand::LookUp { request: Step::LookUp(1).request(&order), order, payment_key: payment_key.cloned() }
}

/// An answer's kind and code.
pub(super) fn outcome_of(answer: &PaymentAnswer) -> String {
    match answer {
        PaymentAnswer::Declined { decline, code } => format!("declined {decline:?} {code}"),
        PaymentAnswer::Unknown { code } | PaymentAnswer::RefundRefused { code } => format!("{} {code}", answer.kind()),
        other => other.kind().to_owned(),
    }
}

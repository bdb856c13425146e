//! A load test of the payment connector: its own dispatcher between the orders of one process and a provider that fails, over real
//! sockets. It counts what must never happen. `scripts/bench/payments` runs it, and a test.

mod inbox;
mod orders;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use connectors::toss::{Config, DispatchError, Dispatcher, Metrics, Provider};
use events::ids::{IdError, OrderId, PaymentKey};
use events::money::Money;
use prometheus::Registry;
use serde::Serialize;
use streams::service::{Health, shutdown};
use stubs::toss::{ControlClient, ControlError, Faults};
use tokio::time::Instant;
use web::secret_key::SecretKey;

use inbox::Inbox;
use orders::{Order, Orders};

/// The load.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// How many payments.
    pub(crate) payments: u32,
    /// Of them, every so-many-th is declined by its bank.
    pub(crate) declined_every: u32,
    /// Of those that are charged, every so-many-th is partly refunded.
    pub(crate) refunded_every: u32,
    /// Payments that are under way at a time.
    pub(crate) at_a_time: usize,
    /// The connector, with shortened times.
    pub(crate) config: Config,
    /// The provider's key.
    pub(crate) key: SecretKey,
    /// What goes wrong until every payment has had its first answer.
    pub(crate) faults: Faults,
    /// How long a second of the orders' own pauses takes, milliseconds: 1000 is real time.
    pub(crate) second_ms: u64,
    /// How long after the faults have stopped something may still be unknown.
    pub(crate) settle: Duration,
}

/// The result.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub(crate) struct Report {
    /// Payments.
    pub(crate) payments: u64,
    /// Orders that were answered that their payment is charged.
    pub(crate) charged: u64,
    /// Orders that were answered that it is declined.
    pub(crate) declined: u64,
    /// Orders that were answered that their refund is made.
    pub(crate) refunded: u64,
    /// Orders that knew no outcome when the time was over.
    pub(crate) left_unknown: u64,
    /// Payments that the provider has charged more than once.
    pub(crate) double_charges: u64,
    /// Payments of which more was refunded than was asked for, or more often.
    pub(crate) double_refunds: u64,
    /// Orders that were answered something else than the provider's ledger says.
    pub(crate) contradicted: u64,
    /// Answers that said "unknown", after which the order asked again.
    pub(crate) unknown_answers: u64,
    /// Answers in all, those given twice included.
    pub(crate) answers: u64,
    /// Answers without a fact, or facts without an answer.
    pub(crate) unpaired: u64,
    /// Records of the inbox that were not finished at the end.
    pub(crate) unfinished: u64,
    /// From the first command until the faults stopped, milliseconds.
    pub(crate) faulty_ms: u64,
    /// From then until nothing was unknown, milliseconds.
    pub(crate) settled_after_ms: u64,
}

impl Report {
    /// Whether nothing happened that must not.
    #[must_use]
    pub(crate) fn holds(&self) -> bool {
        let settled = self.charged + self.declined == self.payments && self.left_unknown == 0;
        let once = self.double_charges == 0 && self.double_refunds == 0;
        settled && once && self.contradicted == 0 && self.unpaired == 0 && self.unfinished == 0
    }
}

/// Why a load test could not be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadTestError {
    /// The stub does not do what it is asked.
    #[error(transparent)]
    Stub(#[from] ControlError),
    /// The stub names something that is no id.
    #[error("the stub: {0}")]
    Id(#[from] IdError),
    /// The connector could not begin.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A metric's name is taken.
    #[error(transparent)]
    Metrics(#[from] prometheus::Error),
    /// The connector has ended.
    #[error(transparent)]
    Dispatch(#[from] DispatchError),
    /// The connector was torn down.
    #[error("the connector was torn down: {0}")]
    Torn(#[from] tokio::task::JoinError),
}

/// Partitions of the inbox.
const PARTITIONS: i32 = 4;

/// Runs the load test with the stub at the configured address. `meanwhile` runs beside it, for what else shall happen.
///
/// # Errors
/// [`LoadTestError`].
pub(crate) async fn run(plan: &Plan, meanwhile: impl Future<Output = ()>) -> Result<Report, LoadTestError> {
    let stub = ControlClient::at(&plan.config.base_url)?;
    let orders = begin(plan, &stub).await?;
    stub.set(&plan.faults).await?;

    let inbox = Inbox::new(PARTITIONS);
    let orders = Orders::open(orders, inbox.clone(), plan.at_a_time, plan.second_ms, plan.refunded_every);
    let metrics = Metrics::register(&Registry::new())?;
    let provider = Arc::new(Provider::new(&plan.config, &plan.key, &metrics)?);
    let dispatcher = Dispatcher::new(&plan.config, provider, Arc::new(orders.clone()), &metrics, Health::default());
    let (handle, stopping) = shutdown();
    let mut source = inbox.source();
    let working = tokio::spawn(async move { dispatcher.work(&mut source, stopping).await });

    let began = Instant::now();
    let load = async {
        orders.run_until_all_have_an_answer().await;
        stub.set(&Faults::default()).await?;
        let faulty = began.elapsed();
        let quiet = Instant::now();
        // Every order settles, or the time is over; which of the two is what the report tells.
        drop(tokio::time::timeout(plan.settle, orders.run_until_settled()).await);
        Ok::<_, LoadTestError>((faulty, quiet.elapsed()))
    };
    let (ran, ()) = tokio::join!(load, meanwhile);
    let (faulty, settled_after) = ran?;
    handle.request();
    working.await??;

    let ledger = stub.ledger().await?;
    let report = orders.report(&ledger);
    let millis = |took: Duration| u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    Ok(Report {
        unfinished: inbox.unfinished(),
        faulty_ms: millis(faulty),
        settled_after_ms: millis(settled_after),
        ..report
    })
}

/// The shoppers authenticate.
async fn begin(plan: &Plan, stub: &ControlClient) -> Result<Vec<Order>, LoadTestError> {
    let mut orders = Vec::new();
    let numbers: Vec<u32> = (0..plan.payments).collect();
    for some in numbers.chunks(1_000) {
        let is_declined = |number: u32| number.is_multiple_of(plan.declined_every) && plan.declined_every > 0;
        let payments: Vec<(String, i64, bool)> = some
            .iter()
            .map(|number| {
                (format!("load-test-{number:08}"), 1_000 + i64::from(number % 977) * 10, is_declined(*number))
            })
            .collect();
        for ((order, amount, _), key) in payments.iter().zip(stub.begin(&payments).await?) {
            let order = OrderId::new(order)?;
            let key = PaymentKey::new(&key)?;
            orders.push(Order::new(order, key, Money::new(*amount)));
        }
    }
    Ok(orders)
}

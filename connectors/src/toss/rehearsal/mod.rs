//! A rehearsal: the connector's own desk between a shop in one process and a provider that fails, over real sockets. It counts
//! what must never happen. Used by the tests and by `scripts/bench/payments`; not by any role.

mod log;
mod shop;
mod stub;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use events::ids::{OrderId, PaymentKey};
use events::money::Money;
use prometheus::Registry;
use serde::Serialize;
use streams::service::{Health, shutdown};
use tokio::time::Instant;

use super::config::Config;
use super::desk::{Desk, DeskError};
use super::metrics::Metrics;
use super::provider::Provider;
use super::secret::SecretKey;
use crate::toss_stub::Faults;
use log::Log;
use shop::{Order, Shop};
pub use stub::StubControl;

/// What is rehearsed.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many payments.
    pub payments: u32,
    /// Of them, every so-many-th is declined by its bank.
    pub declined_every: u32,
    /// Of those that are charged, every so-many-th is partly refunded.
    pub refunded_every: u32,
    /// Payments that are under way at a time.
    pub at_a_time: usize,
    /// The connector, with shortened times.
    pub config: Config,
    /// The provider's key.
    pub key: SecretKey,
    /// What goes wrong until every payment has had its first answer.
    pub faults: Faults,
    /// What a second of the shop's own pauses takes, milliseconds: 1000 is real time.
    pub second_ms: u64,
    /// How long after the faults have stopped something may still be unknown.
    pub settle: Duration,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Report {
    /// Payments.
    pub payments: u64,
    /// Orders that were told that their payment is charged.
    pub charged: u64,
    /// Orders that were told that it is declined.
    pub declined: u64,
    /// Orders that were told that their refund is made.
    pub refunded: u64,
    /// Orders that knew no outcome when the time was over.
    pub left_unknown: u64,
    /// Payments that the provider has charged more than once.
    pub double_charges: u64,
    /// Payments of which more was refunded than was asked for, or more often.
    pub double_refunds: u64,
    /// Orders that were told something else than the provider's ledger says.
    pub contradicted: u64,
    /// Answers that said "unknown", after which the shop asked again.
    pub unknown_answers: u64,
    /// Answers in all, those told twice included.
    pub answers: u64,
    /// Answers without a fact, or facts without an answer.
    pub unpaired: u64,
    /// Records of the inbox that were not finished at the end.
    pub unfinished: u64,
    /// From the first command until the faults stopped, milliseconds.
    pub faulty_ms: u64,
    /// From then until nothing was unknown, milliseconds.
    pub settled_after_ms: u64,
}

impl Report {
    /// Whether nothing happened that must not.
    #[must_use]
    pub fn holds(&self) -> bool {
        let settled = self.charged + self.declined == self.payments && self.left_unknown == 0;
        let once = self.double_charges == 0 && self.double_refunds == 0;
        settled && once && self.contradicted == 0 && self.unpaired == 0 && self.unfinished == 0
    }
}

/// Why a rehearsal could not be held.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// The stub cannot be spoken to.
    #[error("the stub: {0}")]
    Stub(String),
    /// The connector could not begin.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A metric's name is taken.
    #[error(transparent)]
    Metrics(#[from] prometheus::Error),
    /// The connector has ended.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The connector was torn down.
    #[error("the connector was torn down: {0}")]
    Torn(#[from] tokio::task::JoinError),
}

/// Partitions of the rehearsal's log.
const PARTITIONS: i32 = 4;

/// Holds a rehearsal with the stub at the configured address. `meanwhile` runs beside it, for what else shall happen.
///
/// # Errors
/// [`RehearsalError`].
pub async fn rehearse(plan: &Plan, meanwhile: impl Future<Output = ()>) -> Result<Report, RehearsalError> {
    let stub = StubControl::at(&plan.config.base_url)?;
    let orders = begin(plan, &stub).await?;
    stub.set(&plan.faults).await?;

    let log = Log::new(PARTITIONS);
    let shop = Shop::open(orders, log.clone(), plan.at_a_time, plan.second_ms, plan.refunded_every);
    let metrics = Metrics::register(&Registry::new())?;
    let provider = Arc::new(Provider::new(&plan.config, &plan.key, &metrics)?);
    let desk = Desk::new(&plan.config, provider, Arc::new(shop.clone()), &metrics, Health::default());
    let (handle, stopping) = shutdown();
    let mut inlet = log.inlet();
    let working = tokio::spawn(async move { desk.work(&mut inlet, stopping).await });

    let began = Instant::now();
    let trade = async {
        shop.trade_until_all_have_an_answer().await;
        stub.set(&Faults::default()).await?;
        let faulty = began.elapsed();
        let quiet = Instant::now();
        // Every order settles, or the time is over; which of the two is what the report tells.
        drop(tokio::time::timeout(plan.settle, shop.trade_until_settled()).await);
        Ok::<_, RehearsalError>((faulty, quiet.elapsed()))
    };
    let (traded, ()) = tokio::join!(trade, meanwhile);
    let (faulty, settled_after) = traded?;
    handle.request();
    working.await??;

    let ledger = stub.ledger().await?;
    let report = shop.report(&ledger);
    let millis = |took: Duration| u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    Ok(Report {
        unfinished: log.unfinished(),
        faulty_ms: millis(faulty),
        settled_after_ms: millis(settled_after),
        ..report
    })
}

/// The shoppers authenticate.
async fn begin(plan: &Plan, stub: &StubControl) -> Result<Vec<Order>, RehearsalError> {
    let mut orders = Vec::new();
    let numbers: Vec<u32> = (0..plan.payments).collect();
    for some in numbers.chunks(1_000) {
        let is_declined = |number: u32| number.is_multiple_of(plan.declined_every) && plan.declined_every > 0;
        let wishes: Vec<(String, i64, bool)> = some
            .iter()
            .map(|number| {
                (format!("rehearsal-{number:08}"), 1_000 + i64::from(number % 977) * 10, is_declined(*number))
            })
            .collect();
        for ((order, amount, _), key) in wishes.iter().zip(stub.begin(&wishes).await?) {
            let order = OrderId::new(order).map_err(|error| RehearsalError::Stub(error.to_string()))?;
            let key = PaymentKey::new(&key).map_err(|error| RehearsalError::Stub(error.to_string()))?;
            orders.push(Order::new(order, key, Money::new(*amount)));
        }
    }
    Ok(orders)
}

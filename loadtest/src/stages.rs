//! The stages of a sale: first the clients claims, then shoppers order, each on a thread of its own, with inject and polling beside it;
//! at last the sellers' days are closed.

use std::fs::File;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use events::calendar::Day;
use events::ids::{CampaignId, CouponId};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use web::jwt::TokenIssuer;

use super::claim_load::{self, ClaimLoad, Outcome};
use super::fault_injection::{self, Targets};
use super::faults::{self, FaultCounts};
use super::order_load::{self, Appetite, Began, LiveOrders, OrderLoad, Orders, Product, Wanted};
use super::progress::{self, Watched, say};
use super::roles::{Role, Roles};
use super::schedule::Pace;
use super::settling::{self, Statements};
use super::tally::{Live, Tally};
use super::{Deps, Plan, api_client};

/// A closed loop has no schedule: faults are spread over what it takes at about this rate.
const PRESUMED_CAPACITY: f64 = 8_000.0;

/// A moment for a stage's thread to start, so that its first sends are not late.
const HEAD_START: Duration = Duration::from_millis(50);

/// A shopper's last steps come this much later than the order: faults are spread over them too.
const LAST_STEPS: Duration = Duration::from_secs(4);

/// Everything that the stages need.
pub(super) struct Stages<'a> {
    pub plan: &'a Plan,
    pub deps: &'a Deps,
    pub campaign: &'a CampaignId,
    pub ingress: SocketAddr,
    pub provider: SocketAddr,
    pub roles: Option<&'a Arc<Mutex<Roles>>>,
    pub issuer: Arc<TokenIssuer>,
}

/// What came of the stages.
pub(super) struct Came {
    pub tally: Tally,
    pub orders: Option<Orders>,
    pub statements: Option<Statements>,
    pub faults: FaultCounts,
}

/// What came of the orders.
struct Traded {
    orders: Orders,
    catalogue: Vec<Product>,
    client_log: File,
    faults: FaultCounts,
}

impl Stages<'_> {
    /// Plays every stage that the plan has.
    pub(super) async fn play(&self) -> anyhow::Result<Came> {
        let path = &self.plan.client_log;
        let client_log = File::create(path).with_context(|| path.display().to_string())?;
        let (Outcome { tally, coupons, client_log }, mut faults, began) = self.claims(client_log).await?;
        if self.plan.orders == Wanted::None {
            client_log.sync_all()?;
            return Ok(Came { tally, orders: None, statements: None, faults });
        }
        if let Some(roles) = self.roles {
            roles.lock().await.until_ready().await?;
        }
        let first = settling::day_of(api_client::now())?;
        let Traded { orders, catalogue, client_log, faults: more } = self.orders(&coupons, client_log, began).await?;
        client_log.sync_all()?;
        faults += more;
        let statements = self.settle(&catalogue, first).await?;
        Ok(Came { tally, orders: Some(orders), statements: Some(statements), faults })
    }

    /// An operator closes the days on which things were sold.
    async fn settle(&self, catalogue: &[Product], first: Day) -> anyhow::Result<Statements> {
        if let Some(roles) = self.roles {
            roles.lock().await.until_ready().await?;
        }
        let last = settling::day_of(api_client::now())?;
        say(&format!("closing the sellers' days from {first} to {last}"));
        settling::close_days(self.ingress, catalogue, (first, last), &self.issuer).await
    }

    /// The clients claims. Returns when it began, too: the sale's times count from there.
    async fn claims(&self, client_log: File) -> anyhow::Result<(Outcome<File>, FaultCounts, Instant)> {
        let Self { plan, campaign, ingress, .. } = self;
        let schedule = plan.demand.schedule();
        let sends = schedule.len() as u64;
        let lasts = match plan.demand.pace {
            Pace::PerSecond(_) => schedule.last().map_or(Duration::ZERO, |planned| planned.at),
            #[expect(clippy::cast_precision_loss, reason = "a guess")]
            Pace::Max => Duration::from_secs_f64(sends as f64 / PRESUMED_CAPACITY),
        };
        let load = ClaimLoad {
            ingress: *ingress,
            campaign: (*campaign).clone(),
            claims: api_client::claims(*ingress, campaign, plan.demand.shoppers, &self.issuer)?,
            schedule,
            connections: plan.connections,
            give_up_after: plan.give_up_after,
        };
        say(&format!("{sends} sends over {:.1} s to http://{ingress}, campaign {campaign}", lasts.as_secs_f64()));
        let began = Instant::now() + HEAD_START;
        // While coupons are still to be had: once all are gone ingress answers from memory, and little can go wrong.
        let selling = lasts.mul_f64((f64::from(plan.stock) / f64::from(plan.demand.shoppers)).min(1.0));
        let live = Arc::new(Live::default());
        let shown = Watched::Claims(Arc::clone(&live));
        let (outcome, faults) = self
            .stage(&Role::OF_CLAIMS, (began, selling), (shown, sends), move || {
                claim_load::run(load, client_log, live, began)
            })
            .await?;
        Ok((outcome, faults, began))
    }

    /// Shoppers order.
    async fn orders(&self, coupons: &[Option<CouponId>], client_log: File, sale: Instant) -> anyhow::Result<Traded> {
        let Self { plan, campaign, ingress, .. } = self;
        let appetite = Appetite {
            wanted: plan.orders,
            per_second: plan.orders_per_second,
            duplicates: plan.demand.duplicates,
            scenario: plan.scenario,
            seed: plan.demand.seed,
        };
        let planned = appetite.planned(coupons);
        let catalogue = order_load::catalogue(campaign.as_str(), &order_load::demand(&planned), api_client::now())?;
        api_client::stock_up(*ingress, &catalogue, &self.issuer).await?;
        settling::set_policies(*ingress, &catalogue, &self.issuer).await?;
        let count = planned.len() as u64;
        let lasts = planned.last().map_or(Duration::ZERO, |planned| planned.at) + LAST_STEPS;
        say(&format!(
            "{count} orders over {:.1} s, {} products, paid at http://{}",
            lasts.as_secs_f64(),
            catalogue.len(),
            self.provider
        ));
        let load = OrderLoad {
            ingress: *ingress,
            provider: self.provider,
            campaign: (*campaign).clone(),
            discount: api_client::DISCOUNT,
            catalogue: catalogue.clone(),
            planned,
            issuer: Arc::clone(&self.issuer),
            connections: plan.connections,
            give_up_after: plan.give_up_after,
        };
        let began = Began { sale, load: Instant::now() + HEAD_START };
        let live = Arc::new(LiveOrders::default());
        let shown = Watched::Orders(Arc::clone(&live));
        let ((orders, client_log), faults) = self
            .stage(&Role::OF_ORDERS, (began.load, lasts), (shown, count), move || {
                order_load::open(load, client_log, live, began)
            })
            .await?;
        Ok(Traded { orders, catalogue, client_log, faults })
    }

    /// Runs one stage on a thread of its own, with inject to these roles, the polling and the progress beside it.
    async fn stage<T: Send + 'static>(
        &self,
        roles: &[Role],
        (began, lasts): (Instant, Duration),
        (shown, all): (Watched, u64),
        run: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<(T, FaultCounts)> {
        let stage = tokio::task::spawn_blocking(run);
        let inject = {
            let harms = faults::plan(&self.plan.faults, roles, lasts, self.plan.demand.seed);
            let targets = Targets {
                roles: self.roles.cloned(),
                services: self.deps.services.clone(),
                postgres: self.deps.postgres.clone(),
                redis: self.deps.redis.clone(),
            };
            tokio::spawn(async move { fault_injection::do_harm(harms, began, &targets).await })
        };
        let polling = self.roles.cloned().map(|roles| tokio::spawn(polling(roles)));
        let progress = tokio::spawn(progress::show(shown, all));
        let outcome = async {
            let came = stage.await.context("the stage's thread")??;
            let faults = inject.await.context("the faults' task")??;
            Ok((came, faults))
        }
        .await;
        progress.abort();
        stop_watching(polling).await?;
        outcome
    }
}

async fn polling(roles: Arc<Mutex<Roles>>) -> anyhow::Result<()> {
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        roles.lock().await.polling()?;
    }
}

/// Ends the polling; what it could not do is our failure too.
async fn stop_watching(polling: Option<JoinHandle<anyhow::Result<()>>>) -> anyhow::Result<()> {
    let Some(polling) = polling else { return Ok(()) };
    polling.abort();
    match polling.await {
        Ok(failed) => failed.context("watching the roles"),
        Err(_cancelled) => Ok(()),
    }
}

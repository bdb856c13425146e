//! The stages of a sale: first the crowd claims, then shoppers order, each on a thread of its own, with harm and watch beside it;
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

use super::claim_load::{self, Outcome, Storm};
use super::fault_injection::{self, Targets};
use super::faults::{self, FaultCounts};
use super::order_load::{self, Appetite, Began, LiveOrders, Orders, Product, Trade, Wanted};
use super::progress::{self, Watched, say};
use super::roles::{Role, Roles};
use super::schedule::Pace;
use super::settling::{self, Statements};
use super::tally::{Live, Tally};
use super::{Plan, World, api_client};

/// A closed loop has no schedule: faults are spread over what it takes at about this rate.
const PRESUMED_CAPACITY: f64 = 8_000.0;

/// A moment for a stage's thread to start, so that its first sends are not late.
const HEAD_START: Duration = Duration::from_millis(50);

/// A shopper's last steps come this much later than the order: faults are spread over them too.
const LAST_STEPS: Duration = Duration::from_secs(4);

/// Everything that the stages need.
pub(super) struct Stages<'a> {
    pub plan: &'a Plan,
    pub world: &'a World,
    pub campaign: &'a CampaignId,
    pub door: SocketAddr,
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
    journal: File,
    faults: FaultCounts,
}

impl Stages<'_> {
    /// Plays every stage that the plan has.
    pub(super) async fn play(&self) -> anyhow::Result<Came> {
        let path = &self.plan.journal;
        let journal = File::create(path).with_context(|| path.display().to_string())?;
        let (Outcome { tally, coupons, journal }, mut faults, began) = self.claims(journal).await?;
        if self.plan.orders == Wanted::None {
            journal.sync_all()?;
            return Ok(Came { tally, orders: None, statements: None, faults });
        }
        if let Some(roles) = self.roles {
            roles.lock().await.until_ready().await?;
        }
        let first = settling::day_of(api_client::now())?;
        let Traded { orders, catalogue, journal, faults: more } = self.orders(&coupons, journal, began).await?;
        journal.sync_all()?;
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
        settling::close_days(self.door, catalogue, (first, last), &self.issuer).await
    }

    /// The crowd claims. Returns when it began, too: the sale's times count from there.
    async fn claims(&self, journal: File) -> anyhow::Result<(Outcome<File>, FaultCounts, Instant)> {
        let Self { plan, campaign, door, .. } = self;
        let schedule = plan.demand.schedule();
        let sends = schedule.len() as u64;
        let lasts = match plan.demand.pace {
            Pace::PerSecond(_) => schedule.last().map_or(Duration::ZERO, |planned| planned.at),
            #[expect(clippy::cast_precision_loss, reason = "a guess")]
            Pace::Max => Duration::from_secs_f64(sends as f64 / PRESUMED_CAPACITY),
        };
        let storm = Storm {
            door: *door,
            campaign: (*campaign).clone(),
            claims: api_client::claims(*door, campaign, plan.demand.shoppers, &self.issuer)?,
            schedule,
            connections: plan.connections,
            patience: plan.patience,
        };
        say(&format!("{sends} sends over {:.1} s to http://{door}, campaign {campaign}", lasts.as_secs_f64()));
        let began = Instant::now() + HEAD_START;
        // While coupons are still to be had: once all are gone the door answers from memory, and little can go wrong.
        let selling = lasts.mul_f64((f64::from(plan.stock) / f64::from(plan.demand.shoppers)).min(1.0));
        let live = Arc::new(Live::default());
        let shown = Watched::Claims(Arc::clone(&live));
        let (outcome, faults) = self
            .stage(&Role::OF_CLAIMS, (began, selling), (shown, sends), move || {
                claim_load::release(storm, journal, live, began)
            })
            .await?;
        Ok((outcome, faults, began))
    }

    /// Shoppers order.
    async fn orders(&self, coupons: &[Option<CouponId>], journal: File, sale: Instant) -> anyhow::Result<Traded> {
        let Self { plan, campaign, door, .. } = self;
        let appetite = Appetite {
            wanted: plan.orders,
            per_second: plan.orders_per_second,
            duplicates: plan.demand.duplicates,
            course: plan.course,
            seed: plan.demand.seed,
        };
        let wishes = appetite.wishes(coupons);
        let catalogue = order_load::catalogue(campaign.as_str(), &order_load::demand(&wishes), api_client::now())?;
        api_client::stock_up(*door, &catalogue, &self.issuer).await?;
        settling::set_policies(*door, &catalogue, &self.issuer).await?;
        let count = wishes.len() as u64;
        let lasts = wishes.last().map_or(Duration::ZERO, |wish| wish.at) + LAST_STEPS;
        say(&format!(
            "{count} orders over {:.1} s, {} products, paid at http://{}",
            lasts.as_secs_f64(),
            catalogue.len(),
            self.provider
        ));
        let trade = Trade {
            door: *door,
            provider: self.provider,
            campaign: (*campaign).clone(),
            discount: api_client::DISCOUNT,
            catalogue: catalogue.clone(),
            wishes,
            issuer: Arc::clone(&self.issuer),
            connections: plan.connections,
            patience: plan.patience,
        };
        let began = Began { sale, trade: Instant::now() + HEAD_START };
        let live = Arc::new(LiveOrders::default());
        let shown = Watched::Orders(Arc::clone(&live));
        let ((orders, journal), faults) = self
            .stage(&Role::OF_ORDERS, (began.trade, lasts), (shown, count), move || {
                order_load::open(trade, journal, live, began)
            })
            .await?;
        Ok(Traded { orders, catalogue, journal, faults })
    }

    /// Runs one stage on a thread of its own, with harm to these roles, the watch and the progress beside it.
    async fn stage<T: Send + 'static>(
        &self,
        roles: &[Role],
        (began, lasts): (Instant, Duration),
        (shown, all): (Watched, u64),
        run: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<(T, FaultCounts)> {
        let stage = tokio::task::spawn_blocking(run);
        let harm = {
            let harms = faults::plan(&self.plan.faults, roles, lasts, self.plan.demand.seed);
            let targets = Targets {
                roles: self.roles.cloned(),
                services: self.world.services.clone(),
                postgres: self.world.postgres.clone(),
                redis: self.world.redis.clone(),
            };
            tokio::spawn(async move { fault_injection::do_harm(harms, began, &targets).await })
        };
        let watch = self.roles.cloned().map(|roles| tokio::spawn(watch(roles)));
        let progress = tokio::spawn(progress::show(shown, all));
        let outcome = async {
            let came = stage.await.context("the stage's thread")??;
            let faults = harm.await.context("the faults' task")??;
            Ok((came, faults))
        }
        .await;
        progress.abort();
        stop_watching(watch).await?;
        outcome
    }
}

async fn watch(roles: Arc<Mutex<Roles>>) -> anyhow::Result<()> {
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        roles.lock().await.watch()?;
    }
}

/// Ends the watch; what it could not do is our failure too.
async fn stop_watching(watch: Option<JoinHandle<anyhow::Result<()>>>) -> anyhow::Result<()> {
    let Some(watch) = watch else { return Ok(()) };
    watch.abort();
    match watch.await {
        Ok(failed) => failed.context("watching the roles"),
        Err(_cancelled) => Ok(()),
    }
}

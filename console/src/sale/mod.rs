//! `timesale sale`: opens a fresh campaign, lets a crowd claim, breaks things if asked, and ends with the proof. Runs the roles
//! itself unless it is told of an ingress that runs already.

pub mod answer;
pub mod crowd;
pub mod door;
pub mod faults;
mod harm;
pub mod progress;
pub mod report;
pub mod roles;
pub mod schedule;
pub mod tally;
pub mod usage;
pub mod wire;
#[cfg(test)]
mod answer_tests;
#[cfg(test)]
mod schedule_tests;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use streams::kafka::ClusterConfig;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::token::Mint;
use crate::verify::{self, Proof, Verdict};
use crowd::Orders;
use faults::{FaultCounts, FaultKind};
use harm::Targets;
use progress::say;
use report::Report;
use roles::{Launch, Roles};
use schedule::{Demand, Pace};
use tally::{Live, Tally};
use usage::Usage;

/// What kind of sale.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Who comes when.
    pub demand: Demand,
    /// How many coupons there are.
    pub stock: u32,
    /// What goes wrong.
    pub faults: BTreeSet<FaultKind>,
    /// How many connections the crowd shares.
    pub connections: usize,
    /// How long a client keeps trying.
    pub patience: Duration,
    /// How long the proof waits for processors and sinks to catch up; nothing: no proof.
    pub settle: Option<Duration>,
    /// An ingress that runs already.
    pub base_url: Option<String>,
    /// Where the journal goes.
    pub journal: PathBuf,
}

/// What the sale runs on.
#[derive(Clone, Debug)]
pub struct World {
    /// The log.
    pub cluster: ClusterConfig,
    /// The database's URL.
    pub postgres: String,
    /// Redis' URL.
    pub redis: String,
    /// Signs the crowd's tokens.
    pub jwt_secret: String,
    /// How roles are started.
    pub launch: Launch,
    /// The folder with the service scripts, if the services are ours.
    pub services: Option<PathBuf>,
}

/// A closed loop has no schedule: faults are spread over what it takes at about this rate.
const PRESUMED_CAPACITY: f64 = 8_000.0;

/// Holds a sale.
///
/// # Errors
/// When it cannot be held: a role does not start, the campaign cannot be opened, a fault cannot be done. A promise that was not
/// kept is no error but part of the report.
pub async fn hold(plan: Plan, world: World) -> anyhow::Result<Report> {
    let ours = plan.base_url.is_none();
    if !ours && plan.faults.iter().any(|kind| matches!(kind, FaultKind::KillRoles | FaultKind::DropDatabase)) {
        bail!("with --base-url the roles are not ours to kill");
    }
    let mint = Mint::new(&world.jwt_secret);
    let roles = if ours {
        say(&format!("starting the roles; their logs are in {}", world.launch.folder.display()));
        Some(Arc::new(Mutex::new(Roles::start(world.launch.clone()).await?)))
    } else {
        None
    };
    let door = match (&plan.base_url, &roles) {
        (Some(url), _) => door::address(url)?,
        (None, Some(roles)) => roles.lock().await.door(),
        (None, None) => bail!("nobody is at the door"),
    };
    let campaign = door::new_campaign(plan.demand.seed)?;
    door::open_campaign(door, &campaign, plan.stock, &mint).await?;

    let usage_before = usage(roles.as_ref()).await;
    let (tally, faults) = crowded(&plan, &world, &campaign, door, roles.as_ref(), &mint).await?;
    let usage = spent(usage(roles.as_ref()).await, &usage_before);

    let mut verdict = if let Some(settle) = plan.settle {
        if let Some(roles) = &roles {
            roles.lock().await.until_ready().await?;
        }
        say("proving it from the topics, Postgres and Redis");
        let proof = Proof {
            cluster: world.cluster.clone(),
            postgres: world.postgres.clone(),
            redis: world.redis.clone(),
            journal: Some(plan.journal.clone()),
            settle,
            dead_letters: None,
        };
        verify::run(proof).await?
    } else {
        Verdict::default()
    };
    if let Some(roles) = &roles {
        let mut roles = roles.lock().await;
        let complaints = roles.stop().await;
        verdict.state("roles_drain_in_time", complaints.first().cloned());
        verdict.state("nothing_dies_unplanned", roles.unplanned().first().cloned());
    }
    Ok(Report::new(campaign, (plan.demand.seed, plan.demand.shoppers, plan.stock), tally, faults, &usage, verdict))
}

/// The sale itself: the crowd on a thread of its own, harm and watch beside it.
async fn crowded(
    plan: &Plan,
    world: &World,
    campaign: &events::ids::CampaignId,
    door: SocketAddr,
    roles: Option<&Arc<Mutex<Roles>>>,
    mint: &Mint,
) -> anyhow::Result<(Tally, FaultCounts)> {
    let schedule = plan.demand.schedule();
    let sends = schedule.len() as u64;
    let lasts = match plan.demand.pace {
        Pace::PerSecond(_) => schedule.last().map_or(Duration::ZERO, |planned| planned.at),
        #[expect(clippy::cast_precision_loss, reason = "a guess")]
        Pace::Max => Duration::from_secs_f64(sends as f64 / PRESUMED_CAPACITY),
    };
    let orders = Orders {
        door,
        campaign: campaign.clone(),
        claims: door::claims(door, campaign, plan.demand.shoppers, mint)?,
        schedule,
        connections: plan.connections,
        patience: plan.patience,
    };
    let journal = std::fs::File::create(&plan.journal).with_context(|| plan.journal.display().to_string())?;
    say(&format!("{sends} sends over {:.1} s to http://{door}, campaign {campaign}", lasts.as_secs_f64()));

    let live = Arc::new(Live::default());
    // A moment for the thread to start, so that the first sends are not late.
    let began = Instant::now() + Duration::from_millis(50);
    let crowd = {
        let live = Arc::clone(&live);
        tokio::task::spawn_blocking(move || crowd::release(orders, journal, live, began))
    };
    let harm = {
        // While coupons are still to be had: once all are gone the door answers from memory, and little can go wrong.
        let selling = lasts.mul_f64((f64::from(plan.stock) / f64::from(plan.demand.shoppers)).min(1.0));
        let harms = faults::plan(&plan.faults, selling, plan.demand.seed);
        let targets = Targets {
            roles: roles.cloned(),
            services: world.services.clone(),
            postgres: world.postgres.clone(),
            redis: world.redis.clone(),
        };
        tokio::spawn(async move { harm::do_harm(harms, began, &targets).await })
    };
    let watch = roles.cloned().map(|roles| tokio::spawn(watch(roles)));
    let progress = tokio::spawn(progress::show(live, sends));
    let outcome = async {
        let (tally, journal) = crowd.await.context("the crowd's thread")??;
        journal.sync_all()?;
        let faults = harm.await.context("the faults' task")??;
        Ok((tally, faults))
    }
    .await;
    progress.abort();
    stop_watching(watch).await?;
    outcome
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

async fn usage(roles: Option<&Arc<Mutex<Roles>>>) -> BTreeMap<String, Usage> {
    let mut usage = BTreeMap::from([("crowd".to_owned(), Usage::of(std::process::id()))]);
    if let Some(roles) = roles {
        let of_roles = roles.lock().await.usage();
        usage.extend(of_roles.into_iter().map(|(role, usage)| (role.name().to_owned(), usage)));
    }
    usage
}

fn spent(after: BTreeMap<String, Usage>, before: &BTreeMap<String, Usage>) -> BTreeMap<String, Usage> {
    after
        .into_iter()
        .map(|(role, usage)| {
            let earlier = before.get(&role).copied().unwrap_or_default();
            (role, usage - earlier)
        })
        .collect()
}

#![doc = include_str!("../README.md")]

pub mod answer;
pub mod caller;
pub mod claim_load;
pub mod api_client;
pub mod request;
pub mod faults;
mod fault_injection;
pub mod progress;
pub mod report;
pub mod competitor;
pub mod roles;
pub mod schedule;
pub mod settling;
mod stages;
pub mod tally;
pub mod order_load;
pub mod usage;
pub mod wire;
#[cfg(test)]
mod answer_tests;
#[cfg(test)]
mod schedule_tests;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use audit::verify::{self, Proof, ProviderSide, Verdict};
use streams::kafka::ClusterConfig;
use tokio::sync::Mutex;
use web::jwt::TokenIssuer;

use competitor::Watch;
use faults::FaultKind;
use order_load::{Course, Wanted};
use progress::say;
use report::Report;
use roles::{Launch, Role, Roles};
use schedule::Demand;
use stages::{Came, Stages};
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
    /// How many orders are placed.
    pub orders: Wanted,
    /// How many orders a second.
    pub orders_per_second: f64,
    /// The course of every order, if it is not to be drawn for each.
    pub course: Option<Course>,
    /// How many connections the crowd shares.
    pub connections: usize,
    /// How long a client keeps trying.
    pub patience: Duration,
    /// How long the proof waits for processors and sinks to catch up; nothing: no proof.
    pub settle: Option<Duration>,
    /// An ingress that runs already.
    pub base_url: Option<String>,
    /// The payment provider's stub that runs already, when ingress does.
    pub provider: Option<String>,
    /// The price server's stub that runs already, when ingress does; without one there is no rival.
    pub market: Option<String>,
    /// How the price server is watched.
    pub watch: Watch,
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
    /// Opens the payment provider's books.
    pub provider_key: String,
    /// How roles are started.
    pub launch: Launch,
    /// The folder with the service scripts, if the services are ours.
    pub services: Option<PathBuf>,
}

/// Holds a sale.
///
/// # Errors
/// When it cannot be held: a role does not start, the campaign cannot be opened, a fault cannot be done. A promise that was not
/// kept is no error but part of the report.
pub fn hold(plan: Plan, world: World) -> Pin<Box<dyn Future<Output = anyhow::Result<Report>> + Send>> {
    // Boxed, so that it is compiled here and not again in the binary.
    Box::pin(run(plan, world))
}

async fn run(plan: Plan, world: World) -> anyhow::Result<Report> {
    check(&plan)?;
    let issuer = Arc::new(TokenIssuer::new(&world.jwt_secret));
    let roles = if plan.base_url.is_none() {
        say(&format!("starting the roles; their logs are in {}", world.launch.folder.display()));
        let which = if plan.orders == Wanted::None { &Role::OF_CLAIMS[..] } else { &Role::ALL[..] };
        Some(Arc::new(Mutex::new(Roles::start(world.launch.clone(), which).await?)))
    } else {
        None
    };
    let (door, provider) = addresses(&plan, roles.as_ref()).await?;
    let campaign = api_client::new_campaign(plan.demand.seed)?;
    api_client::open_campaign(door, &campaign, plan.stock, &issuer).await?;

    let usage_before = usage(roles.as_ref()).await;
    let stages = Stages {
        plan: &plan,
        world: &world,
        campaign: &campaign,
        door,
        provider,
        roles: roles.as_ref(),
        issuer: Arc::clone(&issuer),
    };
    let Came { tally, orders, statements, faults } = stages.play().await?;
    let rivalry = match market(&plan, roles.as_ref()).await? {
        Some(market) => {
            if let Some(roles) = &roles {
                roles.lock().await.until_ready().await?;
            }
            say(&format!("a rival undercuts us for a while: http://{market}"));
            Some(competitor::compete(door, market, plan.watch, &campaign, &issuer).await?)
        }
        None => None,
    };
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
            door: Some(format!("http://{door}")),
            provider: (plan.orders != Wanted::None)
                .then(|| ProviderSide { base_url: format!("http://{provider}"), key: world.provider_key.clone() }),
        };
        verify::run(proof).await?
    } else {
        Verdict::default()
    };
    if let Some(rivalry) = &rivalry {
        verdict.state("the_lowest_price_wins", rivalry.wrong_winner.clone());
        verdict.state("no_offer_outlives_its_time", rivalry.outlived.clone());
    }
    if let Some(roles) = &roles {
        let mut roles = roles.lock().await;
        let complaints = roles.stop().await;
        verdict.state("roles_drain_in_time", complaints.first().cloned());
        verdict.state("nothing_dies_unplanned", roles.unplanned().first().cloned());
    }
    let demand = (plan.demand.seed, plan.demand.shoppers, plan.stock);
    let came = Came { tally, orders, statements, faults };
    Ok(Report { rivalry, ..Report::new(campaign, demand, came, &usage, verdict) })
}

/// What was asked for must be possible.
fn check(plan: &Plan) -> anyhow::Result<()> {
    let harms_roles = |kind: &FaultKind| !matches!(kind, FaultKind::KillKafka | FaultKind::FlushRedis);
    if plan.base_url.is_some() && plan.faults.iter().any(harms_roles) {
        bail!("with --base-url the roles are not ours to kill");
    }
    if plan.base_url.is_some() && plan.provider.is_none() && plan.orders != Wanted::None {
        bail!("with --base-url, --provider must name the payment provider's stub, or --orders be 0");
    }
    Ok(())
}

/// Where the door and the payment provider are.
async fn addresses(plan: &Plan, roles: Option<&Arc<Mutex<Roles>>>) -> anyhow::Result<(SocketAddr, SocketAddr)> {
    match (&plan.base_url, roles) {
        (Some(url), _) => {
            let door = api_client::address(url)?;
            Ok((door, plan.provider.as_deref().map_or(Ok(door), api_client::address)?))
        }
        (None, Some(roles)) => {
            let roles = roles.lock().await;
            Ok((roles.door(), roles.provider()))
        }
        (None, None) => bail!("nobody is at the door"),
    }
}

/// Where the price server is; nowhere when there are no orders, or when it is not ours to tell what to offer.
async fn market(plan: &Plan, roles: Option<&Arc<Mutex<Roles>>>) -> anyhow::Result<Option<SocketAddr>> {
    if plan.orders == Wanted::None {
        return Ok(None);
    }
    match roles {
        Some(roles) => Ok(Some(roles.lock().await.market())),
        None => plan.market.as_deref().map(api_client::address).transpose(),
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

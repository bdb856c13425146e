#![doc = include_str!("../README.md")]

pub mod answer;
pub mod answered_share;
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
pub mod steady;
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
use console::lag::{self, Collector, Judgement, Limit, Watched};
use streams::kafka::ClusterConfig;
use tokio::sync::Mutex;
use web::jwt::TokenIssuer;

use answered_share::AnsweredShare;
use competitor::Polling;
use faults::FaultKind;
use order_load::{Scenario, Wanted};
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
    /// The scenario of every order, if it is not to be drawn for each.
    pub scenario: Option<Scenario>,
    /// How many connections the clients shares.
    pub connections: usize,
    /// How long a client keeps trying.
    pub give_up_after: Duration,
    /// The least share of first requests that must be answered, 0 to 1: with fewer the proof is hollow.
    pub least_answered: f64,
    /// How long the proof waits for processors and sinks to catch up; nothing: no proof.
    pub settle: Option<Duration>,
    /// An ingress that runs already.
    pub base_url: Option<String>,
    /// The payment provider's stub that runs already, when ingress does.
    pub provider: Option<String>,
    /// The price server's stub that runs already, when ingress does; without one there is no competitor.
    pub market: Option<String>,
    /// How the price server is watched.
    pub polling: Polling,
    /// Where the client log goes.
    pub client_log: PathBuf,
}

/// What the sale runs on.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The log.
    pub cluster: ClusterConfig,
    /// The database's URL.
    pub postgres: String,
    /// Redis' URL.
    pub redis: String,
    /// Signs the clients's tokens.
    pub jwt_secret: String,
    /// Opens the payment provider's books.
    pub provider_key: String,
    /// How roles are started.
    pub launch: Launch,
    /// The groups of this installation and what they read: the proof begins when they have read everything.
    pub watched: Vec<Watched>,
    /// The folder with the service scripts, if the services are ours.
    pub services: Option<PathBuf>,
}

/// The proof begins when no record has waited for longer, seconds: clocks tick and offers come for as long as the roles run.
const READ_WITHIN: f64 = 1.0;

/// Holds a sale.
///
/// # Errors
/// When it cannot be held: a role does not start, the campaign cannot be opened, a fault cannot be done. A promise that was not
/// kept is no error but part of the report.
pub fn hold(plan: Plan, deps: Deps) -> Pin<Box<dyn Future<Output = anyhow::Result<Report>> + Send>> {
    // Boxed, so that it is compiled here and not again in the binary.
    Box::pin(run(plan, deps))
}

async fn run(plan: Plan, deps: Deps) -> anyhow::Result<Report> {
    check(&plan)?;
    let issuer = Arc::new(TokenIssuer::new(&deps.jwt_secret));
    let roles = if plan.base_url.is_none() {
        say(&format!("starting the roles; their logs are in {}", deps.launch.folder.display()));
        let which = if plan.orders == Wanted::None { &Role::OF_CLAIMS[..] } else { &Role::ALL[..] };
        Some(Arc::new(Mutex::new(Roles::start(deps.launch.clone(), which).await?)))
    } else {
        None
    };
    let (ingress, provider) = addresses(&plan, roles.as_ref()).await?;
    let campaign = api_client::new_campaign(plan.demand.seed)?;
    api_client::open_campaign(ingress, &campaign, plan.stock, &issuer).await?;

    let usage_before = usage(roles.as_ref()).await;
    let stages = Stages {
        plan: &plan,
        deps: &deps,
        campaign: &campaign,
        ingress,
        provider,
        roles: roles.as_ref(),
        issuer: Arc::clone(&issuer),
    };
    let Came { tally, orders, statements, faults } = stages.play().await?;
    let competition = match market(&plan, roles.as_ref()).await? {
        Some(market) => {
            if let Some(roles) = &roles {
                roles.lock().await.until_ready().await?;
            }
            say(&format!("a competitor undercuts us for a while: http://{market}"));
            Some(competitor::compete(ingress, market, plan.polling, &campaign, &issuer).await?)
        }
        None => None,
    };
    let usage = spent(usage(roles.as_ref()).await, &usage_before);

    let sent = orders.as_ref().map_or((0, 0), |orders| (orders.sent, orders.unknown));
    let answered = AnsweredShare::of((u64::from(plan.demand.shoppers), tally.unknown), sent, plan.least_answered);
    let mut verdict = if let Some(settle) = plan.settle {
        if let Some(roles) = &roles {
            roles.lock().await.until_ready().await?;
        }
        all_read(&plan, &deps, settle).await?;
        say("proving it from the topics, Postgres and Redis");
        let proof = Proof {
            cluster: deps.cluster.clone(),
            postgres: deps.postgres.clone(),
            redis: deps.redis.clone(),
            client_log: Some(plan.client_log.clone()),
            settle,
            dead_letters: None,
            ingress: Some(format!("http://{ingress}")),
            provider: (plan.orders != Wanted::None)
                .then(|| ProviderSide { base_url: format!("http://{provider}"), key: deps.provider_key.clone() }),
        };
        verify::run(proof).await?
    } else {
        Verdict::default()
    };
    if let Some(competition) = &competition {
        verdict.state("the_lowest_price_wins", competition.wrong_winner.clone());
        verdict.state("no_offer_outlives_its_time", competition.outlived.clone());
    }
    verdict.state("enough_was_answered", answered.hollow());
    if let Some(roles) = &roles {
        let mut roles = roles.lock().await;
        let complaints = roles.stop().await;
        verdict.state("roles_drain_in_time", complaints.first().cloned());
        verdict.state("nothing_dies_unplanned", roles.unplanned().first().cloned());
    }
    let demand = (plan.demand.seed, plan.demand.shoppers, plan.stock);
    let came = Came { tally, orders, statements, faults };
    Ok(Report { competition, ..Report::new(campaign, demand, came, answered, &usage, verdict) })
}

/// Waits until no group has anything left that has waited for long. It proves nothing: the proof itself looks at what was read. But it has to
/// read the whole log again for as long as it is not at rest, and takes the machine away from those who are to come to rest.
async fn all_read(plan: &Plan, deps: &Deps, settle: Duration) -> anyhow::Result<()> {
    // Nobody calls the payment provider in a sale without orders.
    let is_played = |watched: &&Watched| plan.orders != Wanted::None || &*watched.role != "connectors";
    let watched: Vec<Watched> = deps.watched.iter().filter(is_played).cloned().collect();
    let mut collector = Collector::new(&deps.cluster, &lag::Config::default(), &watched)?;
    say("waiting until every group has read what there is");
    let waiting = move || collector.wait(&lag::Wanted::default(), Limit::Seconds(READ_WITHIN), settle).0;
    match tokio::task::spawn_blocking(waiting).await? {
        Judgement::Within => {}
        Judgement::Behind(reasons) | Judgement::Unknown(reasons) => say(&reasons.join("; ")),
    }
    Ok(())
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

/// Where ingress and the payment provider are.
async fn addresses(plan: &Plan, roles: Option<&Arc<Mutex<Roles>>>) -> anyhow::Result<(SocketAddr, SocketAddr)> {
    match (&plan.base_url, roles) {
        (Some(url), _) => {
            let ingress = api_client::address(url)?;
            Ok((ingress, plan.provider.as_deref().map_or(Ok(ingress), api_client::address)?))
        }
        (None, Some(roles)) => {
            let roles = roles.lock().await;
            Ok((roles.ingress(), roles.provider()))
        }
        (None, None) => bail!("there is no ingress"),
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

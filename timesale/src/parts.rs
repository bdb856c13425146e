//! What a role consists of. Every role first waits until the broker has the topics of `topics.yaml`, then starts its parts. A
//! broker that is away is waited for: a role that ended for that would only be started again.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use connectors::offers::AccessToken;
use events::ids::OfferSource;
use events::manifest::Manifest;
use prometheus::Registry;
use streams::kafka::ClusterConfig;
use streams::service::{Condition, Health, Shutdown};
use tokio::task::JoinSet;

use crate::applications;
use crate::cli::Role;
use crate::cluster_watch::{self, WithoutKafka};
use crate::config::{Config, ConfigError, Secret};

/// A part has ended: its name, and why, unless shutdown was requested.
pub(crate) type Ended = (&'static str, Result<(), PartError>);

/// Why a part could not go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PartError {
    /// Something it needs is not there.
    #[error("{0:#}")]
    Unavailable(anyhow::Error),
    /// The work in hand did not end in time.
    #[error("{0:#}")]
    DrainDeadline(anyhow::Error),
    /// Anything else.
    #[error("{0:#}")]
    Internal(anyhow::Error),
}

/// How long to wait before asking the broker for its topics again.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// What a role says that cannot pay, because it does not know the provider's key.
const NO_PAYMENTS: &str = "no key of the payment provider: payments are not served here, they wait (TOSS_SECRET_KEY, TOSS_SECRET_KEY_FILE, \
     [connectors.toss] secret_key_file)";

/// What every part is given.
#[derive(Clone)]
struct Deps {
    config: Arc<Config>,
    health: Health,
    registry: Registry,
    shutdown: Shutdown,
}

/// Checks that the role has something to do as it is configured.
///
/// # Errors
/// [`ConfigError`] when the role would connect to nothing.
pub(crate) fn check(role: Role, config: &Config) -> Result<(), ConfigError> {
    if role != Role::Connectors || config.toss_key.is_some() || !config.offers.sources.is_empty() {
        return Ok(());
    }
    let lacks = "[connectors]: nothing to connect to; set the payment provider's key (TOSS_SECRET_KEY, TOSS_SECRET_KEY_FILE or \
         [connectors.toss] secret_key_file), or name a price server in [connectors.offers.sources]";
    Err(ConfigError(vec![lacks.to_owned()]))
}

/// Starts a role's parts.
pub(crate) fn start(
    role: Role,
    config: Config,
    health: &Health,
    registry: &Registry,
    shutdown: &Shutdown,
) -> JoinSet<Ended> {
    let deps = Deps {
        config: Arc::new(config),
        health: health.clone(),
        registry: registry.clone(),
        shutdown: shutdown.clone(),
    };
    // Who waits for the topics says so itself; from then on this tells of a cluster that went away.
    let without = if role == Role::Console { WithoutKafka::Shows } else { WithoutKafka::Nothing };
    cluster_watch::start(deps.config.kafka.clone(), without, health.clone(), shutdown.clone());
    let mut parts = JoinSet::new();
    if matches!(role, Role::Ingress | Role::All) {
        add(&mut parts, "ingress", &deps, ingress);
    }
    if matches!(role, Role::Sinks | Role::All) {
        add(&mut parts, "sinks", &deps, sinks);
    }
    if matches!(role, Role::Processors | Role::All) {
        add(&mut parts, "processors", &deps, processors);
    }
    if matches!(role, Role::Connectors | Role::All) {
        if !deps.config.offers.sources.is_empty() {
            add(&mut parts, "offers", &deps, offers);
        }
        match deps.config.toss_key.clone() {
            Some(key) => add(&mut parts, "connectors", &deps, move |deps| payments(key, deps)),
            // Coupons are given and prices compared without a provider, too.
            None => {
                tracing::warn!(reason = NO_PAYMENTS, "the payment connector does not run");
                health.set("connectors", Condition::Degraded(NO_PAYMENTS.into()));
            }
        }
    }
    if matches!(role, Role::Console | Role::All) {
        add(&mut parts, "console", &deps, console);
    }
    parts
}

fn add<F>(parts: &mut JoinSet<Ended>, name: &'static str, deps: &Deps, part: impl FnOnce(Deps) -> F + Send + 'static)
where
    F: Future<Output = Result<(), PartError>> + Send + 'static,
{
    let deps = deps.clone();
    deps.health.set(name, Condition::Starting("waiting for the topics".into()));
    parts.spawn(async move {
        let result = match topics_are_there(name, &deps).await {
            Ok(true) => part(deps).await,
            Ok(false) => Ok(()),
            Err(error) => Err(error),
        };
        (name, result)
    });
}

/// Waits until the broker has every topic as it must be for the promises to hold. False when shutdown came first.
async fn topics_are_there(name: &str, deps: &Deps) -> Result<bool, PartError> {
    let manifest = Arc::new(Manifest::embedded().map_err(|error| PartError::Internal(error.into()))?);
    let mut shutdown = deps.shutdown.clone();
    let mut said = String::new();
    loop {
        let cluster: ClusterConfig = deps.config.kafka.clone();
        let manifest = Arc::clone(&manifest);
        let check = tokio::task::spawn_blocking(move || console::topics::unmet(&cluster, &manifest));
        let reason = match check.await {
            Ok(Ok(unmet)) if unmet.is_empty() => return Ok(true),
            Ok(Ok(unmet)) => unmet.join("; "),
            Ok(Err(error)) => error.to_string(),
            Err(error) => return Err(PartError::Internal(error.into())),
        };
        if reason != said {
            tracing::warn!(part = name, reason, "waiting for the topics; see `timesale topics plan`");
            deps.health.set(name, Condition::Starting(format!("waiting for the topics: {reason}")));
            said = reason;
        }
        tokio::select! {
            () = shutdown.requested() => return Ok(false),
            () = tokio::time::sleep(ASK_AGAIN_AFTER) => {}
        }
    }
}

/// The stream threads of every processor.
async fn processors(deps: Deps) -> Result<(), PartError> {
    let Deps { config, health, registry, shutdown } = deps;
    applications::run(&config, &health, &registry, shutdown).await
}

/// The HTTP service.
async fn ingress(deps: Deps) -> Result<(), PartError> {
    let Deps { config, health, registry, shutdown } = deps;
    let deps = ingress::Deps {
        kafka: config.kafka.clone(),
        postgres: Some(config.postgres.expose().to_owned()),
        redis: Some(config.redis.expose().to_owned()),
        prices: None,
        secrets: secrets(&config)?,
        registry,
        health: health.clone(),
        shutdown,
    };
    tracing::info!(address = %config.ingress.listen, "ingress runs");
    health.set("ingress", Condition::Ready);
    ingress::serve(config.ingress.clone(), deps).await.map_err(|error| match error {
        ingress::Error::Listen { .. } | ingress::Error::Topics(_) => PartError::Unavailable(error.into()),
        ingress::Error::Drain { .. } => PartError::DrainDeadline(error.into()),
        _ => PartError::Internal(error.into()),
    })
}

/// The payment provider.
async fn payments(key: Secret, deps: Deps) -> Result<(), PartError> {
    let Deps { config, health, registry, shutdown } = deps;
    let deps = connectors::toss::Deps {
        cluster: config.kafka.clone(),
        instance: config.processors.instance.clone(),
        key: web::secret_key::SecretKey::new(key.expose()).map_err(|error| PartError::Unavailable(error.into()))?,
        registry,
        health: health.clone(),
        shutdown,
    };
    tracing::info!(provider = config.toss.base_url, "connectors run");
    health.set("connectors", Condition::Ready);
    connectors::toss::serve(config.toss.clone(), deps).await.map_err(|error| PartError::Internal(error.into()))
}

/// External price servers.
async fn offers(deps: Deps) -> Result<(), PartError> {
    let Deps { config, health, registry, shutdown } = deps;
    let cluster = config.kafka.clone();
    let sources: Vec<&str> = config.offers.sources.keys().map(|name| name.as_str()).collect();
    tracing::info!(sources = sources.join(", "), "price servers are watched");
    health.set("offers", Condition::Ready);
    let token = |(name, secret): (&OfferSource, &Secret)| {
        let token = AccessToken::new(secret.expose()).map_err(|error| PartError::Unavailable(error.into()))?;
        Ok::<_, PartError>((name.clone(), token))
    };
    let tokens = config.offer_tokens.iter().map(token).collect::<Result<_, _>>()?;
    let health = health.clone();
    let deps = connectors::offers::Deps { cluster, tokens, registry, health, shutdown };
    connectors::offers::serve(config.offers.clone(), deps).await.map_err(|error| PartError::Internal(error.into()))
}

/// Lag, the business counted from the log, and the page.
async fn console(deps: Deps) -> Result<(), PartError> {
    let Deps { config, health, registry, shutdown } = deps;
    let manifest = Manifest::embedded().map_err(|error| PartError::Internal(error.into()))?;
    let deps = console::serve::Deps {
        cluster: config.kafka.clone(),
        postgres: config.postgres.expose().to_owned(),
        watched: crate::lag::watched(&config, &manifest),
        applications: applications::declared(&config.processors.prefix).map_err(PartError::Internal)?,
        secrets: secrets(&config)?,
        mask_key: crate::privacy::mask_key(&config),
        registry,
        health: health.clone(),
        shutdown,
    };
    console::serve::serve(config.console.clone(), deps).await.map_err(|error| match error {
        console::serve::Error::Listen { .. } => PartError::Unavailable(error.into()),
        _ => PartError::Internal(error.into()),
    })
}

/// What signs tokens and sessions.
fn secrets(config: &Config) -> Result<ingress::Secrets, PartError> {
    let secrets = config.jwt_secrets.iter().map(|secret| ingress::Secret::new(secret.expose()));
    let secrets = secrets.collect::<Result<Vec<_>, _>>().and_then(ingress::Secrets::new);
    secrets.map_err(|error| PartError::Unavailable(error.into()))
}

/// Postgres and Redis.
async fn sinks(deps: Deps) -> Result<(), PartError> {
    let Deps { config, health, registry, shutdown } = deps;
    let deps = sinks::Deps {
        cluster: config.kafka.clone(),
        instance: config.processors.instance.clone(),
        postgres_url: config.postgres.expose().to_owned(),
        redis_url: config.redis.expose().to_owned(),
        registry,
        health: health.clone(),
        shutdown,
    };
    tracing::info!("sinks run");
    health.set("sinks", Condition::Ready);
    sinks::serve(config.sinks.clone(), deps).await.map_err(|error| PartError::Internal(error.into()))
}

#[cfg(test)]
#[path = "parts_tests.rs"]
mod tests;

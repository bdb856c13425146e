//! Verbs that run once and end: each handed to the room that knows it, its result turned into an exit code.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use audit::verify::{Proof, ProviderSide};
use console::topics::{self, Plan, TopicsError};
use events::manifest::Manifest;
use serde_json::json;
use tokio::task::JoinHandle;
use web::jwt::TokenIssuer;

use crate::cli::{self, Verb};
use crate::config::Config;
use crate::exit::Exit;
use crate::signals::{StopRequests, StopWithStdin};
use crate::{complain, say};

/// Runs a verb.
pub(crate) async fn run(verb: Verb, config: Config) -> Exit {
    match verb {
        Verb::Serve(cli::Serve { role, stop_with_stdin }) => {
            if let Err(error) = crate::parts::check(role, &config) {
                complain(&error.to_string());
                return Exit::Configuration;
            }
            let stop_with_stdin = if stop_with_stdin { StopWithStdin::Yes } else { StopWithStdin::No };
            crate::serve::serve(role, config, stop_with_stdin).await
        }
        Verb::Topics(verb) => blocking(move || run_topics(&verb, &config)).await,
        Verb::Tap(typed) => crate::tap::run(*typed, config).await,
        Verb::Story(typed) => crate::story::run(typed, config).await,
        Verb::Token(whom) => token(&whom, &config),
        Verb::Verify(what) => verify(what, config).await,
        Verb::Settle(cli::Settle::Export(what)) => crate::settle::export(what, &config).await,
        Verb::Lag(what) => blocking(move || crate::lag::run(&what, &config)).await,
        Verb::DeadLetters(verb) => crate::dead_letters::run(verb, config).await,
        Verb::Partitions(verb) => blocking(move || crate::partitions::run(verb, &config)).await,
        Verb::Prices(cli::Prices::Restate) => crate::prices::restate(&config).await,
        #[cfg(feature = "loadtest")]
        Verb::TestTools(verb) => crate::test_tools::run(verb, config).await,
        Verb::Health => health(&config),
    }
}

/// The manifest of this build.
///
/// # Errors
/// Complains, and says how to end.
pub(crate) fn built_in_manifest() -> Result<Manifest, Exit> {
    Manifest::embedded().map_err(|error| {
        complain(&error.to_string());
        Exit::Internal
    })
}

/// Runs work that ends early when `stop` is set. The first request to stop sets it; at the second nobody waits for the work any more.
pub(crate) async fn until_stopped(stop: &AtomicBool, begin: impl FnOnce() -> JoinHandle<Exit>) -> Exit {
    let mut requests = match StopRequests::listen(StopWithStdin::No) {
        Ok(requests) => requests,
        Err(error) => {
            complain(&error.to_string());
            return Exit::Internal;
        }
    };
    let mut work = begin();
    loop {
        tokio::select! {
            ended = &mut work => return ended.unwrap_or_else(|error| {
                complain(&error.to_string());
                Exit::Internal
            }),
            _ = requests.next() => {
                if stop.swap(true, Ordering::Relaxed) {
                    return Exit::Interrupted;
                }
            }
        }
    }
}

/// Runs what blocks beside the runtime's own threads.
pub(crate) async fn blocking(run: impl FnOnce() -> Exit + Send + 'static) -> Exit {
    tokio::task::spawn_blocking(run).await.unwrap_or_else(|error| {
        complain(&error.to_string());
        Exit::Internal
    })
}

/// Asks the local role whether it is ready.
pub(crate) fn health(config: &Config) -> Exit {
    match crate::health::is_ready(config.admin) {
        Ok(true) => Exit::Fine,
        Ok(false) => Exit::Failed,
        Err(error) => {
            complain(&format!("{}: {error}", config.admin));
            Exit::Failed
        }
    }
}

async fn verify(what: cli::Verify, config: Config) -> Exit {
    let key = config.provider_key().to_owned();
    let proof = Proof {
        cluster: config.kafka,
        postgres: config.postgres.expose().to_owned(),
        redis: config.redis.expose().to_owned(),
        client_log: what.client_log,
        settle: Duration::from_secs(what.settle),
        dead_letters: what.dead_letters,
        ingress: what.ingress,
        provider: what.provider.map(|base_url| ProviderSide { base_url, key }),
    };
    match audit::verify::run(proof).await {
        Ok(verdict) => {
            complain(&verdict.to_string());
            match serde_json::to_string(&verdict) {
                Ok(json) if verdict.holds() => say(&json),
                Ok(json) => match say(&json) {
                    Exit::Fine => Exit::Failed,
                    other => other,
                },
                Err(error) => {
                    complain(&error.to_string());
                    Exit::Internal
                }
            }
        }
        Err(error) => {
            complain(&error.to_string());
            Exit::Unavailable
        }
    }
}

fn token(whom: &cli::Token, config: &Config) -> Exit {
    let Some(secret) = config.jwt_secrets.first() else {
        complain("no token secret: set TIMESALE_JWT_SECRET or TIMESALE_JWT_SECRET_FILE, or use --dev");
        return Exit::Configuration;
    };
    let roles: Vec<&str> = whom.roles.iter().map(String::as_str).collect();
    let (issuer, ttl) = (TokenIssuer::new(secret.expose()), Duration::from_secs(whom.ttl));
    let custom = match &whom.seller {
        Some(seller) => json!({ "seller": seller }),
        None if whom.segments.is_empty() => json!({}),
        None => json!({ "segments": whom.segments }),
    };
    let token = issuer.token_with(&whom.subject, &roles, custom, ttl);
    match token {
        Ok(token) => say(&token),
        Err(error) => {
            complain(&error.to_string());
            Exit::Internal
        }
    }
}

fn run_topics(verb: &cli::Topics, config: &Config) -> Exit {
    match verb {
        cli::Topics::Validate(which) => match manifest(which.file.as_deref()) {
            Ok(manifest) => say(&format!("{} topics, every rule holds", manifest.topics.len())),
            Err(exit) => exit,
        },
        cli::Topics::Plan(how) => match manifest(how.manifest.file.as_deref()) {
            Ok(manifest) => match topics::plan(&config.kafka, &manifest) {
                Ok(plan) if plan.is_empty() => show(&plan, how),
                Ok(plan) => match show(&plan, how) {
                    Exit::Fine => Exit::WouldChange,
                    other => other,
                },
                Err(error) => topics_failed(&error),
            },
            Err(exit) => exit,
        },
        cli::Topics::Apply(how) => apply(how, config),
        cli::Topics::List(how) => crate::topics::list(how, config),
        cli::Topics::Describe(which) => crate::topics::describe(which, config),
        cli::Topics::Schema { topic } => crate::topics::schema(topic),
    }
}

fn apply(how: &cli::Apply, config: &Config) -> Exit {
    let manifest = match manifest(how.plan.manifest.file.as_deref()) {
        Ok(manifest) => manifest,
        Err(exit) => return exit,
    };
    let deadline = Instant::now() + Duration::from_secs(how.wait);
    let retried = |attempt: &dyn Fn() -> Result<Plan, TopicsError>| loop {
        match attempt() {
            Err(error) if error.is_unavailable() && Instant::now() < deadline => {
                tracing::info!(%error, "waiting for the broker");
                std::thread::sleep(Duration::from_millis(500));
            }
            result => return result,
        }
    };
    if !how.yes {
        return match retried(&|| topics::plan(&config.kafka, &manifest)) {
            Ok(plan) if plan.is_empty() => show(&plan, &how.plan),
            Ok(plan) => {
                let shown = show(&plan, &how.plan);
                complain("nothing was changed: say --yes to do it");
                if shown == Exit::Fine { Exit::WouldChange } else { shown }
            }
            Err(error) => topics_failed(&error),
        };
    }
    match retried(&|| topics::apply(&config.kafka, &manifest)) {
        Ok(done) => show(&done, &how.plan),
        Err(error) => topics_failed(&error),
    }
}

fn manifest(file: Option<&Path>) -> Result<Manifest, Exit> {
    let manifest = match file {
        None => Manifest::embedded().map_err(|error| error.to_string()),
        Some(file) => std::fs::read_to_string(file)
            .map_err(|error| format!("{}: {error}", file.display()))
            .and_then(|text| Manifest::parse(&text).map_err(|error| error.to_string())),
    };
    manifest.map_err(|error| {
        complain(&error);
        Exit::Failed
    })
}

fn show(plan: &Plan, how: &cli::Plan) -> Exit {
    if !how.json {
        return say(&plan.to_string());
    }
    match serde_json::to_string(plan) {
        Ok(json) => say(&json),
        Err(error) => {
            complain(&error.to_string());
            Exit::Internal
        }
    }
}

fn topics_failed(error: &TopicsError) -> Exit {
    complain(&error.to_string());
    if error.is_unavailable() { Exit::Unavailable } else { Exit::Failed }
}

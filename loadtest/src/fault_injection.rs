//! Does what the fault plan says, at its time, and counts what really happened.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use audit::redis_client;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tokio::process::Command;
use tokio::sync::Mutex;
use tokio::time::{sleep, sleep_until};

use super::faults::{Fault, FaultCounts};
use super::roles::{Killed, Role, Roles};

/// How long a killed broker stays dead.
const BROKER_DEAD_FOR: Duration = Duration::from_secs(1);

/// Where inject can be done.
pub(super) struct Targets {
    /// Our own roles, unless the sale uses somebody else's.
    pub roles: Option<Arc<Mutex<Roles>>>,
    /// The folder with the service scripts `kafka`, `postgres`, `redis`.
    pub services: Option<PathBuf>,
    /// The database's URL.
    pub postgres: String,
    /// Redis' URL.
    pub redis: String,
}

/// Does everything on the plan, one after the other, each not before its time.
///
/// # Errors
/// When something that was asked for cannot be done: a run that harmed less than it says proves less than it says.
pub(super) async fn do_harm(
    plan: Vec<(Duration, Fault)>,
    began: Instant,
    targets: &Targets,
) -> anyhow::Result<FaultCounts> {
    let mut counts = FaultCounts::default();
    for (at, fault) in plan {
        sleep_until((began + at).into()).await;
        tracing::info!(?fault, at_ms = began.elapsed().as_millis(), "fault");
        match fault {
            Fault::KillRole { role: Role::Provider, dead_for } => {
                counts.provider_kills += kill(targets, Role::Provider, dead_for).await?;
            }
            Fault::KillRole { role, dead_for } => counts.kills += kill(targets, role, dead_for).await?,
            Fault::ProviderLeaves => {
                let killed = roles_of(targets)?.lock().await.kill(Role::Provider).await?;
                counts.provider_kills += u64::from(killed == Killed::Alive);
            }
            Fault::ProviderReturns => roles_of(targets)?.lock().await.spawn(Role::Provider)?,
            Fault::KillKafka => {
                service(targets, "kafka", "kill").await?;
                sleep(BROKER_DEAD_FOR).await;
                service(targets, "kafka", "start").await?;
                counts.kafka_kills += 1;
            }
            Fault::FlushRedis => {
                flush_redis(&targets.redis).await?;
                counts.redis_flushes += 1;
            }
            Fault::DropDatabase => {
                drop_database(&targets.postgres).await?;
                counts.database_drops += 1;
                kill(targets, Role::Sinks, Duration::ZERO).await?;
            }
        }
    }
    Ok(counts)
}

/// Kills a role and starts it again; 1 if it was alive until then.
async fn kill(targets: &Targets, role: Role, dead_for: Duration) -> anyhow::Result<u64> {
    // Held until the role is back: nobody else takes a planned death for an unplanned one.
    let mut roles = roles_of(targets)?.lock().await;
    let killed = roles.kill(role).await?;
    sleep(dead_for).await;
    roles.spawn(role)?;
    Ok(u64::from(killed == Killed::Alive))
}

fn roles_of(targets: &Targets) -> anyhow::Result<&Mutex<Roles>> {
    let Some(roles) = &targets.roles else { bail!("the roles are not ours to kill") };
    Ok(roles)
}

async fn service(targets: &Targets, name: &str, verb: &str) -> anyhow::Result<()> {
    let Some(services) = &targets.services else {
        bail!("the services are not ours: TIMESALE_SERVICES must name the folder with their scripts");
    };
    let script = services.join(name);
    let output = Command::new(&script)
        .arg(verb)
        .stdin(std::process::Stdio::null())
        .output()
        .await
        .with_context(|| script.display().to_string())?;
    if !output.status.success() {
        bail!("{} {verb}: {}\n{}", script.display(), output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

async fn flush_redis(url: &str) -> anyhow::Result<()> {
    let mut connection = redis_client::connect(url).await?;
    redis::cmd("FLUSHALL").query_async::<()>(&mut connection).await.context("FLUSHALL")
}

/// Drops the database under everybody's feet. The sinks make it anew.
async fn drop_database(url: &str) -> anyhow::Result<()> {
    let options = PgConnectOptions::from_str(url)?;
    let Some(name) = options.get_database().map(|name| name.replace('"', "\"\"")) else {
        bail!("the database's URL names no database");
    };
    let mut connection = options.database("postgres").connect().await?;
    // The name comes from our own configuration and is quoted.
    let statement = format!("DROP DATABASE \"{name}\" WITH (FORCE)");
    sqlx::raw_sql(AssertSqlSafe(statement.clone())).execute(&mut connection).await.context(statement)?;
    Ok(connection.close().await?)
}

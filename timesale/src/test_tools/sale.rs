//! The verb `sale`: its options made into a plan, its own executable made into the roles it runs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use events::manifest::Manifest;
use loadtest::competitor::Polling;
use loadtest::faults::FaultKind;
use loadtest::roles::Launch;
use loadtest::schedule::{Arrivals, Demand, Pace};
use loadtest::{Deps, Plan};
use tokio::signal::unix::{SignalKind, signal};

use super::cli;
use crate::config::Config;
use crate::exit::Exit;
use crate::{complain, say};

/// How long the proof waits for processors and sinks: a broker that was killed takes 15 s to come back.
const SETTLE: Duration = Duration::from_secs(90);

/// How often the roles that the sale starts ask price servers, milliseconds.
const PRICES_EVERY_MS: u64 = 500;

/// Holds a sale and says what it came to: for people on stderr, one JSON object as the last line on stdout.
pub(crate) async fn sale(how: cli::Sale, config: Config) -> Exit {
    let (plan, deps) = match prepare(how, config) {
        Ok(prepared) => prepared,
        Err(error) => {
            complain(&format!("{error:#}"));
            return Exit::Configuration;
        }
    };
    let held = tokio::select! {
        held = loadtest::hold(plan, deps) => held,
        // The roles hold the other end of our pipes: they drain by themselves.
        () = stop_requested() => {
            complain("stopping: the sale is given up, the roles drain by themselves");
            return Exit::Interrupted;
        }
    };
    match held {
        Ok(report) => {
            complain(&format!("the sale is over\n{report}"));
            let holds = report.holds();
            match serde_json::to_string(&report) {
                Ok(json) => match say(&json) {
                    Exit::Fine if holds => Exit::Fine,
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
            complain(&format!("the sale could not be held: {error:#}"));
            Exit::Unavailable
        }
    }
}

fn prepare(how: cli::Sale, config: Config) -> anyhow::Result<(Plan, Deps)> {
    let run = std::env::var_os("TIMESALE_RUN").map_or_else(|| PathBuf::from(".run"), PathBuf::from);
    let folder = run.join("sale");
    std::fs::create_dir_all(&folder)?;
    let pace = match how.rate.as_str() {
        "max" => Pace::Max,
        rate => match rate.parse::<f64>() {
            Ok(rate) if (0.1..=1_000_000.0).contains(&rate) => Pace::PerSecond(rate),
            _ => anyhow::bail!("--rate {rate}: a number of claims a second, 0.1 to 1000000, or max"),
        },
    };
    let arrivals = match how.arrivals {
        cli::Arrivals::Poisson => Arrivals::Poisson,
        cli::Arrivals::Constant => Arrivals::Constant,
    };
    anyhow::ensure!((0.0..=10.0).contains(&how.duplicates), "--duplicates {}: a share, 0 to 10", how.duplicates);
    let least = how.least_answered;
    anyhow::ensure!((0.0..=1.0).contains(&least), "--least-answered {least}: a share, 0 to 1");
    let seed = how.seed.unwrap_or_else(random_seed);
    let wanted = [
        (how.kill, FaultKind::KillRoles),
        (how.kill_provider, FaultKind::KillProvider),
        (how.kill_kafka, FaultKind::KillKafka),
        (how.flush_redis, FaultKind::FlushRedis),
        (how.drop_database, FaultKind::DropDatabase),
    ];
    let mut faults: BTreeSet<FaultKind> =
        wanted.into_iter().filter(|(wanted, _)| *wanted).map(|(_, kind)| kind).collect();
    faults.extend(how.provider_down.map(FaultKind::ProviderAway));
    anyhow::ensure!(
        (0.1..=100_000.0).contains(&how.order_rate),
        "--order-rate {}: orders a second, 0.1 to 100000",
        how.order_rate
    );
    let roles_config = for_the_roles(config.file.as_deref(), &folder, how.pay_window)?;
    // Roles that run already poll prices as they are configured; ours more often.
    let interval = if how.base_url.is_some() { config.offers.interval_ms } else { PRICES_EVERY_MS };
    let polling = Polling { interval: Duration::from_millis(interval), fresh_ms: config.offers.fresh_ms };
    let Some(secret) = config.jwt_secrets.first() else {
        anyhow::bail!("no token secret: set TIMESALE_JWT_SECRET or TIMESALE_JWT_SECRET_FILE, or use --dev");
    };
    let plan = Plan {
        demand: Demand { shoppers: how.shoppers, duplicates: how.duplicates, pace, arrivals, seed },
        stock: how.stock,
        faults,
        orders: how.orders,
        orders_per_second: how.order_rate,
        scenario: how.course,
        connections: usize::from(how.connections),
        // Whoever waits for a provider that is away waits for its return.
        give_up_after: Duration::from_secs(how.give_up_after) + how.provider_down.unwrap_or_default(),
        least_answered: least,
        settle: (!how.no_verify).then_some(SETTLE),
        base_url: how.base_url,
        provider: how.provider,
        market: how.market,
        polling,
        client_log: how.client_log.unwrap_or_else(|| folder.join("client-log.ndjson")),
    };
    let deps = Deps {
        postgres: config.postgres.expose().to_owned(),
        redis: config.redis.expose().to_owned(),
        jwt_secret: secret.expose().to_owned(),
        provider_key: config.provider_key().to_owned(),
        launch: Launch {
            executable: std::env::current_exe()?,
            arguments: vec![format!("--config={}", roles_config.display())],
            // The roles accept the tokens of the clients, and the stub the key of the connector, wherever they came from.
            environment: vec![
                ("TIMESALE_JWT_SECRET".into(), secret.expose().to_owned()),
                ("TOSS_SECRET_KEY".into(), config.provider_key().to_owned()),
            ],
            folder,
            provider: run.join("provider"),
        },
        services: services(),
        watched: crate::lag::watched(&config, &Manifest::embedded()?),
        cluster: config.kafka,
    };
    Ok((plan, deps))
}

/// The configuration of the roles that the sale starts: ours, with this time to pay, and price servers asked often.
fn for_the_roles(ours: Option<&Path>, folder: &Path, window: Duration) -> anyhow::Result<PathBuf> {
    let text = ours.map(std::fs::read_to_string).transpose()?.unwrap_or_default();
    let mut table: toml::Table = text.parse()?;
    let empty = || toml::Value::Table(toml::Table::new());
    let ingress = table.entry("ingress").or_insert_with(empty).as_table_mut();
    let orders = ingress.and_then(|ingress| ingress.entry("orders").or_insert_with(empty).as_table_mut());
    let Some(orders) = orders else { anyhow::bail!("[ingress.orders] is not a section") };
    orders.insert("pay_ms".into(), toml::Value::Integer(i64::try_from(window.as_millis())?));
    let connectors = table.entry("connectors").or_insert_with(empty).as_table_mut();
    let offers = connectors.and_then(|connectors| connectors.entry("offers").or_insert_with(empty).as_table_mut());
    let Some(offers) = offers else { anyhow::bail!("[connectors.offers] is not a section") };
    offers.insert("interval_ms".into(), toml::Value::Integer(i64::try_from(PRICES_EVERY_MS)?));
    let file = folder.join("timesale.toml");
    std::fs::write(&file, table.to_string())?;
    Ok(file)
}

/// The folder with the scripts that start and kill our own services, if they are ours.
fn services() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("TIMESALE_SERVICES") {
        return Some(folder.into());
    }
    let folder = PathBuf::from("scripts/services");
    (std::env::var_os("TIMESALE_RUN").is_some() && folder.is_dir()).then_some(folder)
}

fn random_seed() -> u64 {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    // Short enough to be typed again.
    u64::from(now.subsec_nanos()) ^ (now.as_secs() & 0xffff)
}

async fn stop_requested() {
    let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    if let (Ok(mut terminate), Ok(mut interrupt)) = signals {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    } else {
        std::future::pending::<()>().await;
    }
}

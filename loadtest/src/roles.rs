//! The roles, and the stubs of the payment provider and of a price server, as child processes of the sale: started on free ports
//! with their logs in the run folder, killed and started again when the plan says so, watched for deaths nobody planned. Their standard input is ours to hold: when the sale is gone, they
//! stop by themselves.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use super::usage::Usage;
use super::wire::Connection;

/// A process that the sale runs: a role, or a stub, which is watched as they are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Role {
    /// HTTP in.
    Ingress,
    /// The deciders.
    Processors,
    /// Postgres and Redis.
    Sinks,
    /// What talks to the payment provider and to price servers.
    Connectors,
    /// The payment provider itself, as our stub plays it.
    Provider,
    /// An external price server, as our stub plays it.
    Market,
}

impl Role {
    /// What claims need.
    pub const OF_CLAIMS: [Self; 3] = [Self::Ingress, Self::Processors, Self::Sinks];
    /// What orders need.
    pub const OF_ORDERS: [Self; 5] = [Self::Ingress, Self::Processors, Self::Sinks, Self::Connectors, Self::Provider];
    /// What a sale with orders needs.
    pub const ALL: [Self; 6] =
        [Self::Ingress, Self::Processors, Self::Sinks, Self::Connectors, Self::Provider, Self::Market];

    /// As the command line names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Processors => "processors",
            Self::Sinks => "sinks",
            Self::Connectors => "connectors",
            Self::Provider => "provider",
            Self::Market => "market",
        }
    }
}

/// How roles are started.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The binary.
    pub executable: PathBuf,
    /// Arguments for every role, after `serve <role>`.
    pub arguments: Vec<String>,
    /// Variables for every role, on top of our own.
    pub environment: Vec<(String, String)>,
    /// Where logs go.
    pub folder: PathBuf,
    /// Where the payment provider's stub keeps what it has charged. It belongs to the log as much as the databases do: whoever
    /// starts with an empty log starts with an empty provider.
    pub provider: PathBuf,
}

struct Running {
    child: Child,
    admin: SocketAddr,
}

/// The running roles.
pub struct Roles {
    launch: Launch,
    /// Where ingress listens, in every incarnation.
    ingress: SocketAddr,
    /// Where the provider's stub listens, in every incarnation.
    provider: SocketAddr,
    /// Where the price server's stub listens, in every incarnation.
    market: SocketAddr,
    admin: BTreeMap<Role, SocketAddr>,
    running: BTreeMap<Role, Running>,
    /// What earlier incarnations have cost.
    buried: BTreeMap<Role, Usage>,
    /// Deaths nobody planned, in words.
    unplanned: Vec<String>,
}

/// The provider's re-sends of a webhook come after minutes, hours and days; in a sale a minute of those takes a second.
const WEBHOOK_MINUTE_MS: &str = "1000";

/// How long a role may take from its start until it is ready.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// A little more than a role's own drain deadline.
const STOP_WITHIN: Duration = Duration::from_secs(12);

impl Roles {
    /// Starts these roles and waits until all are ready.
    ///
    /// # Errors
    /// When one cannot be started, dies, or is not ready in time; the end of its log is part of the error.
    pub async fn start(launch: Launch, which: &[Role]) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&launch.folder).with_context(|| launch.folder.display().to_string())?;
        let (ingress, provider, market) = (free_address()?, free_address()?, free_address()?);
        let mut admin = BTreeMap::new();
        for role in which {
            let address = match role {
                Role::Provider => provider,
                Role::Market => market,
                _ => free_address()?,
            };
            admin.insert(*role, address);
        }
        let mut roles = Self {
            launch,
            ingress,
            provider,
            market,
            admin,
            running: BTreeMap::new(),
            buried: BTreeMap::new(),
            unplanned: Vec::new(),
        };
        for role in which {
            roles.spawn(*role)?;
        }
        roles.until_ready().await?;
        Ok(roles)
    }

    /// Where ingress listens.
    #[must_use]
    pub fn ingress(&self) -> SocketAddr {
        self.ingress
    }

    /// Where the provider's stub listens, if it runs.
    #[must_use]
    pub fn provider(&self) -> SocketAddr {
        self.provider
    }

    /// Where the price server's stub listens, if it runs.
    #[must_use]
    pub fn market(&self) -> SocketAddr {
        self.market
    }

    /// Deaths nobody planned.
    #[must_use]
    pub fn unplanned(&self) -> &[String] {
        &self.unplanned
    }

    /// Starts a role that does not run.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn spawn(&mut self, role: Role) -> anyhow::Result<()> {
        let Some(admin) = self.admin.get(&role).copied() else { bail!("{role:?} has no address") };
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log(role))?;
        let provider = format!("http://{}", self.provider);
        let mut command = Command::new(&self.launch.executable);
        match role {
            Role::Provider => command
                .args(["toss-stub", "--stop-with-stdin", "--listen", &self.provider.to_string()])
                .args(["--webhook", &format!("http://{}/v1/webhooks/toss", self.ingress)])
                .args(["--webhook-minute", WEBHOOK_MINUTE_MS, "--data"])
                .arg(&self.launch.provider),
            Role::Market => command.args(["offers-stub", "--stop-with-stdin", "--listen", &self.market.to_string()]),
            _ => command.args(["serve", role.name(), "--stop-with-stdin"]),
        };
        let child = command
            .args(&self.launch.arguments)
            .envs(self.launch.environment.iter().map(|(name, value)| (name, value)))
            .env("TOSS_BASE_URL", provider)
            .env("OFFERS_STUB_URL", format!("http://{}", self.market))
            .env("TIMESALE_ADMIN_LISTEN", admin.to_string())
            .env("TIMESALE_LISTEN", self.ingress.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::from(log.try_clone()?))
            .stderr(Stdio::from(log))
            .kill_on_drop(true)
            .spawn()
            .with_context(|| self.launch.executable.display().to_string())?;
        self.running.insert(role, Running { child, admin });
        Ok(())
    }

    /// `kill -9`. Returns whether the role was alive until then.
    ///
    /// # Errors
    /// When the system refuses.
    pub async fn kill(&mut self, role: Role) -> anyhow::Result<Killed> {
        let Some(mut running) = self.running.remove(&role) else { return Ok(Killed::WasDead) };
        if let Some(status) = running.child.try_wait()? {
            self.note_death(role, status);
            return Ok(Killed::WasDead);
        }
        self.bury(role, &running);
        running.child.kill().await?;
        Ok(Killed::Alive)
    }

    /// Looks for deaths nobody planned, and starts the dead again: the sale goes on, and its proof says so.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn polling(&mut self) -> anyhow::Result<()> {
        let mut dead = Vec::new();
        for (role, running) in &mut self.running {
            if let Some(status) = running.child.try_wait()? {
                dead.push((*role, status));
            }
        }
        for (role, status) in dead {
            self.running.remove(&role);
            self.note_death(role, status);
            self.spawn(role)?;
        }
        Ok(())
    }

    /// Waits until every running role is ready.
    ///
    /// # Errors
    /// When one dies or is not ready in time.
    pub async fn until_ready(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + READY_WITHIN;
        let which: Vec<Role> = self.running.keys().copied().collect();
        for role in which {
            while let Some(running) = self.running.get_mut(&role) {
                if let Some(status) = running.child.try_wait()? {
                    bail!("{} ended with {status}:\n{}", role.name(), self.log_tail(role));
                }
                let said = probe(running.admin).await;
                if said.as_ref().is_some_and(|(status, _)| *status == 200) {
                    break;
                }
                if Instant::now() > deadline {
                    let said = said.map_or_else(|| "no answer".to_owned(), |(_, body)| body);
                    bail!("{} is not ready after {READY_WITHIN:?}: {said}\n{}", role.name(), self.log_tail(role));
                }
                sleep(Duration::from_millis(50)).await;
            }
        }
        Ok(())
    }

    /// What each role has cost, all incarnations together.
    #[must_use]
    pub fn usage(&self) -> BTreeMap<Role, Usage> {
        let mut usage = self.buried.clone();
        for (role, running) in &self.running {
            *usage.entry(*role).or_default() += running.child.id().map(Usage::of).unwrap_or_default();
        }
        usage
    }

    /// Asks every role to stop and waits; returns those that did not drain in good order, in words.
    pub async fn stop(&mut self) -> Vec<String> {
        let mut complaints = Vec::new();
        // All are asked before any is waited for.
        for running in self.running.values_mut() {
            drop(running.child.stdin.take());
        }
        for (role, mut running) in std::mem::take(&mut self.running) {
            match timeout(STOP_WITHIN, running.child.wait()).await {
                Ok(Ok(status)) if status.success() => {}
                Ok(Ok(status)) => complaints.push(format!("{} stopped with {status}", role.name())),
                Ok(Err(error)) => complaints.push(format!("{}: {error}", role.name())),
                Err(_) => {
                    complaints.push(format!("{} did not stop within {STOP_WITHIN:?}", role.name()));
                    // Dropping the child kills it.
                    drop(running);
                }
            }
        }
        complaints
    }

    fn bury(&mut self, role: Role, running: &Running) {
        *self.buried.entry(role).or_default() += running.child.id().map(Usage::of).unwrap_or_default();
    }

    fn note_death(&mut self, role: Role, status: ExitStatus) {
        self.unplanned.push(format!("{} ended with {status}: {}", role.name(), self.log_tail(role)));
    }

    fn log(&self, role: Role) -> PathBuf {
        self.launch.folder.join(format!("{}.log", role.name()))
    }

    fn log_tail(&self, role: Role) -> String {
        let text = std::fs::read_to_string(self.log(role)).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines.get(lines.len().saturating_sub(12)..).unwrap_or_default().join("\n")
    }
}

/// What a kill found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Killed {
    /// A living process.
    Alive,
    /// Nothing: it had died before.
    WasDead,
}

/// A port that was free a moment ago.
fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind(("127.0.0.1", 0))?.local_addr()
}

/// What `/readyz` says, if anybody does.
async fn probe(admin: SocketAddr) -> Option<(u16, String)> {
    let request = b"GET /readyz HTTP/1.1\r\nhost: admin\r\n\r\n";
    let mut connection = Connection::to(admin);
    let answer = timeout(Duration::from_secs(2), connection.exchange(request)).await.ok()?.ok()?;
    Some((answer.status, String::from_utf8_lossy(&answer.body).into_owned()))
}

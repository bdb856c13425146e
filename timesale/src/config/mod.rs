//! The configuration: defaults, then the file, then the environment; checked as a whole before anything starts. Every bad
//! value is named, not just the first. Reading it opens no port and connects to nothing.

mod environment;
mod secret;
mod sections;
#[cfg(test)]
mod config_tests;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use connectors::offers::AccessToken;
use events::ids::OfferSource;
use serde::Serialize;
use serde::de::DeserializeOwned;
use streams::kafka::ClusterConfig;
use toml::{Table, Value};
use web::secret_key::SecretKey;

#[cfg(test)]
pub(crate) use environment::Given;
pub(crate) use environment::{Environment, ProcessEnvironment};
pub(crate) use secret::Secret;
use secret::redact_url;
use sections::{
    AdminSection, AuthSection, ConnectorsSection, KafkaSection, PostgresSection, ProcessorsSection, RedisSection,
};

/// The file that is read when none is named.
const DEFAULT_FILE: &str = "timesale.toml";

/// Shortest token secret, bytes.
const SHORTEST_SECRET: usize = ingress::Secret::FEWEST_BYTES;

/// What stands in for the token secret in development. Everybody knows it.
const DEVELOPMENT_SECRET: &str = "timesale development secret, known to everybody";

/// Every bad value, one a line.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub(crate) struct ConfigError(pub(crate) Vec<String>);

/// Whether well-known secrets may stand in for missing ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// They may, as long as every address is a loopback address.
    Development,
    /// They may not.
    Production,
}

/// A checked configuration.
#[derive(Debug)]
pub(crate) struct Config {
    /// The file it was read from.
    #[cfg_attr(
        not(feature = "loadtest"),
        expect(dead_code, reason = "the load test hands it to the roles that it starts")
    )]
    pub(crate) file: Option<PathBuf>,
    /// The cluster.
    pub(crate) kafka: ClusterConfig,
    /// Where rows are projected to.
    pub(crate) postgres: Secret,
    /// Where views are projected to.
    pub(crate) redis: Secret,
    /// Where probes and metrics are served.
    pub(crate) admin: SocketAddr,
    /// Token secrets: the first mints, all are accepted.
    pub(crate) jwt_secrets: Vec<Secret>,
    /// The processors' role.
    pub(crate) processors: ProcessorsSection,
    /// The ingress' role.
    pub(crate) ingress: ingress::Config,
    /// The sinks' role.
    pub(crate) sinks: sinks::Config,
    /// The console's role.
    pub(crate) console: console::serve::Config,
    /// The payment provider.
    pub(crate) toss: connectors::toss::Config,
    /// Its key; nothing where payments wait.
    pub(crate) toss_key: Option<Secret>,
    /// External price servers.
    pub(crate) offers: connectors::offers::Config,
    /// What those know us by that want it.
    pub(crate) offer_tokens: BTreeMap<OfferSource, Secret>,
    effective: Table,
}

/// Reads the configuration: `file` if it is named, else `timesale.toml` if it is there.
///
/// # Errors
/// [`ConfigError`] with every bad value.
pub(crate) fn load(file: Option<&Path>, environment: &dyn Environment, mode: Mode) -> Result<Config, ConfigError> {
    let default = Path::new(DEFAULT_FILE);
    let file = file.or_else(|| default.exists().then_some(default));
    let text = file.map(read).transpose()?.unwrap_or_default();
    let config = parse(&text, environment, mode)?;
    Ok(Config { file: file.map(Path::to_path_buf), ..config })
}

fn read(file: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(file).map_err(|error| ConfigError(vec![format!("{}: {error}", file.display())]))
}

/// Reads a configuration's text with the environment over it.
///
/// # Errors
/// [`ConfigError`] with every bad value.
pub(crate) fn parse(text: &str, environment: &dyn Environment, mode: Mode) -> Result<Config, ConfigError> {
    let mut table: Table = text.parse().map_err(|error| ConfigError(vec![format!("not TOML: {error}")]))?;
    environment::overlay(&mut table, environment);
    let mut reader = Reader { table, effective: Table::new(), problems: Vec::new() };

    let kafka: KafkaSection = reader.section("kafka");
    reader.rule(!kafka.bootstrap.trim().is_empty(), "[kafka] bootstrap: must name at least one host:port");
    for part in kafka.bootstrap.split(',') {
        let is_address = part
            .trim()
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0));
        reader.rule(is_address, &format!("[kafka] bootstrap: {part:?} is not host:port"));
    }
    let kafka = ClusterConfig { bootstrap: kafka.bootstrap, client: kafka.client };
    if let Err(error) = kafka.check() {
        reader.problems.push(format!("[kafka] {error}"));
    }
    let postgres: PostgresSection = reader.section("postgres");
    let has_scheme = |url: &str, schemes: &[&str]| schemes.iter().any(|scheme| url.starts_with(scheme));
    reader.rule(
        has_scheme(&postgres.url, &["postgres://", "postgresql://"]),
        "[postgres] url: must begin with postgres:// or postgresql://",
    );
    let redis: RedisSection = reader.section("redis");
    reader.rule(
        has_scheme(&redis.url, &["redis://", "rediss://", "unix://", "redis+unix://"]),
        "[redis] url: must begin with redis://, rediss:// or unix://",
    );
    let admin: AdminSection = reader.section("admin");
    let admin = reader.address("[admin] listen", &admin.listen);
    let processors: ProcessorsSection = reader.section("processors");
    check_processors(&processors, &mut reader);
    let ingress: ingress::Config = reader.section("ingress");
    if let Err(error) = ingress.check() {
        reader.problems.push(format!("[ingress] {error}"));
    }
    let auth: AuthSection = reader.section("auth");
    let jwt_secrets = token_secrets(&auth, environment, mode, &mut reader);
    let sinks: sinks::Config = reader.section("sinks");
    if let Err(error) = sinks.check() {
        reader.problems.push(error.to_string());
    }
    let console: console::serve::Config = reader.section("console");
    if let Err(error) = console.check() {
        reader.problems.push(error.to_string());
    }
    let ConnectorsSection { toss, offers } = reader.section("connectors");
    if let Err(error) = toss.check() {
        reader.problems.push(error.to_string());
    }
    if let Err(error) = offers.check() {
        reader.problems.push(error.to_string());
    }
    let offer_tokens = offer_tokens(&offers, &mut reader);
    let toss_key = provider_key(&toss, environment, &mut reader);
    for unknown in std::mem::take(&mut reader.table).keys() {
        reader.problems.push(format!("[{unknown}]: no such section"));
    }
    if mode == Mode::Development {
        for (name, address) in
            [("[admin] listen", admin), ("[ingress] listen", ingress.listen), ("[console] listen", console.listen)]
        {
            reader.rule(
                address.ip().is_loopback(),
                &format!("{name}: development mode listens on loopback addresses only, not on {address}"),
            );
        }
    }

    let Reader { effective, problems, .. } = reader;
    if !problems.is_empty() {
        return Err(ConfigError(problems));
    }
    Ok(Config {
        file: None,
        kafka,
        postgres: Secret::new(postgres.url),
        redis: Secret::new(redis.url),
        admin,
        jwt_secrets,
        processors,
        ingress,
        sinks,
        console,
        toss,
        toss_key,
        offers,
        offer_tokens,
        effective,
    })
}

impl Config {
    /// The payment provider's key; without one, the key of stand-ins that everybody knows.
    pub(crate) fn provider_key(&self) -> &str {
        self.toss_key.as_ref().map_or(SecretKey::OF_A_STUB, |key| key.expose())
    }

    /// The configuration as it takes effect, defaults included, secrets as fingerprints.
    pub(crate) fn describe(&self) -> String {
        let mut shown = self.effective.clone();
        for section in ["postgres", "redis"] {
            if let Some(Value::String(url)) = shown.get_mut(section).and_then(|section| section.get_mut("url")) {
                *url = redact_url(url);
            }
        }
        if let Some(Value::Table(client)) = shown.get_mut("kafka").and_then(|kafka| kafka.get_mut("client")) {
            for (name, value) in client.iter_mut() {
                if let (true, Value::String(text)) = (is_secret_name(name), value) {
                    *text = Secret::new(text.as_str()).to_string();
                }
            }
        }
        let mut text = shown.to_string();
        let fingerprints: Vec<String> = self.jwt_secrets.iter().map(ToString::to_string).collect();
        text.push_str(&format!("\n# token secrets in force: [{}]\n", fingerprints.join(", ")));
        let key = self.toss_key.as_ref().map_or_else(|| "none: payments wait".to_owned(), ToString::to_string);
        text.push_str(&format!("# payment provider's key in force: {key}\n"));
        text
    }
}

/// Settings of the Kafka client that must not be shown.
fn is_secret_name(name: &str) -> bool {
    ["password", "secret", "key.pem", "jaas", "token"].iter().any(|word| name.contains(word))
}

/// Takes a table apart section by section and remembers everything that is wrong with it.
struct Reader {
    table: Table,
    effective: Table,
    problems: Vec<String>,
}

impl Reader {
    /// Takes a section; what cannot be read becomes its default and a problem.
    fn section<T: DeserializeOwned + Serialize + Default>(&mut self, name: &str) -> T {
        let section = match self.table.remove(name).map(Value::try_into::<T>) {
            None => T::default(),
            Some(Ok(section)) => section,
            Some(Err(error)) => {
                self.problems.push(format!("[{name}] {}", error.to_string().trim()));
                T::default()
            }
        };
        match Value::try_from(&section) {
            Ok(value) => drop(self.effective.insert(name.to_owned(), value)),
            Err(error) => self.problems.push(format!("[{name}] cannot be shown: {error}")),
        }
        section
    }

    fn rule(&mut self, holds: bool, otherwise: &str) {
        if !holds {
            self.problems.push(otherwise.to_owned());
        }
    }

    fn address(&mut self, name: &str, text: &str) -> SocketAddr {
        text.parse().unwrap_or_else(|_| {
            self.problems.push(format!("{name}: {text:?} is not address:port"));
            SocketAddr::from(([127, 0, 0, 1], 0))
        })
    }
}

fn check_processors(section: &ProcessorsSection, reader: &mut Reader) {
    let is_name = |text: &str| {
        !text.is_empty()
            && text.len() <= 64
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    for (key, value) in [("prefix", &section.prefix), ("instance", &section.instance)] {
        reader.rule(
            is_name(value),
            &format!("[processors] {key}: {value:?} must have 1 to 64 letters, digits, '.', '-' or '_'"),
        );
    }
    let known = crate::applications::names();
    reader.rule(!section.applications.is_empty(), "[processors] applications: must name at least one");
    for (place, name) in section.applications.iter().enumerate() {
        let first = section.applications.iter().position(|other| other == name) == Some(place);
        reader.rule(
            first && known.contains(&name.as_str()),
            &format!("[processors] applications: {name:?} must be one of {}, named once", known.join(", ")),
        );
    }
    reader.rule(section.threads <= 64, "[processors] threads: must be 0 (the CPUs shared out) to 64");
    reader.rule(
        (1..=10_000).contains(&section.commit_interval_ms),
        "[processors] commit_interval_ms: must be 1 to 10000",
    );
}

/// The token secrets of the environment first, then those of files.
fn token_secrets(auth: &AuthSection, environment: &dyn Environment, mode: Mode, reader: &mut Reader) -> Vec<Secret> {
    let mut found = Vec::new();
    if let Some(text) = environment.get("TIMESALE_JWT_SECRET").filter(|text| !text.is_empty()) {
        found.push(("TIMESALE_JWT_SECRET".to_owned(), text));
    }
    let named_file = environment.get("TIMESALE_JWT_SECRET_FILE").filter(|file| !file.is_empty());
    let files = named_file.map(|file| ("TIMESALE_JWT_SECRET_FILE", file.into())).into_iter();
    for (origin, file) in
        files.chain(auth.jwt_secret_files.iter().map(|file| ("[auth] jwt_secret_files", file.clone())))
    {
        match std::fs::read_to_string(&file) {
            Ok(text) => found.push((format!("{origin}: {}", file.display()), text.trim_end().to_owned())),
            Err(error) => reader.problems.push(format!("{origin}: {}: {error}", file.display())),
        }
    }
    for (origin, text) in &found {
        reader.rule(
            text.len() >= SHORTEST_SECRET,
            &format!("{origin}: a token secret has at least {SHORTEST_SECRET} bytes, this one has {}", text.len()),
        );
    }
    reader.rule(found.len() <= 2, "token secrets: at most two are in force, one and its successor");
    if found.is_empty() && mode == Mode::Development {
        found.push((String::new(), DEVELOPMENT_SECRET.to_owned()));
    }
    found.into_iter().map(|(_, text)| Secret::new(text)).collect()
}

/// The price servers' tokens, from their files.
fn offer_tokens(offers: &connectors::offers::Config, reader: &mut Reader) -> BTreeMap<OfferSource, Secret> {
    let mut tokens = BTreeMap::new();
    for (name, source) in &offers.sources {
        let Some(file) = &source.token_file else { continue };
        let origin = format!("[connectors.offers] sources.{name}.token_file: {}", file.display());
        match std::fs::read_to_string(file) {
            Ok(text) => {
                if let Err(error) = AccessToken::new(text.trim_end()) {
                    reader.problems.push(format!("{origin}: {error}"));
                }
                tokens.insert(name.clone(), Secret::new(text.trim_end()));
            }
            Err(error) => reader.problems.push(format!("{origin}: {error}")),
        }
    }
    tokens
}

/// The payment provider's key: of the environment, else of a file. A provider on this machine is a stub, for which the key that
/// everybody knows will do: no money moves there.
fn provider_key(toss: &connectors::toss::Config, environment: &dyn Environment, reader: &mut Reader) -> Option<Secret> {
    let variable = |name: &str| environment.get(name).filter(|text| !text.is_empty());
    let file = variable("TOSS_SECRET_KEY_FILE").map(|file| ("TOSS_SECRET_KEY_FILE", PathBuf::from(file)));
    let file = file.or_else(|| toss.secret_key_file.clone().map(|file| ("[connectors.toss] secret_key_file", file)));
    let (origin, text) = match (variable("TOSS_SECRET_KEY"), file) {
        (Some(text), _) => ("TOSS_SECRET_KEY".to_owned(), text),
        (None, Some((origin, file))) => match std::fs::read_to_string(&file) {
            Ok(text) => (format!("{origin}: {}", file.display()), text.trim_end().to_owned()),
            Err(error) => {
                reader.problems.push(format!("{origin}: {}: {error}", file.display()));
                return None;
            }
        },
        (None, None) => return toss.is_local().then(|| Secret::new(SecretKey::OF_A_STUB)),
    };
    if let Err(error) = SecretKey::new(&text) {
        reader.problems.push(format!("{origin}: {error}"));
    }
    Some(Secret::new(text))
}

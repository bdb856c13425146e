//! The command line as it is typed. Nothing here does work; `main` hands each verb to the room that knows it.

pub(crate) mod dead_letters;
pub(crate) mod partitions;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use events::calendar::Day;
use events::ids::SellerId;

#[cfg(feature = "loadtest")]
use crate::test_tools::cli::TestTools;

/// A time-sale back end: never oversold, never undersold, nothing lost, nothing doubled, and a command that proves it.
#[derive(Parser, Debug)]
#[command(name = "timesale", version, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    /// Settings shared by all verbs.
    #[command(flatten)]
    pub(crate) common: Common,
    /// What to do.
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

const EXIT_CODES: &str = "Exit codes: 0 fine; 1 failed, or a counterexample was found; 2 wrong usage, or `topics plan` would \
change something; 64 wrong configuration; 65 a record that cannot be read; 69 something needed is not there; 70 a role stopped for a reason of its own; \
75 the work in hand did not end within the drain deadline; 130 asked to stop (a role: twice); 134 a programming error.";

/// Settings shared by all verbs.
#[derive(Args, Debug)]
pub(crate) struct Common {
    /// Configuration file. Without it `timesale.toml` is read if it is there.
    #[arg(long, env = "TIMESALE_CONFIG", global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print the configuration as it takes effect, secrets as fingerprints, and stop.
    #[arg(long, global = true)]
    pub(crate) check_config: bool,
    /// Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address.
    #[arg(long, env = "TIMESALE_DEV", global = true)]
    pub(crate) dev: bool,
    /// How log lines on stderr look.
    #[arg(long, env = "TIMESALE_LOG_FORMAT", global = true, value_enum, default_value_t = LogFormat::Human)]
    pub(crate) log_format: LogFormat,
    /// What is logged, as tracing filter directives.
    #[arg(long, env = "TIMESALE_LOG", global = true, default_value = "info", value_name = "FILTER")]
    pub(crate) log: String,
}

/// How log lines look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum LogFormat {
    /// One line for people.
    Human,
    /// One JSON object per line.
    Json,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Run a role until a request to stop.
    Serve(Serve),
    /// Check, plan and create the topics of topics.yaml.
    #[command(subcommand)]
    Topics(Topics),
    /// Mint a development token.
    Token(Token),
    /// Prove from topics, Postgres and Redis that the promises held.
    Verify(Verify),
    /// What sellers are owed.
    #[command(subcommand)]
    Settle(Settle),
    /// What products cost.
    #[command(subcommand)]
    Prices(Prices),
    /// How far groups are behind, asked of Kafka itself: in records and in seconds, worst first.
    Lag(Lag),
    /// Read any part of any topic: filtered, personal fields masked, without a group and without a trace.
    Tap(Box<crate::tap::cli::Tap>),
    /// Records that no build could handle: look at them, replay them once they are repaired, or drop them.
    #[command(subcommand)]
    DeadLetters(dead_letters::DeadLetters),
    /// Partitions of processors that cannot go on while their neighbours do: which and why, and a word that lets one go on.
    #[command(subcommand)]
    Partitions(partitions::Partitions),
    /// Everything that happened to one order, coupon, request or trace, across topics, with who caused what.
    Story(crate::story::Story),
    /// Load tests and stand-ins.
    #[cfg(feature = "loadtest")]
    #[command(flatten)]
    TestTools(TestTools),
    /// Ask the local role whether it is ready: for a container's health check.
    Health,
}

/// Run a role.
#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// Which.
    #[arg(value_enum)]
    pub(crate) role: Role,
    /// Stop when standard input ends: for a supervisor that must not leave orphans.
    #[arg(long, hide = true)]
    pub(crate) stop_with_stdin: bool,
}

/// What a process can be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Role {
    /// HTTP in.
    Ingress,
    /// The deciders.
    Processors,
    /// Postgres and Redis.
    Sinks,
    /// The payment provider, and external price servers.
    Connectors,
    /// Lag, the business counted from the log, and the page that shows both.
    Console,
    /// Everything in one process.
    All,
}

/// Topics verbs.
#[derive(Subcommand, Debug)]
pub(crate) enum Topics {
    /// Check the manifest itself; no broker needed.
    Validate(Manifest),
    /// Say what the broker lacks. Exits 2 when something would change.
    Plan(Plan),
    /// Plan again, then create what is missing and set what differs. Never deletes, shrinks or re-keys.
    Apply(Apply),
    /// Every topic: what it is for, how much is in it, and who reads it.
    List(TopicsList),
    /// One topic, with its partitions, settings, personal fields and readers.
    Describe(TopicsDescribe),
    /// The JSON Schema of a topic's values.
    Schema {
        /// The topic.
        topic: String,
    },
}

/// How topics are listed.
#[derive(Args, Debug)]
pub(crate) struct TopicsList {
    /// One JSON object instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which topic is described.
#[derive(Args, Debug)]
pub(crate) struct TopicsDescribe {
    /// The topic; one that topics.yaml does not name can be described too.
    pub(crate) topic: String,
    /// One JSON object instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which manifest.
#[derive(Args, Debug)]
pub(crate) struct Manifest {
    /// A manifest other than the one built in.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// How to plan.
#[derive(Args, Debug)]
pub(crate) struct Plan {
    /// The manifest.
    #[command(flatten)]
    pub(crate) manifest: Manifest,
    /// One JSON object on stdout instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// How to apply.
#[derive(Args, Debug)]
pub(crate) struct Apply {
    /// The plan.
    #[command(flatten)]
    pub(crate) plan: Plan,
    /// Do it without asking.
    #[arg(long)]
    pub(crate) yes: bool,
    /// How long to wait for a broker that is not there yet, seconds.
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    pub(crate) wait: u64,
}

/// Whom the token names.
#[derive(Args, Debug)]
pub(crate) struct Token {
    /// The subject: a shopper's or an operator's id.
    #[arg(default_value = "shopper-1")]
    pub(crate) subject: String,
    /// A role, repeatable: shopper, operator, seller, analyst, privacy.
    #[arg(long = "role", default_value = "shopper", value_parser = ["shopper", "operator", "seller", "analyst", "privacy"])]
    pub(crate) roles: Vec<String>,
    /// The seller that the role seller is for.
    #[arg(long, required_if_eq("roles", "seller"), conflicts_with = "segments")]
    pub(crate) seller: Option<SellerId>,
    /// A segment, repeatable.
    #[arg(long = "segment")]
    pub(crate) segments: Vec<String>,
    /// How long it is valid, seconds.
    #[arg(long, default_value_t = 3600)]
    pub(crate) ttl: u64,
}

/// What to prove.
#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// The client log of a sale: what each client was answered.
    #[arg(long, alias = "journal", value_name = "FILE")]
    pub(crate) client_log: Option<PathBuf>,
    /// How long to wait for sinks and processors to catch up before something that differs counts, seconds.
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    pub(crate) settle: u64,
    /// How many dead letters are expected; more is a counterexample. Without it they are counted only.
    #[arg(long, value_name = "COUNT")]
    pub(crate) dead_letters: Option<u64>,
    /// Compare the prices that ingress shows at this address, `http://host:port`.
    #[arg(long, alias = "door", value_name = "URL")]
    pub(crate) ingress: Option<String>,
    /// Compare with the books of the payment provider, or of its stand-in, at this address; the key is that of the connector.
    #[arg(long, value_name = "URL")]
    pub(crate) provider: Option<String>,
}

/// Settlement verbs.
#[derive(Subcommand, Debug)]
pub(crate) enum Settle {
    /// Write statements, their lines or the pay-outs to a file, as Postgres has them.
    Export(SettleExport),
}

/// What to export.
#[derive(Args, Debug)]
pub(crate) struct SettleExport {
    /// As what.
    #[arg(long, value_enum, default_value_t = ExportFormat::Csv)]
    pub(crate) format: ExportFormat,
    /// Which rows: every line, the days, or what is paid out for them.
    #[arg(long, value_enum, default_value_t = ExportTable::Lines)]
    pub(crate) table: ExportTable,
    /// Of one seller only.
    #[arg(long)]
    pub(crate) seller: Option<SellerId>,
    /// From this day on, such as 2026-11-23.
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Option<Day>,
    /// Up to and with this day.
    #[arg(long, value_name = "DAY")]
    pub(crate) to: Option<Day>,
    /// Where to; without it, to standard output. It appears when it is whole.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// What a file is written as.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum ExportFormat {
    /// For spreadsheets.
    Csv,
    /// For analysis.
    Parquet,
}

/// Which rows are exported.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum ExportTable {
    /// Every line of every day.
    Lines,
    /// The days.
    Statements,
    /// What is paid out for closed days.
    PayOuts,
}

/// Whose lag, and how it is shown.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Lag {
    /// Say why.
    #[command(subcommand)]
    pub(crate) verb: Option<LagVerb>,
    /// These groups only, by their whole name or what follows a dot in it; groups of others can be named too.
    #[arg(value_name = "GROUP")]
    pub(crate) groups: Vec<String>,
    /// This topic only.
    #[arg(long)]
    pub(crate) topic: Option<String>,
    /// A line for each partition, with position, ends and owner.
    #[arg(long)]
    pub(crate) partitions: bool,
    /// Groups of others too.
    #[arg(long, conflicts_with = "groups")]
    pub(crate) all: bool,
    /// In which order.
    #[arg(long, value_enum, default_value_t = LagSort::Worst)]
    pub(crate) sort: LagSort,
    /// Look again every so many seconds.
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "1", conflicts_with_all = ["max_seconds", "slo"])]
    pub(crate) watch: Option<u64>,
    /// One JSON object instead of a table.
    #[arg(long, conflicts_with = "markdown")]
    pub(crate) json: bool,
    /// The table as Markdown.
    #[arg(long)]
    pub(crate) markdown: bool,
    /// End with 1 if a group is further behind than this.
    #[arg(long, value_name = "SECONDS", conflicts_with = "slo")]
    pub(crate) max_seconds: Option<f64>,
    /// End with 1 if a group is further behind than topics.yaml allows.
    #[arg(long)]
    pub(crate) slo: bool,
    /// Wait so long until all are within; without a limit, until nothing waits.
    #[arg(long, value_name = "SECONDS", default_value_t = 0, hide_default_value = true)]
    pub(crate) wait: u64,
}

impl Lag {
    /// What is asked of the groups, if anything is.
    pub(crate) fn limit(&self) -> Option<console::lag::Limit> {
        match (self.max_seconds, self.slo) {
            (Some(seconds), _) => Some(console::lag::Limit::Seconds(seconds)),
            (None, true) => Some(console::lag::Limit::Slo),
            (None, false) => (self.wait > 0).then_some(console::lag::Limit::Seconds(0.0)),
        }
    }
}

/// What is to be said of lag beside the table.
#[derive(Subcommand, Debug)]
pub(crate) enum LagVerb {
    /// Say why a group is behind, with the evidence. Looks for some seconds first.
    Explain {
        /// The group.
        group: String,
    },
}

/// The order of the lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum LagSort {
    /// The worst status first, then the most seconds.
    Worst,
    /// The most seconds first.
    Seconds,
    /// The most records first.
    Records,
    /// The steepest trend first.
    Trend,
    /// By name.
    Name,
}

/// Prices verbs.
#[derive(Subcommand, Debug)]
pub(crate) enum Prices {
    /// Tell the prices processor again what every product costs with us: for products that were defined before there was one. It can be
    /// called at any time, and again.
    Restate,
}

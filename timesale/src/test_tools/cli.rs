//! The verbs of load tests and of the stand-ins, as they are typed. They are part of the binary only with the feature `loadtest`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use loadtest::order_load::{Scenario, Wanted};

use super::values::{orders, scenario, seconds};

/// Load tests and stand-ins.
#[derive(Subcommand, Debug)]
pub(crate) enum TestTools {
    /// Run a local stand-in for the payment provider: everything works, no money moves.
    TossStub(TossStub),
    /// Run a local stand-in for an external price server: it offers what it is configured to.
    OffersStub(OffersStub),
    /// Hold a sale: open a campaign, let clients claim and order, prove the outcome.
    Sale(Box<Sale>),
    /// Let shoppers claim and order at a steady rate until a request to stop, and write down when each was answered.
    Shoppers(Shoppers),
}

/// Run a stand-in for the payment provider.
#[derive(Args, Debug)]
pub(crate) struct TossStub {
    /// Where it listens; a loopback address, unless it may be exposed.
    #[arg(long, default_value = "127.0.0.1:30771", value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,
    /// Let others than this machine reach it: in a container whose port is published to its host alone.
    #[arg(long)]
    pub(crate) exposed: bool,
    /// The folder of its write-ahead log. What it has answered it still knows after a crash.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data: PathBuf,
    /// Where webhooks go; nowhere without one.
    #[arg(long, value_name = "URL")]
    pub(crate) webhook: Option<String>,
    /// How long a minute of the webhooks' schedule takes, milliseconds.
    #[arg(long, default_value_t = 60_000, value_name = "MILLISECONDS")]
    pub(crate) webhook_minute: u64,
    /// Stop when standard input ends: for a supervisor that must not leave orphans.
    #[arg(long, hide = true)]
    pub(crate) stop_with_stdin: bool,
}

/// Run a stand-in for an external price server.
#[derive(Args, Debug)]
pub(crate) struct OffersStub {
    /// Where it listens; a loopback address, unless it may be exposed.
    #[arg(long, default_value = "127.0.0.1:30772", value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,
    /// Let others than this machine reach it: in a container whose port is published to its host alone.
    #[arg(long)]
    pub(crate) exposed: bool,
    /// Stop when standard input ends: for a supervisor that must not leave orphans.
    #[arg(long, hide = true)]
    pub(crate) stop_with_stdin: bool,
}

/// What kind of sale.
#[derive(Args, Debug)]
pub(crate) struct Sale {
    /// How many shoppers claim.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=5_000_000))]
    pub(crate) shoppers: u32,
    /// How many coupons there are.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) stock: u32,
    /// How many claims are sent twice under the same key, as a share of the shoppers.
    #[arg(long, default_value_t = 0.1)]
    pub(crate) duplicates: f64,
    /// Claims per second, scheduled in advance whatever the answers do; or `max`: as many as the answers allow.
    #[arg(long, default_value = "4000")]
    pub(crate) rate: String,
    /// Arrivals: at random (Poisson) or evenly.
    #[arg(long, value_enum, default_value_t = Arrivals::Poisson)]
    pub(crate) arrivals: Arrivals,
    /// How many orders follow the claims: a count, a share such as `50%` of the shoppers who would order (everybody with a
    /// coupon, and one in ten of the others), `all` of them, or 0.
    #[arg(long, default_value = "all", value_parser = orders)]
    pub(crate) orders: Wanted,
    /// Orders per second, scheduled in advance.
    #[arg(long, default_value_t = 100.0, value_name = "RATE")]
    pub(crate) order_rate: f64,
    /// Let every order follow this scenario, such as `keep`, `walk_away` or `cancel_part`, instead of one drawn from the seed.
    #[arg(long, value_parser = scenario)]
    pub(crate) course: Option<Scenario>,
    /// How long an order may wait for its payment, seconds; said to the ingress that the sale starts itself.
    #[arg(long, default_value = "20", value_parser = seconds, value_name = "SECONDS")]
    pub(crate) pay_window: Duration,
    /// Kill -9 roles at random during the sale, the payment provider too, and start them again.
    #[arg(long)]
    pub(crate) kill: bool,
    /// Kill -9 the payment provider at random while orders are placed, and start it again.
    #[arg(long)]
    pub(crate) kill_provider: bool,
    /// Kill -9 the payment provider in the middle of the orders, and start it again after so many seconds.
    #[arg(long, value_parser = seconds, value_name = "SECONDS")]
    pub(crate) provider_down: Option<Duration>,
    /// Kill -9 the Kafka broker in the middle of the sale and start it again.
    #[arg(long)]
    pub(crate) kill_kafka: bool,
    /// Empty Redis at half time, without notice.
    #[arg(long)]
    pub(crate) flush_redis: bool,
    /// Drop the Postgres database at half time; only the sinks are started again.
    #[arg(long)]
    pub(crate) drop_database: bool,
    /// An ingress that runs already; without it the sale starts and supervises all roles itself.
    #[arg(long, env = "TIMESALE_INGRESS_URL", value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// The payment provider's stub that runs already, beside that ingress.
    #[arg(long, env = "TIMESALE_PROVIDER_URL", value_name = "URL")]
    pub(crate) provider: Option<String>,
    /// The price server's stub that runs already, beside that ingress; without one no competitor undercuts us.
    #[arg(long, env = "TIMESALE_MARKET_URL", value_name = "URL")]
    pub(crate) market: Option<String>,
    /// Where to write the client log: what each client was answered.
    #[arg(long, alias = "journal", value_name = "FILE")]
    pub(crate) client_log: Option<PathBuf>,
    /// How many connections the clients share.
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u16).range(1..=8192))]
    pub(crate) connections: u16,
    /// How long a client keeps trying until it gives an answer up as unknown, seconds.
    #[arg(long, alias = "patience", default_value_t = 90)]
    pub(crate) give_up_after: u64,
    /// The least share of first claims and orders that must be answered, 0 to 1: a proof of fewer is hollow, and fails.
    #[arg(long, default_value_t = 0.5)]
    pub(crate) least_answered: f64,
    /// Repeats the schedule, the duplicates and the kills of an earlier sale.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Skip the proof: for figures only.
    #[arg(long)]
    pub(crate) no_verify: bool,
}

/// Who comes how often.
#[derive(Args, Debug)]
pub(crate) struct Shoppers {
    /// The ingress.
    #[arg(long, env = "TIMESALE_INGRESS_URL", value_name = "URL")]
    pub(crate) base_url: String,
    /// Claims a second.
    #[arg(long, default_value_t = 25.0)]
    pub(crate) rate: f64,
    /// Every how manieth shopper orders a unit, too, and never pays for it; 0: none.
    #[arg(long, default_value_t = 4, value_name = "NUMBER")]
    pub(crate) order_every: u32,
    /// How long a client keeps trying until it gives an answer up as unknown, seconds.
    #[arg(long, default_value_t = 90)]
    pub(crate) give_up_after: u64,
    /// Where to write the client log: what each client was answered, and when.
    #[arg(long, value_name = "FILE")]
    pub(crate) client_log: PathBuf,
}

/// How arrivals are spread.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Arrivals {
    /// At random (Poisson).
    Poisson,
    /// Evenly.
    Constant,
}

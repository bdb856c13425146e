//! How often somebody may ask: governor's GCRA for the whole process, for one caller and for one address. Limits are per
//! process: several processes allow several times as much. Maps of keys are bounded, and a full one refuses whom it does not know.

mod address;
mod bounded;

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed, RateLimiter};
use warp::http::{HeaderName, HeaderValue};

pub use address::{Network, NetworkError};
use bounded::BoundedStore;

use crate::auth::Caller;
use crate::config::{LimitsConfig, Loopback, Rate};
use crate::metrics::Metrics;
use crate::problem::{Code, Problem};
use crate::request::Call;

/// `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11).
pub(crate) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// `RateLimit-Policy` (the same).
pub(crate) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

type Keyed = RateLimiter<u64, BoundedStore, DefaultClock, StateInformationMiddleware>;
type Direct = RateLimiter<NotKeyed, InMemoryState, DefaultClock>;

/// The limits of this process.
pub(crate) struct Limits {
    global: Direct,
    callers: Allowance,
    operators: Allowance,
    addresses: Keyed,
    hasher: RandomState,
    loopback: Loopback,
    trusted: Vec<Network>,
}

/// A limit that every caller of a kind has of their own.
struct Allowance {
    limiter: Keyed,
    rate: Rate,
    policy: Policy,
    /// The value of `RateLimit-Policy`.
    header: HeaderValue,
}

/// What a caller's limit has left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Quota {
    policy: Policy,
    remaining: u32,
    refill_seconds: u64,
}

/// What a caller's requests are counted against: ordering does not use up what is there for claiming, and the other way round.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum QuotaClass {
    /// Campaigns, claims, coupons, requests.
    Coupons,
    /// Products and orders.
    Orders,
}

/// Which limit was asked, as metrics and problems name it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Policy {
    Global,
    Caller,
    Operator,
    Address,
}

impl Policy {
    pub(crate) const ALL: [Self; 4] = [Self::Global, Self::Caller, Self::Operator, Self::Address];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Caller => "caller",
            Self::Operator => "operator",
            Self::Address => "address",
        }
    }
}

fn quota(rate: Rate) -> governor::Quota {
    let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    governor::Quota::per_second(at_least_one(rate.per_second)).allow_burst(at_least_one(rate.burst))
}

/// The time in which an exhausted limit is whole again: the policy's window.
fn window_seconds(rate: Rate) -> u64 {
    u64::from(rate.burst).div_ceil(u64::from(rate.per_second).max(1)).max(1)
}

impl Limits {
    pub(crate) fn new(config: &LimitsConfig) -> Self {
        let keyed = |rate| Keyed::new(quota(rate), BoundedStore::new(config.most_keys), DefaultClock::default());
        Self {
            global: RateLimiter::direct(quota(config.global)),
            callers: Allowance::new(config.caller, config.most_keys, Policy::Caller),
            operators: Allowance::new(config.operator, config.most_keys, Policy::Operator),
            addresses: keyed(config.address),
            hasher: RandomState::new(),
            loopback: config.loopback,
            trusted: config.trusted_proxies.clone(),
        }
    }

    /// Asks what can be asked before it is known who is asking.
    ///
    /// # Errors
    /// `RATE_LIMITED`.
    pub(crate) fn admit_anyone(&self, call: &Call, metrics: &Metrics) -> Result<(), Problem> {
        self.admit_process(metrics)?;
        self.admit_address(address::client(call, &self.trusted), "callers", metrics)
    }

    /// Asks what can be asked of a webhook: senders from the provider's networks share the process's limit only; where no
    /// networks are named, anybody may send within a limit by address of its own.
    ///
    /// # Errors
    /// `RATE_LIMITED`, `SENDER_REFUSED`.
    pub(crate) fn admit_sender(&self, call: &Call, networks: &[Network], metrics: &Metrics) -> Result<(), Problem> {
        self.admit_process(metrics)?;
        let address = address::client(call, &self.trusted);
        if networks.is_empty() {
            return self.admit_address(address, "webhooks", metrics);
        }
        let is_known = networks.iter().any(|network| network.contains(address));
        if is_known { Ok(()) } else { Err(Problem::new(Code::SenderRefused).not_admitted()) }
    }

    fn admit_process(&self, metrics: &Metrics) -> Result<(), Problem> {
        if let Err(until) = self.global.check() {
            let wait = until.wait_time_from(DefaultClock::default().now());
            return Err(limited(Policy::Global, wait, metrics));
        }
        metrics.limiter(Policy::Global, true);
        Ok(())
    }

    fn admit_address(&self, address: IpAddr, quota_class: &'static str, metrics: &Metrics) -> Result<(), Problem> {
        if self.loopback == Loopback::Exempt && address.is_loopback() {
            return Ok(());
        }
        match self.addresses.check_key(&self.hasher.hash_one((quota_class, address::network_of(address)))) {
            Ok(_) => {
                metrics.limiter(Policy::Address, true);
                Ok(())
            }
            Err(until) => Err(limited(Policy::Address, until.wait_time_from(DefaultClock::default().now()), metrics)),
        }
    }

    /// Asks the caller's own limit; what it has left goes into the call.
    ///
    /// # Errors
    /// `RATE_LIMITED`.
    pub(crate) fn admit_caller(
        &self,
        call: &Call,
        quota_class: QuotaClass,
        caller: &Caller,
        metrics: &Metrics,
    ) -> Result<(), Problem> {
        let allowance = if caller.is_operator() { &self.operators } else { &self.callers };
        allowance.admit(call, self.hasher.hash_one((quota_class, &caller.id)), metrics)
    }

    /// The value of `RateLimit-Policy` that a quota comes from.
    pub(crate) fn policy(&self, quota: Quota) -> HeaderValue {
        let allowance = if quota.policy == Policy::Operator { &self.operators } else { &self.callers };
        allowance.header.clone()
    }

    /// Forgets keys that are whole again. To be called every few seconds: governor never forgets by itself.
    pub(crate) fn prune(&self) {
        for limiter in [&self.callers.limiter, &self.operators.limiter, &self.addresses] {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }

    /// Keys held, by policy.
    pub(crate) fn keys(&self, policy: Policy) -> usize {
        match policy {
            Policy::Global => 1,
            Policy::Caller => self.callers.limiter.len(),
            Policy::Operator => self.operators.limiter.len(),
            Policy::Address => self.addresses.len(),
        }
    }
}

impl Allowance {
    fn new(rate: Rate, most_keys: usize, policy: Policy) -> Self {
        let header = format!("\"{}\";q={};w={}", policy.name(), rate.burst, window_seconds(rate));
        Self {
            limiter: Keyed::new(quota(rate), BoundedStore::new(most_keys), DefaultClock::default()),
            rate,
            policy,
            header: HeaderValue::from_str(&header).unwrap_or(HeaderValue::from_static("")),
        }
    }

    fn admit(&self, call: &Call, key: u64, metrics: &Metrics) -> Result<(), Problem> {
        let left = |remaining: u32| {
            let missing = u64::from(self.rate.burst.saturating_sub(remaining));
            let refill_seconds = missing.div_ceil(u64::from(self.rate.per_second).max(1));
            Quota { policy: self.policy, remaining, refill_seconds }
        };
        match self.limiter.check_key(&key) {
            Ok(state) => {
                call.quota.get_or_init(|| left(state.remaining_burst_capacity()));
                metrics.limiter(self.policy, true);
                Ok(())
            }
            Err(until) => {
                call.quota.get_or_init(|| left(0));
                Err(limited(self.policy, until.wait_time_from(DefaultClock::default().now()), metrics))
            }
        }
    }
}

impl Quota {
    /// The value of `RateLimit`.
    pub(crate) fn header(self) -> Option<HeaderValue> {
        let Self { policy, remaining, refill_seconds } = self;
        HeaderValue::from_str(&format!("\"{}\";r={remaining};t={refill_seconds}", policy.name())).ok()
    }
}

/// The problem; whoever was sent away together does not come back together, and nobody is sent away for hours.
fn limited(policy: Policy, wait: Duration, metrics: &Metrics) -> Problem {
    metrics.limiter(policy, false);
    let seconds = wait.as_secs().saturating_add(1).min(60);
    let jitter = fastrand::u64(0..=seconds.div_ceil(2));
    Problem::new(Code::RateLimited).not_admitted().retry_after(seconds.saturating_add(jitter), policy.name())
}

#[cfg(test)]
mod limits_tests;

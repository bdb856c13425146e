//! Runs a check over many seeds, in parallel, and makes a failing one reproducible: the seed, and the steps that led there.
//!
//! With the prefix `X`: `X_SEED=n` replays one seed, `X_SEEDS=n` checks so many, `X_FIRST_SEED=n` begins there, and `X_PROGRESS=1` says every
//! few seconds how far it is.

use std::any::Any;
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::faults::FaultCounts;

/// How often it is said how far the check is.
const SAY_EVERY: Duration = Duration::from_secs(5);

/// Which seeds to check.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seeds {
    /// The first.
    pub first: u64,
    /// How many.
    pub count: u64,
    /// Whether it is said how far the check is.
    pub says_progress: bool,
}

/// The first seed (the lowest) whose check failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// What was wrong.
    pub reason: String,
}

/// The result of checking many seeds.
#[derive(Clone, Debug)]
pub struct Explored {
    /// Seeds checked.
    pub seeds: u64,
    /// How long it took.
    pub took: Duration,
    /// Faults that took effect, all seeds together.
    pub faults: FaultCounts,
    /// The lowest seed that failed.
    pub failure: Option<Failure>,
}

impl Seeds {
    /// Seeds 1 to `count`, unless set by the environment variables `<prefix>_SEED`, `<prefix>_SEEDS` and `<prefix>_FIRST_SEED`.
    #[must_use]
    pub fn from_env(prefix: &str, count: u64) -> Self {
        let number = |name: &str| env::var(format!("{prefix}_{name}")).ok().and_then(|text| text.parse().ok());
        match number("SEED") {
            Some(seed) => Self::new(seed, 1),
            None => {
                let seeds = Self::new(number("FIRST_SEED").unwrap_or(1), number("SEEDS").unwrap_or(count));
                Self { says_progress: number("PROGRESS").is_some_and(|progress| progress > 0), ..seeds }
            }
        }
    }

    /// So many seeds from this one on.
    #[must_use]
    pub const fn new(first: u64, count: u64) -> Self {
        Self { first, count, says_progress: false }
    }

    /// Checks seed after seed on as many threads as there are cores, until one fails. A panic within the check is a failure of
    /// its seed.
    pub fn explore(self, check: impl Fn(u64) -> Result<FaultCounts, String> + Sync) -> Explored {
        let started = Instant::now();
        let next = AtomicU64::new(self.first);
        let end = AtomicU64::new(self.first.saturating_add(self.count));
        let found: Mutex<(FaultCounts, Option<Failure>)> = Mutex::default();
        let checked_seeds = AtomicU64::new(0);
        let said = Mutex::new(started);
        let work = || {
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= end.load(Ordering::Relaxed) {
                    break;
                }
                let checked = caught(|| check(seed));
                let checked_so_far = checked_seeds.fetch_add(1, Ordering::Relaxed) + 1;
                if self.says_progress
                    && let Ok(mut said) = said.try_lock()
                    && said.elapsed() >= SAY_EVERY
                {
                    *said = Instant::now();
                    self.say(checked_so_far, started.elapsed());
                }
                let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                match checked {
                    Ok(counts) => {
                        for (fault, count) in counts {
                            *found.0.entry(fault).or_default() += count;
                        }
                    }
                    Err(reason) => {
                        // Other threads may still check lower seeds; no higher one is begun.
                        end.fetch_min(seed, Ordering::Relaxed);
                        if found.1.as_ref().is_none_or(|known| seed < known.seed) {
                            found.1 = Some(Failure { seed, reason });
                        }
                    }
                }
            }
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(work);
            }
        });
        let (faults, failure) = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        let seeds = checked_seeds.into_inner();
        Explored { seeds, took: started.elapsed(), faults, failure }
    }

    /// Says how far it is, how fast, and how long it will take.
    #[expect(clippy::cast_precision_loss, clippy::print_stderr, reason = "a line for people who wait")]
    fn say(self, checked: u64, took: Duration) {
        let rate = checked as f64 / took.as_secs_f64();
        let left = self.count.saturating_sub(checked) as f64 / rate;
        eprintln!("{checked} of {} seeds from {} on, {rate:.0}/s, {left:.0} s left", self.count, self.first);
    }
}

/// A check, with a panic of it turned into its reason.
pub(super) fn caught<T>(check: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(check)).unwrap_or_else(|payload| Err(message(payload.as_ref())))
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a panic without a message").to_owned()
}

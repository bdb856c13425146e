//! Settlement: orders say what has become of sellers' lines, in any order and again, operators set policies and close days, and
//! days go by. At every prefix a seller's facts and lines are numbered without a gap, a closed day is the sum of its lines and
//! stays so, and what was wholly refunded amounts to nothing; and every posting is what the record says that it names as its
//! source.
//!
//! A processor with a bug in it ([`bugs`]) shows that the judge would see it.

mod accounts;
mod bugs;
mod load;
mod judge;
mod policies;

use std::collections::BTreeMap;
use std::sync::Mutex;

use events::topics;
use fastrand::Rng;
use processors::settlement::topology;
use streams::simulated::{Seeds, Simulation};
use streams::topology::Topology;

use super::{Subject, explore, live};
use bugs::Bug;
use judge::Books;
use load::Load;

/// Seeds of an ordinary run: some seconds on two cores.
const SEEDS: u64 = 1_000;
/// Seeds within which a bug must be found.
const SEEDS_WITH_A_BUG: u64 = 100;
/// Within so many days of nothing new every day is closed.
const DAYS: usize = 6;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

const SETTLEMENT: Subject =
    Subject { topology, inbox: topics::SETTLEMENT_INBOX.name(), events: topics::SETTLEMENT_EVENTS.name() };

/// A run until every day is closed; its books are right at every prefix and agree with what was said.
fn play(seed: u64, topology: Topology) -> Result<(Simulation, Books), String> {
    let mut load = Load::default();
    let simulation = live(seed, topology, Rng::with_seed(seed), |rng, cluster| load.send(rng, cluster))?;
    for _ in 0..DAYS {
        let mut books = Books::read(simulation.cluster())?;
        if books.open_days == 0 {
            books.agree(simulation.cluster(), &load)?;
            return Ok((simulation, books));
        }
        simulation.cluster().advance(DAY_MS);
        simulation.quiesce(50_000).map_err(|error| error.to_string())?;
    }
    Err(format!("after {DAYS} days there are days that nobody has closed"))
}

/// What must have happened in an ordinary run: what never happened was not tested.
const TRIED: [&str; 17] = [
    "policy_set",
    "sale",
    "contra",
    "posted later",
    "taken back to nothing",
    "day_updated",
    "closed in time",
    "closed by an operator",
    "owed by the seller",
    "paid in parts",
    "IDEMPOTENCY_CONFLICT",
    "UNKNOWN_SELLER",
    "INVALID_POLICY",
    "TERMS_FROZEN",
    "DAY_CLOSED",
    "DAY_AHEAD",
    "garbage",
];

#[test]
fn sellers_are_settled_exactly_once_whatever_happens() {
    let seen = Mutex::new((0, BTreeMap::<&str, u64>::new()));
    explore(SEEDS, |seed| {
        let (simulation, books) = play(seed, SETTLEMENT.topology()?)?;
        SETTLEMENT.judge_replay(&simulation)?;
        SETTLEMENT.judge_state(&simulation)?;
        let (runs, all) = &mut *seen.lock().expect("whole");
        *runs += 1;
        for (what, count) in books.seen {
            *all.entry(what).or_default() += count;
        }
        Ok(simulation.cluster().fault_counts())
    });
    let (runs, seen) = seen.into_inner().expect("whole");
    eprintln!("seen {seen:?}");
    for what in TRIED.into_iter().filter(|_| runs >= SEEDS) {
        assert!(seen.contains_key(what), "{what} never happened: {seen:?}");
    }
}

#[test]
fn a_bug_in_settlement_is_found() {
    for bug in Bug::ALL {
        let buggy = || bugs::topology(bug).map_err(|error| error.to_string());
        let explored = Seeds::new(1, SEEDS_WITH_A_BUG)
            .explore(|seed| play(seed, buggy()?).map(|(simulation, _)| simulation.cluster().fault_counts()));
        let failure = explored.failure.unwrap_or_else(|| panic!("{bug:?} was not found"));
        eprintln!("{bug:?}: seed {}: {:.200}", failure.seed, failure.reason);
    }
}

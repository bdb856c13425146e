//! Faults: which, how often they are injected, and how often they occurred. Rates are drawn per run (swarm testing): a run with one kind of fault turned
//! up high finds what an even mixture hides. Relies on one seeded source of randomness for everything that is drawn.

use std::collections::BTreeMap;

use fastrand::Rng;

/// Every fault, injected or as a consequence. A consequence is counted where it takes effect.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fault {
    /// Injected: an instance died at a call.
    Crash,
    /// Injected: an instance was frozen while the others ran.
    Pause,
    /// Injected: a second instance with the same identity was started.
    Duplicate,
    /// Injected: partitions moved without need.
    Rebalance,
    /// Injected: a call answered "unavailable".
    Unavailable,
    /// Injected: a consumer was fenced although it is the only one.
    SpuriousFence,
    /// Injected: a record of a transaction was refused.
    RecordRefused,
    /// Injected: an EndTxn never arrived.
    EndLost,
    /// Injected: an EndTxn arrived, its answer did not.
    EndAnswerLost,
    /// Injected: an EndTxn was given up by its sender and arrived later.
    EndDelayed,
    /// Consequence: a delayed EndTxn ended a transaction, its own or the next of the same epoch.
    DelayedEndApplied,
    /// Consequence: a delayed EndTxn was refused because of a newer epoch.
    DelayedEndFenced,
    /// Consequence: the coordinator aborted a transaction that had been open for too long.
    TransactionTimedOut,
    /// Consequence: `init_transactions` aborted the open transaction of an earlier producer.
    TransactionTakenOver,
    /// Consequence: a transaction with records or offsets in it was aborted.
    TransactionAborted,
    /// Consequence: an older producer was refused.
    ProducerFenced,
    /// Consequence: a member's session ended and its partitions went to others.
    MemberExpelled,
    /// Consequence: positions of an old generation or member were refused.
    GenerationRefused,
    /// Consequence: positions were not answered because a transaction was pending on them.
    OffsetsUnstable,
    /// Injected: a changelog was compacted in the middle.
    Compaction,
}

/// How often each fault is injected, in ten-thousandths per opportunity, and how long it lasts at most, in milliseconds of the
/// injected clock.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[expect(missing_docs, reason = "each field is the rate or length of the fault it is named after")]
pub struct FaultRates {
    pub crash: u32,
    pub pause: u32,
    pub duplicate: u32,
    pub rebalance: u32,
    pub unavailable: u32,
    pub spurious_fence: u32,
    pub record_refused: u32,
    pub end_lost: u32,
    pub end_answer_lost: u32,
    pub end_delayed: u32,
    pub compaction: u32,
    pub marker_delay_ms: u32,
    pub end_delay_ms: u32,
    pub join_delay_ms: u32,
    pub pause_ms: u32,
    pub latency_ms: u32,
}

impl FaultRates {
    /// No faults.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Rates for one run: every kind is off, low or high.
    #[must_use]
    pub fn swarm(rng: &mut Rng) -> Self {
        let mut rate = |most: u32| match rng.u8(0..3) {
            0 => 0,
            1 => rng.u32(0..=most / 8),
            _ => rng.u32(0..=most),
        };
        Self {
            crash: rate(60),
            pause: rate(60),
            duplicate: rate(150),
            rebalance: rate(200),
            unavailable: rate(500),
            spurious_fence: rate(60),
            record_refused: rate(200),
            end_lost: rate(1_000),
            end_answer_lost: rate(1_000),
            end_delayed: rate(1_500),
            compaction: rate(200),
            marker_delay_ms: rate(60),
            end_delay_ms: rate(400),
            join_delay_ms: rate(500),
            pause_ms: 1_000 + rate(30_000),
            latency_ms: rate(8),
        }
    }
}

/// How often each fault took effect.
pub type FaultCounts = BTreeMap<Fault, u64>;

/// The randomness of one run.
#[derive(Clone, Debug)]
pub(super) struct Faults {
    pub(super) rng: Rng,
    pub(super) rates: FaultRates,
    pub(super) counts: FaultCounts,
}

impl Faults {
    pub(super) fn new(seed: u64) -> Self {
        Self { rng: Rng::with_seed(seed), rates: FaultRates::none(), counts: FaultCounts::new() }
    }

    pub(super) fn count(&mut self, fault: Fault) {
        *self.counts.entry(fault).or_default() += 1;
    }

    /// Draws whether a fault of this rate occurs now, and counts it.
    pub(super) fn occurs(&mut self, fault: Fault, rate: impl Fn(&FaultRates) -> u32) -> bool {
        let rate = rate(&self.rates);
        let occurs = rate > 0 && self.rng.u32(0..10_000) < rate;
        if occurs {
            self.count(fault);
        }
        occurs
    }

    /// Draws a length of time up to what the rates allow.
    pub(super) fn delay(&mut self, most: impl Fn(&FaultRates) -> u32) -> i64 {
        let most = most(&self.rates);
        if most == 0 { 0 } else { i64::from(self.rng.u32(0..=most)) }
    }

    pub(super) fn any(&self) -> bool {
        self.rates != FaultRates::none()
    }
}

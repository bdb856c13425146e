//! The map from requests to whoever waits for them and to what became of them. Sharded, bounded, in two generations: when the
//! younger is full or old enough it becomes the elder, and the elder is forgotten whole.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use events::coupons::Refusal;
use events::ids::{RequestId, ShopperId};
use events::inventory::StockRefusal;
use events::orders::{OrderRefusal, Reason};
use events::request::{Fingerprint, Outcome, Reply};
use events::settlement::SettlementRefusal;
use projections::Subject;
use tokio::sync::oneshot;

use crate::config::WaitingConfig;

const SHARDS: usize = 32;

/// Request ids are hashes already: their first eight bytes will do.
#[derive(Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_le_bytes(*first);
        }
    }
    fn write_usize(&mut self, _length: usize) {}
}

type Generation = HashMap<RequestId, Entry, BuildHasherDefault<Identity>>;

/// Requests under way and lately decided.
pub(crate) struct PendingRequests {
    shards: Vec<Mutex<Shard>>,
    most_per_generation: usize,
    generation_age: Duration,
    most_waiters: usize,
    waiters: AtomicUsize,
    undecided: AtomicUsize,
    tickets: AtomicU64,
}

struct Shard {
    young: Generation,
    old: Generation,
    since: Instant,
}

struct Entry {
    fingerprint: Fingerprint,
    owner: ShopperId,
    subject: Subject,
    /// Attempts whose record may be in the log.
    attempts: u32,
    outcome: Option<Outcome>,
    waiting: Vec<(u64, oneshot::Sender<Outcome>)>,
}

/// What is known about a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Peek {
    /// What it said.
    pub(crate) fingerprint: Fingerprint,
    /// Whose it is.
    pub(crate) owner: ShopperId,
    /// What it is about.
    pub(crate) subject: Subject,
    /// What became of it; nothing while it is under way.
    pub(crate) outcome: Option<Outcome>,
}

/// What a caller waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wanted {
    /// That the request is in the log.
    Acknowledgement,
    /// What is decided.
    Decision,
}

/// What to do with a request that wants to begin.
#[derive(Debug)]
pub(crate) enum Beginning {
    /// Put it into the log and wait, if the decision is wanted and there is room to wait.
    Proceed(Option<Waiter>),
    /// It has been decided already.
    Decided(Outcome),
    /// It said something else before.
    Conflict,
}

/// A place among those who wait for a request; leaving it is dropping it.
#[derive(Debug)]
pub(crate) struct Waiter {
    receiver: oneshot::Receiver<Outcome>,
    place: Option<Place>,
}

struct Place {
    pending: Arc<PendingRequests>,
    request: RequestId,
    ticket: u64,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Place").field(&self.request).finish()
    }
}

impl PendingRequests {
    pub(crate) fn new(config: &WaitingConfig) -> Self {
        let shard = || Shard { young: Generation::default(), old: Generation::default(), since: Instant::now() };
        Self {
            shards: (0..SHARDS).map(|_| Mutex::new(shard())).collect(),
            most_per_generation: config.most_remembered.div_ceil(SHARDS * 2).max(1),
            generation_age: Duration::from_millis(config.remembered_ms),
            most_waiters: config.most_waiters,
            waiters: AtomicUsize::new(0),
            undecided: AtomicUsize::new(0),
            tickets: AtomicU64::new(0),
        }
    }

    /// What is known about a request.
    pub(crate) fn peek(&self, request: RequestId) -> Option<Peek> {
        let shard = self.shard(request)?;
        let entry = shard.get(&request)?;
        Some(Peek {
            fingerprint: entry.fingerprint,
            owner: entry.owner.clone(),
            subject: entry.subject.clone(),
            outcome: entry.outcome.clone(),
        })
    }

    /// Enters a request that is about to be put into the log.
    pub(crate) fn begin(
        self: &Arc<Self>,
        request: RequestId,
        fingerprint: Fingerprint,
        owner: &ShopperId,
        subject: &Subject,
        wanted: Wanted,
    ) -> Beginning {
        let Some(mut shard) = self.shard(request) else { return Beginning::Proceed(None) };
        self.turn(&mut shard, Instant::now());
        let entry = match shard.get_mut(&request) {
            Some(entry) if entry.fingerprint != fingerprint => return Beginning::Conflict,
            Some(Entry { outcome: Some(outcome), .. }) => return Beginning::Decided(outcome.clone()),
            Some(entry) => entry,
            None => {
                self.undecided.fetch_add(1, Ordering::Relaxed);
                shard.young.entry(request).or_insert_with(|| Entry {
                    fingerprint,
                    owner: owner.clone(),
                    subject: subject.clone(),
                    attempts: 0,
                    outcome: None,
                    waiting: Vec::new(),
                })
            }
        };
        entry.attempts = entry.attempts.saturating_add(1);
        if wanted == Wanted::Acknowledgement || self.waiters.load(Ordering::Relaxed) >= self.most_waiters {
            return Beginning::Proceed(None);
        }
        self.waiters.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        let ticket = self.tickets.fetch_add(1, Ordering::Relaxed);
        entry.waiting.push((ticket, sender));
        let place = Some(Place { pending: Arc::clone(self), request, ticket });
        Beginning::Proceed(Some(Waiter { receiver, place }))
    }

    /// Takes back an entry whose record is certainly not in the log, unless another attempt is under way.
    pub(crate) fn abandon(&self, request: RequestId) {
        let Some(mut shard) = self.shard(request) else { return };
        let Some(entry) = shard.get_mut(&request) else { return };
        entry.attempts = entry.attempts.saturating_sub(1);
        if entry.attempts == 0 && entry.outcome.is_none() {
            self.undecided.fetch_sub(1, Ordering::Relaxed);
            shard.young.remove(&request);
            shard.old.remove(&request);
        }
    }

    /// Enters a decision and wakes its waiters. Answers whether the request was known.
    pub(crate) fn resolve(&self, reply: Reply) -> bool {
        let waiting = {
            let Some(mut shard) = self.shard(reply.request) else { return false };
            let Some(entry) = shard.get_mut(&reply.request) else { return false };
            // A conflict is the answer to an attempt that said something else; it is not what became of the request.
            let is_conflict = is_conflict(&reply.outcome);
            if entry.outcome.is_none() {
                if !is_conflict {
                    self.undecided.fetch_sub(1, Ordering::Relaxed);
                    entry.outcome = Some(reply.outcome.clone());
                }
                std::mem::take(&mut entry.waiting)
            } else {
                return true;
            }
        };
        for (_, sender) in waiting {
            // Nobody may be waiting any more.
            drop(sender.send(reply.outcome.clone()));
        }
        true
    }

    /// Requests in the log, as far as is known, without a decision.
    pub(crate) fn undecided(&self) -> usize {
        self.undecided.load(Ordering::Relaxed)
    }

    /// Requests waiting.
    pub(crate) fn waiters(&self) -> usize {
        self.waiters.load(Ordering::Relaxed)
    }

    /// Forgets what is old enough, in every shard. To be called every few seconds: a shard that nobody asks does not turn.
    pub(crate) fn prune(&self, now: Instant) {
        for shard in &self.shards {
            self.turn(&mut shard.lock().unwrap_or_else(PoisonError::into_inner), now);
        }
    }

    fn turn(&self, shard: &mut Shard, now: Instant) {
        let is_full = shard.young.len() >= self.most_per_generation;
        let is_old = now.saturating_duration_since(shard.since) >= self.generation_age;
        if is_full || is_old {
            let forgotten = std::mem::replace(&mut shard.old, std::mem::take(&mut shard.young));
            let undecided = forgotten.values().filter(|entry| entry.outcome.is_none()).count();
            self.undecided.fetch_sub(undecided, Ordering::Relaxed);
            shard.since = now;
        }
    }

    fn shard(&self, request: RequestId) -> Option<MutexGuard<'_, Shard>> {
        let [.., last] = request.as_bytes();
        let shard = self.shards.get(usize::from(*last) % SHARDS)?;
        Some(shard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn is_conflict(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Refused { reason } => *reason == Refusal::IdempotencyConflict,
        Outcome::ProductRefused { reason } => *reason == StockRefusal::IdempotencyConflict,
        Outcome::OrderRefused { reason, .. } => *reason == Reason::from(OrderRefusal::IdempotencyConflict),
        Outcome::SettlementRefused { reason } => *reason == SettlementRefusal::IdempotencyConflict,
        Outcome::Granted { .. }
        | Outcome::Applied { .. }
        | Outcome::ProductApplied { .. }
        | Outcome::OrderApplied { .. }
        | Outcome::PolicyApplied { .. }
        | Outcome::DayClosed { .. }
        // Offers are not remembered: a repeat says the same again.
        | Outcome::OfferApplied { .. }
        | Outcome::OfferRefused { .. } => false,
    }
}

impl Shard {
    fn get(&self, request: &RequestId) -> Option<&Entry> {
        self.young.get(request).or_else(|| self.old.get(request))
    }

    fn get_mut(&mut self, request: &RequestId) -> Option<&mut Entry> {
        match self.young.get_mut(request) {
            Some(entry) => Some(entry),
            None => self.old.get_mut(request),
        }
    }
}

impl Waiter {
    /// Returns with the decision, or with nothing when the request was forgotten before it came.
    pub(crate) async fn decision(&mut self) -> Option<Outcome> {
        (&mut self.receiver).await.ok()
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let Some(Place { pending, request, ticket }) = self.place.take() else { return };
        pending.waiters.fetch_sub(1, Ordering::Relaxed);
        let Some(mut shard) = pending.shard(request) else { return };
        if let Some(entry) = shard.get_mut(&request) {
            entry.waiting.retain(|(waiting, _)| *waiting != ticket);
        }
    }
}

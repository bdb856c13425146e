//! The crowd: so many connections, each taking the next send of the schedule, waiting for its time, and staying with it until
//! the client knows what became of it or has lost patience. Runs on one thread of its own: what it measures must not wait for
//! what it measures.

use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::io::Write;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use events::ids::{CampaignId, RequestId, ShopperId};
use tokio::task::LocalSet;
use tokio::time::{sleep, sleep_until, timeout};

use super::answer::{Answer, Trace, to_claim, to_lookup};
use super::schedule::Planned;
use super::tally::{Live, Tally};
use super::wire::{Connection, WireError};
use crate::journal::{Entry, JournalError, JournalWriter, Subject, Told};

/// Longest wait for one answer: longer than the door lets a claim wait.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// How long a client waits before it asks again what became of its request.
const LOOKUP_INTERVAL: Duration = Duration::from_millis(100);

/// How long the door may say "sold out" to a client whose earlier attempt may be in the log, before the client gives up asking
/// what became of that attempt.
const LOOKUP_PATIENCE: Duration = Duration::from_secs(8);

/// A claim as it goes over the wire.
pub struct Claim {
    /// Who claims.
    pub shopper: ShopperId,
    /// Which request that is.
    pub request: RequestId,
    /// The whole POST.
    pub post: Vec<u8>,
    /// The whole GET that asks what became of it.
    pub lookup: Vec<u8>,
}

/// What the crowd is to do.
pub struct Orders {
    /// The door.
    pub door: SocketAddr,
    /// The campaign.
    pub campaign: CampaignId,
    /// Claims by shopper number.
    pub claims: Vec<Claim>,
    /// When who sends.
    pub schedule: Vec<Planned>,
    /// How many connections.
    pub connections: usize,
    /// How long a client keeps trying.
    pub patience: Duration,
}

struct Crowd<W: Write> {
    orders: Orders,
    next: Cell<usize>,
    began: Instant,
    journal: RefCell<JournalWriter<W>>,
    tally: RefCell<Tally>,
    live: Arc<Live>,
    broken: RefCell<Option<JournalError>>,
}

/// Lets the crowd loose and returns what it was told. Blocks until every send was answered or given up.
///
/// # Errors
/// When the journal cannot be written or the runtime not be built.
pub fn release<W: Write + Debug + 'static>(
    orders: Orders,
    journal: W,
    live: Arc<Live>,
    began: Instant,
) -> anyhow::Result<(Tally, W)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let connections = orders.connections;
    let crowd = Rc::new(Crowd {
        orders,
        next: Cell::new(0),
        began,
        journal: RefCell::new(JournalWriter::new(journal)),
        tally: RefCell::new(Tally::new()?),
        live,
        broken: RefCell::new(None),
    });
    let clients = LocalSet::new();
    for _ in 0..connections {
        let crowd = Rc::clone(&crowd);
        clients.spawn_local(async move { crowd.serve_schedule().await });
    }
    runtime.block_on(clients);
    let Some(crowd) = Rc::into_inner(crowd) else { anyhow::bail!("a client outlived the crowd") };
    if let Some(error) = crowd.broken.into_inner() {
        return Err(error.into());
    }
    Ok((crowd.tally.into_inner(), crowd.journal.into_inner().finish()?))
}

impl<W: Write> Crowd<W> {
    async fn serve_schedule(&self) {
        let mut connection = Connection::to(self.orders.door);
        loop {
            let index = self.next.get();
            self.next.set(index + 1);
            let Some(planned) = self.orders.schedule.get(index) else { return };
            let Some(claim) = self.orders.claims.get(usize::try_from(planned.shopper).unwrap_or(usize::MAX)) else {
                continue;
            };
            if planned.at > self.began.elapsed() {
                sleep_until((self.began + planned.at).into()).await;
            }
            let sent = self.began.elapsed();
            let (told, attempts) = self.pursue(claim, &mut connection).await;
            let us = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
            let answered = self.began.elapsed();
            self.record(&Entry {
                request: claim.request,
                subject: Subject::Claim(self.orders.campaign.clone()),
                shopper: claim.shopper.clone(),
                send: planned.send,
                attempts,
                // In a closed loop nothing is scheduled: a send is due when its turn comes.
                scheduled_us: if planned.at.is_zero() { us(sent) } else { us(planned.at) },
                sent_us: us(sent),
                answered_us: us(answered),
                told,
            });
        }
    }

    fn record(&self, entry: &Entry) {
        self.tally.borrow_mut().count(entry, &self.live);
        if let Err(error) = self.journal.borrow_mut().write(entry) {
            self.broken.borrow_mut().get_or_insert(error);
            // Without its journal the sale proves less than it promises: nothing more is sent.
            self.next.set(usize::MAX / 2);
        }
    }

    /// Stays with a claim until its client knows what became of it, or loses patience.
    async fn pursue(&self, claim: &Claim, connection: &mut Connection) -> (Told, u32) {
        let deadline = Instant::now() + self.orders.patience;
        let mut traced = Trace::None;
        let mut attempts = 0;
        let mut pause = Pause::default();
        loop {
            attempts += 1;
            let (trace, after, said) = match timeout(ANSWER_TIMEOUT, connection.exchange(&claim.post)).await {
                Ok(Ok(response)) => match to_claim(&response) {
                    Answer::Decided(told) => return (told, attempts),
                    Answer::Pending => match self.look_up(claim, connection, deadline).await {
                        Some(told) => return (told, attempts),
                        None => return (Told::Unknown { last: "202, never decided".into() }, attempts),
                    },
                    Answer::Door(told) if traced == Trace::None => return (told, attempts),
                    Answer::Door(told) => {
                        let deadline = deadline.min(Instant::now() + LOOKUP_PATIENCE);
                        let decided = self.look_up(claim, connection, deadline).await;
                        let unknown = || Told::Unknown { last: format!("tried, then {told:?}") };
                        return (decided.unwrap_or_else(unknown), attempts);
                    }
                    Answer::Again { after, trace, said } => (trace, after, said),
                },
                Ok(Err(error @ WireError::NotSent(_))) => (Trace::None, None, error.to_string()),
                Ok(Err(error @ WireError::NotAnswered(_))) => (Trace::Possible, None, error.to_string()),
                Err(_) => (Trace::Possible, None, "no answer in time".to_owned()),
            };
            if trace == Trace::Possible {
                traced = Trace::Possible;
            }
            if Instant::now() >= deadline {
                return (Told::Unknown { last: said }, attempts);
            }
            sleep(pause.next(after)).await;
        }
    }

    /// Asks what became of a request until somebody knows.
    async fn look_up(&self, claim: &Claim, connection: &mut Connection, deadline: Instant) -> Option<Told> {
        while Instant::now() < deadline {
            if let Ok(Ok(response)) = timeout(ANSWER_TIMEOUT, connection.exchange(&claim.lookup)).await
                && let Some(told) = to_lookup(&response)
            {
                return Some(told);
            }
            sleep(LOOKUP_INTERVAL).await;
        }
        None
    }
}

/// How long to wait before trying again: as the door says, else 20 ms, doubling to 500 ms, each with up to half on top so that
/// a crowd that was turned away together does not come back together.
#[derive(Default)]
struct Pause {
    tries: u32,
}

impl Pause {
    fn next(&mut self, told: Option<Duration>) -> Duration {
        let own = Duration::from_millis(20 << self.tries.min(5)).min(Duration::from_millis(500));
        self.tries += 1;
        let base = told.map_or(own, |told| told.min(Duration::from_secs(5)));
        base + base.mul_f64(fastrand::f64() / 2.0)
    }
}

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

use audit::client_log::{Entry, JournalError, JournalWriter, Subject, Told};
use events::ids::{CampaignId, CouponId, ShopperId};
use tokio::task::LocalSet;
use tokio::time::sleep_until;

use super::answer::{to_claim, to_lookup};
use super::request::{Ask, Manners, pursue};
use super::schedule::Planned;
use super::tally::{Live, Tally};
use super::wire::Connection;

/// How long a client waits before it asks again what became of its claim.
const LOOKUPS_APART: Duration = Duration::from_millis(100);

const CLAIMS: Manners = Manners { answer: to_claim, lookup: to_lookup, lookups_apart: (LOOKUPS_APART, LOOKUPS_APART) };

/// A claim as it goes over the wire.
pub struct Claim {
    /// Who claims.
    pub shopper: ShopperId,
    /// The request.
    pub ask: Ask,
}

/// What the crowd is to do.
pub struct Storm {
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
    storm: Storm,
    next: Cell<usize>,
    began: Instant,
    journal: RefCell<JournalWriter<W>>,
    tally: RefCell<Tally>,
    coupons: RefCell<Vec<Option<CouponId>>>,
    live: Arc<Live>,
    broken: RefCell<Option<JournalError>>,
}

/// What came of the crowd.
#[derive(Debug)]
pub struct Outcome<W> {
    /// What it was told, summed up.
    pub tally: Tally,
    /// The coupon of each shopper who was granted one, by shopper number.
    pub coupons: Vec<Option<CouponId>>,
    /// The journal, everything written.
    pub journal: W,
}

/// Lets the crowd loose and returns what it was told. Blocks until every send was answered or given up.
///
/// # Errors
/// When the journal cannot be written or the runtime not be built.
pub fn release<W: Write + Debug + 'static>(
    storm: Storm,
    journal: W,
    live: Arc<Live>,
    began: Instant,
) -> anyhow::Result<Outcome<W>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let connections = storm.connections;
    let coupons = RefCell::new(vec![None; storm.claims.len()]);
    let crowd = Rc::new(Crowd {
        storm,
        next: Cell::new(0),
        began,
        journal: RefCell::new(JournalWriter::new(journal)),
        tally: RefCell::new(Tally::new()?),
        coupons,
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
    Ok(Outcome {
        tally: crowd.tally.into_inner(),
        coupons: crowd.coupons.into_inner(),
        journal: crowd.journal.into_inner().finish()?,
    })
}

impl<W: Write> Crowd<W> {
    async fn serve_schedule(&self) {
        let mut connection = Connection::to(self.storm.door);
        loop {
            let index = self.next.get();
            self.next.set(index + 1);
            let Some(planned) = self.storm.schedule.get(index) else { return };
            let shopper = usize::try_from(planned.shopper).unwrap_or(usize::MAX);
            let Some(claim) = self.storm.claims.get(shopper) else { continue };
            if planned.at > self.began.elapsed() {
                sleep_until((self.began + planned.at).into()).await;
            }
            let sent = self.began.elapsed();
            let deadline = Instant::now() + self.storm.patience;
            let (told, attempts) = pursue(&claim.ask, &CLAIMS, &mut connection, deadline).await;
            if let (Told::Granted { coupon }, Some(of_shopper)) = (&told, self.coupons.borrow_mut().get_mut(shopper)) {
                *of_shopper = Some(*coupon);
            }
            let us = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
            let answered = self.began.elapsed();
            self.record(&Entry {
                request: claim.ask.request,
                subject: Subject::Claim(self.storm.campaign.clone()),
                shopper: claim.shopper.clone(),
                course: None,
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
}

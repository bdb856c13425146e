//! The clients: so many connections, each taking the next send of the schedule, waiting for its time, and staying with it until
//! the client knows what became of it or has lost give_up_after. Runs on one thread of its own: what it measures must not wait for
//! what it measures.

use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::io::Write;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use audit::client_log::{Answered, ClientLogError, ClientLogWriter, Entry, Subject};
use events::ids::{CampaignId, CouponId, ShopperId};
use tokio::task::LocalSet;
use tokio::time::sleep_until;

use super::answer::{to_claim, to_lookup};
use super::request::{PreparedRequest, RequestKind, send_until_decided};
use super::schedule::Planned;
use super::tally::{Live, Tally};
use super::wire::Connection;

/// How long a client waits before it asks again what became of its claim.
const LOOKUPS_APART: Duration = Duration::from_millis(100);

/// How answers to a claim are read.
pub(super) const CLAIMS: RequestKind =
    RequestKind { answer: to_claim, lookup: to_lookup, lookups_apart: (LOOKUPS_APART, LOOKUPS_APART) };

/// A claim as it goes over the wire.
pub struct Claim {
    /// Who claims.
    pub shopper: ShopperId,
    /// The request.
    pub ask: PreparedRequest,
}

/// What the clients is to do.
pub struct ClaimLoad {
    /// Ingress.
    pub ingress: SocketAddr,
    /// The campaign.
    pub campaign: CampaignId,
    /// Claims by shopper number.
    pub claims: Vec<Claim>,
    /// When who sends.
    pub schedule: Vec<Planned>,
    /// How many connections.
    pub connections: usize,
    /// How long a client keeps trying.
    pub give_up_after: Duration,
}

struct Clients<W: Write> {
    load: ClaimLoad,
    next: Cell<usize>,
    began: Instant,
    client_log: RefCell<ClientLogWriter<W>>,
    tally: RefCell<Tally>,
    coupons: RefCell<Vec<Option<CouponId>>>,
    live: Arc<Live>,
    broken: RefCell<Option<ClientLogError>>,
}

/// What came of the clients.
#[derive(Debug)]
pub struct Outcome<W> {
    /// What it was answered, summed up.
    pub tally: Tally,
    /// The coupon of each shopper who was granted one, by shopper number.
    pub coupons: Vec<Option<CouponId>>,
    /// The client log, everything written.
    pub client_log: W,
}

/// Lets the clients loose and returns what it was answered. Blocks until every send was answered or given up.
///
/// # Errors
/// When the client log cannot be written or the runtime not be built.
pub fn run<W: Write + Debug + 'static>(
    load: ClaimLoad,
    client_log: W,
    live: Arc<Live>,
    began: Instant,
) -> anyhow::Result<Outcome<W>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let connections = load.connections;
    let coupons = RefCell::new(vec![None; load.claims.len()]);
    let clients = Rc::new(Clients {
        load,
        next: Cell::new(0),
        began,
        client_log: RefCell::new(ClientLogWriter::new(client_log)),
        tally: RefCell::new(Tally::new()?),
        coupons,
        live,
        broken: RefCell::new(None),
    });
    let tasks = LocalSet::new();
    for _ in 0..connections {
        let clients = Rc::clone(&clients);
        tasks.spawn_local(async move { clients.serve_schedule().await });
    }
    runtime.block_on(tasks);
    let Some(clients) = Rc::into_inner(clients) else { anyhow::bail!("a client outlived its load") };
    if let Some(error) = clients.broken.into_inner() {
        return Err(error.into());
    }
    Ok(Outcome {
        tally: clients.tally.into_inner(),
        coupons: clients.coupons.into_inner(),
        client_log: clients.client_log.into_inner().finish()?,
    })
}

impl<W: Write> Clients<W> {
    async fn serve_schedule(&self) {
        let mut connection = Connection::to(self.load.ingress);
        loop {
            let index = self.next.get();
            self.next.set(index + 1);
            let Some(planned) = self.load.schedule.get(index) else { return };
            let shopper = usize::try_from(planned.shopper).unwrap_or(usize::MAX);
            let Some(claim) = self.load.claims.get(shopper) else { continue };
            if planned.at > self.began.elapsed() {
                sleep_until((self.began + planned.at).into()).await;
            }
            let sent = self.began.elapsed();
            let deadline = Instant::now() + self.load.give_up_after;
            let (answered, attempts) = send_until_decided(&claim.ask, &CLAIMS, &mut connection, deadline).await;
            if let (Answered::Granted { coupon }, Some(of_shopper)) =
                (&answered, self.coupons.borrow_mut().get_mut(shopper))
            {
                *of_shopper = Some(*coupon);
            }
            let us = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
            let ended = self.began.elapsed();
            self.record(&Entry {
                request: claim.ask.request,
                subject: Subject::Claim(self.load.campaign.clone()),
                shopper: claim.shopper.clone(),
                scenario: None,
                send: planned.send,
                attempts,
                // In a closed loop nothing is scheduled: a send is due when its turn comes.
                scheduled_us: if planned.at.is_zero() { us(sent) } else { us(planned.at) },
                sent_us: us(sent),
                answered_us: us(ended),
                answered,
            });
        }
    }

    fn record(&self, entry: &Entry) {
        self.tally.borrow_mut().count(entry, &self.live);
        if let Err(error) = self.client_log.borrow_mut().write(entry) {
            self.broken.borrow_mut().get_or_insert(error);
            // Without its client log the sale proves less than it promises: nothing more is sent.
            self.next.set(usize::MAX / 2);
        }
    }
}

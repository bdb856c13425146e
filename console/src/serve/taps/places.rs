//! Who taps: so many at once, and so many of one caller; each can be asked to stop; the end of all can be awaited.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use events::audit::AuditRecord;
use prometheus::Registry;
use streams::kafka::ClusterConfig;
use tokio::sync::watch;
use web::signed::Signer;
use web::token::Secrets;

use super::config::TapsConfig;
use super::metrics::TapMetrics;
use crate::serve::problem::Problem;
use crate::tap::audit::AuditLog;
use crate::tap::{MaskKey, SharedRate};

/// What tokens of taps are signed for.
const PURPOSE: &str = "tap";

/// What all taps and stories share.
pub(in crate::serve) struct Taps {
    pub(super) config: TapsConfig,
    pub(in crate::serve) cluster: ClusterConfig,
    /// What hashes of personal fields are keyed with.
    pub(in crate::serve) mask_key: Option<MaskKey>,
    pub(super) signer: Arc<Signer>,
    /// What all taps read together.
    pub(super) rate: SharedRate,
    pub(in crate::serve) metrics: TapMetrics,
    audit: OnceLock<Result<AuditLog, String>>,
    open: Mutex<Open>,
    running: watch::Sender<usize>,
}

#[derive(Default)]
struct Open {
    next: u64,
    places: BTreeMap<u64, (String, Arc<AtomicBool>)>,
    is_closing: bool,
}

/// The place of one tap or story; leaving it is dropping it.
pub(in crate::serve) struct Place {
    taps: Arc<Taps>,
    number: u64,
    /// Set by whoever wants it to end.
    pub(in crate::serve) stop: Arc<AtomicBool>,
}

/// Something that a role that stops waits for: an end that is to be told and written down.
pub(in crate::serve) struct Running(Arc<Taps>);

impl Taps {
    pub(in crate::serve) fn new(
        config: TapsConfig,
        cluster: ClusterConfig,
        mask_key: Option<MaskKey>,
        secrets: &Secrets,
        registry: &Registry,
    ) -> Result<Self, prometheus::Error> {
        Ok(Self {
            rate: SharedRate::new(config.bytes_per_second_together),
            config,
            cluster,
            mask_key,
            signer: Arc::new(Signer::new(PURPOSE, secrets)),
            metrics: TapMetrics::register(registry)?,
            audit: OnceLock::new(),
            open: Mutex::default(),
            running: watch::Sender::new(0),
        })
    }

    /// A place for this caller.
    pub(in crate::serve) fn enter(self: &Arc<Self>, caller: &str) -> Result<Place, Problem> {
        let mut open = self.open();
        let own = open.places.values().filter(|(name, _)| name == caller).count();
        if own >= self.config.most_per_caller {
            return Err(Problem::TooManyOwnTaps);
        }
        if open.places.len() >= self.config.most || open.is_closing {
            return Err(Problem::TooManyTaps);
        }
        let (number, stop) = (open.next, Arc::new(AtomicBool::new(false)));
        open.next += 1;
        open.places.insert(number, (caller.to_owned(), Arc::clone(&stop)));
        self.metrics.open.inc();
        Ok(Place { taps: Arc::clone(self), number, stop })
    }

    /// What the end of all waits for, until it is dropped.
    pub(in crate::serve) fn running(self: &Arc<Self>) -> Running {
        self.running.send_modify(|running| *running += 1);
        Running(Arc::clone(self))
    }

    /// Asks every tap to end, and lets none begin.
    pub(in crate::serve) fn close(&self) {
        let mut open = self.open();
        open.is_closing = true;
        open.places.values().for_each(|(_, stop)| stop.store(true, Ordering::Relaxed));
    }

    /// Returns when every tap has ended and its end is written down.
    pub(in crate::serve) async fn ended(&self) {
        // The sender is our own: it cannot be gone.
        drop(self.running.subscribe().wait_for(|running| *running == 0).await);
    }

    /// How many are open.
    #[cfg(test)]
    pub(in crate::serve) fn len(&self) -> usize {
        self.open().places.len()
    }

    /// Writes a record to the audit topic; returns when it is durable.
    ///
    /// # Errors
    /// Says why it is not.
    pub(in crate::serve) async fn audit(&self, record: &AuditRecord) -> Result<(), String> {
        match self.audit.get_or_init(|| AuditLog::new(&self.cluster)) {
            Ok(log) => log.write(record).await,
            Err(error) => Err(error.clone()),
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.taps.open().places.remove(&self.number);
        self.taps.metrics.open.dec();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.send_modify(|running| *running = running.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use web::token::Secret;

    use super::*;

    fn taps(most: usize, most_per_caller: usize) -> Arc<Taps> {
        let secrets = Secrets::new(vec![Secret::new("x".repeat(32)).unwrap()]).unwrap();
        let config = TapsConfig { most, most_per_caller, ..TapsConfig::default() };
        Arc::new(Taps::new(config, ClusterConfig::default(), None, &secrets, &Registry::new()).unwrap())
    }

    #[test]
    fn a_place_is_free_as_soon_as_it_is_left() {
        let taps = taps(3, 2);
        let (one, _two) = (taps.enter("kim").unwrap(), taps.enter("kim").unwrap());
        assert_eq!(taps.enter("kim").err(), Some(Problem::TooManyOwnTaps));
        let _three = taps.enter("lee").unwrap();
        assert_eq!(taps.enter("lee").err(), Some(Problem::TooManyTaps));
        drop(one);
        assert!(taps.enter("lee").is_ok());
        assert_eq!((taps.len(), taps.metrics.open.get()), (2, 2));
    }

    #[tokio::test]
    async fn closing_stops_all_and_waits_for_their_ends() {
        let taps = taps(3, 3);
        let (place, running) = (taps.enter("kim").unwrap(), taps.running());
        taps.close();
        assert!(place.stop.load(Ordering::Relaxed));
        assert_eq!(taps.enter("kim").err(), Some(Problem::TooManyTaps));
        let ended = tokio::spawn({
            let taps = Arc::clone(&taps);
            async move { taps.ended().await }
        });
        tokio::task::yield_now().await;
        assert!(!ended.is_finished());
        drop((place, running));
        ended.await.unwrap();
    }
}

//! Every campaign in memory, as of the last event that changed something about it. The cache of campaigns answers `GET` and refuses claims
//! that the processor would certainly refuse, without touching the log. When in doubt it refuses nothing: it is behind by
//! milliseconds, its clock is not the log's, and only the processor decides.

mod follow;
mod load;

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use events::coupons::{CampaignStatus, CampaignTerms, CouponEvent, CouponFact, Refusal, StockCount};
use events::ids::{CampaignId, RequestId};
use events::time::Timestamp;
use tokio::sync::watch;

pub(crate) use follow::{Applied, Follower};
pub(crate) use load::load;

use crate::config::CampaignCacheConfig;

/// Every campaign.
pub(crate) struct CampaignCache {
    campaigns: RwLock<HashMap<CampaignId, Listing>>,
    /// Whether what it shows is current; while it is not, nothing is refused from it.
    is_current: AtomicBool,
    /// Whether a campaign that is not on it does not exist.
    is_complete: AtomicBool,
    clock_margin_ms: i64,
    grants_remembered_ms: i64,
    changed: watch::Sender<()>,
}

/// One campaign on the cache of campaigns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Listing {
    /// Its terms; nothing when the log no longer holds them and Postgres was not asked.
    pub(crate) terms: Option<CampaignTerms>,
    /// What an operator has made of it.
    pub(crate) status: CampaignStatus,
    /// Where its coupons are.
    pub(crate) stock: StockCount,
    /// Its version at the last change that shows here.
    pub(crate) version: u64,
    /// When that was, by the log.
    pub(crate) updated_at: Timestamp,
    granted: HashSet<u64, BuildHasherDefault<GrantHasher>>,
}

/// What a shopper sees of a campaign's life.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    /// The claim window has not begun.
    Upcoming,
    /// Coupons can be claimed.
    Open,
    /// An operator has paused it.
    Paused,
    /// No coupon remains; one may return.
    SoldOut,
    /// The claim window is over, or the campaign was ended.
    Closed,
}

/// Requests are hashes already.
#[derive(Default)]
pub(crate) struct GrantHasher(u64);

impl std::hash::Hasher for GrantHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _bytes: &[u8]) {}
    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

/// Half of a request's id tells grants apart well enough: taking another request for a grant only means asking the processor.
fn grant_mark(request: &RequestId) -> u64 {
    request.as_bytes().first_chunk().map_or(0, |half| u64::from_le_bytes(*half))
}

impl Listing {
    /// Its phase at this time.
    pub(crate) fn phase(&self, now: Timestamp) -> Phase {
        let window = self.terms.as_ref().map(|terms| terms.claim);
        match (self.status, window) {
            (CampaignStatus::Ended, _) => Phase::Closed,
            (_, Some(window)) if now < window.from => Phase::Upcoming,
            (_, Some(window)) if now >= window.until => Phase::Closed,
            (CampaignStatus::Paused, _) => Phase::Paused,
            (CampaignStatus::Running, _) if self.stock.remaining == 0 => Phase::SoldOut,
            (CampaignStatus::Running, _) => Phase::Open,
        }
    }

    /// The refusal that the processor would certainly give to a new claim.
    fn refusal(&self, now: Timestamp, margin_ms: i64) -> Option<Refusal> {
        if let Some(window) = self.terms.as_ref().map(|terms| terms.claim) {
            let now = now.as_millis();
            if now < window.from.as_millis().saturating_sub(margin_ms) {
                return Some(Refusal::NotOpen);
            }
            if now >= window.until.as_millis().saturating_add(margin_ms) {
                return Some(Refusal::Closed);
            }
        }
        match self.status {
            CampaignStatus::Ended => Some(Refusal::Closed),
            CampaignStatus::Paused => Some(Refusal::Paused),
            CampaignStatus::Running if self.stock.remaining == 0 => Some(Refusal::SoldOut),
            CampaignStatus::Running => None,
        }
    }
}

impl CampaignCache {
    pub(crate) fn new(config: &CampaignCacheConfig) -> Self {
        Self {
            campaigns: RwLock::default(),
            is_current: AtomicBool::new(false),
            is_complete: AtomicBool::new(true),
            clock_margin_ms: config.clock_margin_ms,
            grants_remembered_ms: config.grants_remembered_ms,
            changed: watch::Sender::new(()),
        }
    }

    /// The campaign as the cache of campaigns has it.
    pub(crate) fn listing(&self, campaign: &CampaignId) -> Option<Listing> {
        let campaigns = self.campaigns.read().unwrap_or_else(PoisonError::into_inner);
        // Without the grants: they may be many, and nobody outside needs them.
        campaigns.get(campaign).map(|listing| Listing {
            terms: listing.terms.clone(),
            status: listing.status,
            stock: listing.stock,
            version: listing.version,
            updated_at: listing.updated_at,
            granted: HashSet::default(),
        })
    }

    /// The refusal that the processor would certainly give to this claim; nothing when it must be asked. A request that was
    /// granted before is never refused here: the processor will repeat its grant.
    pub(crate) fn refusal(&self, campaign: &CampaignId, request: &RequestId, now: Timestamp) -> Option<Refusal> {
        if !self.is_current() {
            return None;
        }
        let campaigns = self.campaigns.read().unwrap_or_else(PoisonError::into_inner);
        match campaigns.get(campaign) {
            None => self.is_complete.load(Ordering::Relaxed).then_some(Refusal::UnknownCampaign),
            Some(listing) => {
                listing.refusal(now, self.clock_margin_ms).filter(|_| !listing.granted.contains(&grant_mark(request)))
            }
        }
    }

    /// Takes a fact over, unless it is older than what is shown.
    pub(crate) fn apply(&self, event: CouponEvent) {
        {
            let mut campaigns = self.campaigns.write().unwrap_or_else(PoisonError::into_inner);
            let listing = campaigns.entry(event.campaign).or_insert_with(|| Listing {
                terms: None,
                status: CampaignStatus::Running,
                stock: StockCount::default(),
                version: 0,
                updated_at: Timestamp::default(),
                granted: HashSet::default(),
            });
            if event.version <= listing.version {
                return;
            }
            listing.version = event.version;
            listing.updated_at = event.at;
            listing.stock = event.stock;
            match event.fact {
                CouponFact::CampaignDefined { terms, .. } => listing.terms = Some(terms),
                CouponFact::CampaignPaused { .. } => listing.status = CampaignStatus::Paused,
                CouponFact::CampaignResumed { .. } => listing.status = CampaignStatus::Running,
                CouponFact::CampaignEnded { .. } => listing.status = CampaignStatus::Ended,
                CouponFact::CouponGranted { request, .. } => {
                    listing.granted.insert(grant_mark(&request));
                }
                _ => {}
            }
        }
        self.changed.send_replace(());
    }

    /// Puts a campaign on the cache of campaigns as a projection has it.
    pub(crate) fn put(&self, campaign: CampaignId, listing: Listing) {
        self.campaigns.write().unwrap_or_else(PoisonError::into_inner).insert(campaign, listing);
    }

    /// Enters a grant as a projection has it.
    pub(crate) fn put_grant(&self, campaign: &CampaignId, request: &RequestId) {
        let mut campaigns = self.campaigns.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(listing) = campaigns.get_mut(campaign) {
            listing.granted.insert(grant_mark(request));
        }
    }

    /// Waits until the cache of campaigns shows this version of the campaign. To be given a deadline.
    pub(crate) async fn shows(&self, campaign: &CampaignId, version: u64) {
        let mut changed = self.changed.subscribe();
        while self.version(campaign) < version {
            if changed.changed().await.is_err() {
                return;
            }
        }
    }

    fn version(&self, campaign: &CampaignId) -> u64 {
        let campaigns = self.campaigns.read().unwrap_or_else(PoisonError::into_inner);
        campaigns.get(campaign).map_or(0, |listing| listing.version)
    }

    /// Whether what it shows is current.
    pub(crate) fn is_current(&self) -> bool {
        self.is_current.load(Ordering::Relaxed)
    }

    /// States whether what it shows is current.
    pub(crate) fn set_current(&self, is_current: bool) {
        self.is_current.store(is_current, Ordering::Relaxed);
    }

    /// The log's beginning is gone: a campaign that is not on the cache of campaigns may exist.
    pub(crate) fn set_incomplete(&self) {
        self.is_complete.store(false, Ordering::Relaxed);
    }

    /// Forgets grants of campaigns that have long been over. To be called now and then.
    pub(crate) fn prune(&self, now: Timestamp) {
        let is_over = |listing: &Listing| {
            listing.terms.as_ref().is_some_and(|terms| {
                now.as_millis().saturating_sub(terms.claim.until.as_millis()) > self.grants_remembered_ms
            })
        };
        let mut campaigns = self.campaigns.write().unwrap_or_else(PoisonError::into_inner);
        for listing in campaigns.values_mut().filter(|listing| is_over(listing)) {
            listing.granted = HashSet::default();
        }
    }

    /// Campaigns on the cache of campaigns.
    pub(crate) fn len(&self) -> usize {
        self.campaigns.read().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[cfg(test)]
mod cache_tests;

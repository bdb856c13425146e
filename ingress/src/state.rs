//! What every handler shares, and the checks that every route of the interface begins with.

use std::sync::Arc;

use events::time::Timestamp;
use prometheus::Registry;
use streams::emitter::Emitter;
use streams::service::Health;
use web::token::Verifier;

use crate::admission::Inboxes;
use crate::auth::{Caller, WebhookToken};
use crate::campaign_cache::CampaignCache;
use crate::config::Config;
use crate::limits::{Limits, QuotaClass};
use crate::metrics::Metrics;
use crate::order_streams::OrderStreams;
use crate::prices::{PriceSource, Prices};
use crate::problem::Problem;
use crate::reads::Reads;
use crate::replies::PendingRequests;
use crate::request::Call;

/// What every handler shares.
pub(crate) struct State {
    pub(crate) config: Config,
    pub(crate) verifier: Verifier,
    pub(crate) limits: Limits,
    pub(crate) campaigns: CampaignCache,
    pub(crate) pending: Arc<PendingRequests>,
    /// Operators' keys of late, with what they came with.
    pub(crate) operator_keys: Arc<PendingRequests>,
    pub(crate) order_streams: Arc<OrderStreams>,
    pub(crate) prices: Prices,
    /// Where prices are read instead, if they are.
    pub(crate) price_source: Option<Arc<dyn PriceSource>>,
    pub(crate) reads: Reads,
    pub(crate) emitter: Arc<dyn Emitter>,
    pub(crate) inboxes: Inboxes,
    pub(crate) reply_partition: i32,
    /// What webhooks must bring along.
    pub(crate) webhook_token: Option<WebhookToken>,
    pub(crate) metrics: Metrics,
    pub(crate) registry: Registry,
    pub(crate) health: Health,
}

impl State {
    /// Who is asking: limits that need no name first, so that forging tokens is limited too.
    ///
    /// # Errors
    /// `RATE_LIMITED`, `TOKEN_MISSING`, `TOKEN_INVALID`.
    pub(crate) fn authorise(&self, call: &Call, quota: QuotaClass) -> Result<Caller, Problem> {
        self.limits.admit_anyone(call, &self.metrics)?;
        let caller = Caller::of(&call.headers, &self.verifier)?;
        self.limits.admit_caller(call, quota, &caller, &self.metrics)?;
        Ok(caller)
    }
}

/// This machine's clock. Nothing is decided by it but what an answer from memory may say.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(streams::clock::now_ms())
}

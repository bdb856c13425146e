//! `Prefer` (RFC 7240): how long a client will wait for the decision. Unknown preferences are ignored, as the RFC wants.

use std::time::Duration;

use warp::http::{HeaderName, HeaderValue};

use super::Call;
use crate::config::WaitingConfig;

pub(crate) const PREFER: HeaderName = HeaderName::from_static("prefer");
pub(crate) const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// How long to wait for a decision after which the answer is 202.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct WaitPreference {
    /// From the request's beginning.
    pub(crate) wait: Duration,
    /// What to answer in `Preference-Applied`.
    pub(crate) applied: Option<HeaderValue>,
}

/// What the client prefers, within what the configuration allows. Of a preference named twice the first counts.
pub(crate) fn wait_preference(call: &Call, config: &WaitingConfig) -> WaitPreference {
    let mut wait = None;
    let mut is_async = false;
    let values = call.headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    for preference in values.flat_map(|value| value.split(',')) {
        let preference = preference.split(';').next().unwrap_or_default();
        let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
        let name = name.trim();
        if name.eq_ignore_ascii_case("respond-async") {
            is_async = true;
        } else if name.eq_ignore_ascii_case("wait") && wait.is_none() {
            wait = value.trim().trim_matches('"').parse::<u64>().ok();
        }
    }
    // Together they mean: answer within the wait if you can, else 202. So the wait decides.
    match (wait, is_async) {
        (Some(seconds), _) => {
            let seconds = seconds.min(config.longest_wait_seconds);
            let applied = HeaderValue::from_str(&format!("wait={seconds}")).ok();
            WaitPreference { wait: Duration::from_secs(seconds), applied }
        }
        (None, true) => {
            WaitPreference { wait: Duration::ZERO, applied: Some(HeaderValue::from_static("respond-async")) }
        }
        (None, false) => WaitPreference { wait: Duration::from_millis(config.default_wait_ms), applied: None },
    }
}

//! `PUT`: what a thing is. The content is part of the request, so that a key that comes again with other content, after this process
//! has forgotten the first, can never be mistaken for the first.

use events::ids::RequestId;
use events::request::Fingerprint;
use projections::Subject;

use crate::admission::conflict;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::replies::{Beginning, Wanted};
use crate::request::idempotency;
use crate::state::State;

/// The request of an operator who defines the subject, with or without an `Idempotency-Key`, and what it says.
///
/// # Errors
/// `IDEMPOTENCY_CONFLICT` for a key that came with other content a short while ago.
pub(super) fn request(
    state: &State,
    caller: &Caller,
    route: &str,
    key: Option<&str>,
    canonical: &[u8],
    subject: &Subject,
) -> Result<(RequestId, Fingerprint), Problem> {
    let fingerprint = Fingerprint::of(canonical);
    let Some(key) = key else { return Ok((idempotency::unrepeatable(), fingerprint)) };
    let of_key = RequestId::of(caller.id.as_str(), route, key);
    match state.operator_keys.begin(of_key, fingerprint, &caller.id, subject, Wanted::Acknowledgement) {
        Beginning::Conflict => return Err(conflict(of_key)),
        Beginning::Proceed(_) | Beginning::Decided(_) => {}
    }
    let request = RequestId::of(caller.id.as_str(), &format!("{route} {}", fingerprint.as_u64()), key);
    Ok((request, fingerprint))
}

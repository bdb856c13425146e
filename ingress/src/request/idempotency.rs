//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): bare, or as a quoted structured-field string. 16 to 128 of
//! `A-Z a-z 0-9 - _`: long enough not to be guessed or repeated, and safe wherever it may be written.

use events::ids::RequestId;
use warp::http::HeaderName;

use super::Call;
use crate::problem::{Code, Problem};

/// The header.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The key, if there is one.
///
/// # Errors
/// `IDEMPOTENCY_KEY_INVALID` when there is one that is not a key, or more than one.
pub(crate) fn key(call: &Call) -> Result<Option<&str>, Problem> {
    if !call.headers.contains_key(IDEMPOTENCY_KEY) {
        return Ok(None);
    }
    let invalid = || Problem::new(Code::KeyInvalid).detail("a key has 16 to 128 letters, digits, '-' or '_'");
    let given = call.only(&IDEMPOTENCY_KEY).ok_or_else(invalid)?.trim();
    let bare = match given.strip_prefix('"') {
        None => given,
        Some(rest) => rest.strip_suffix('"').ok_or_else(invalid)?,
    };
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if (16..=128).contains(&bare.len()) && bare.bytes().all(legal) { Ok(Some(bare)) } else { Err(invalid()) }
}

/// The key of a route that needs one.
///
/// # Errors
/// `IDEMPOTENCY_KEY_MISSING`, `IDEMPOTENCY_KEY_INVALID`.
pub(crate) fn required_key(call: &Call) -> Result<&str, Problem> {
    key(call)?.ok_or_else(|| Problem::new(Code::KeyMissing))
}

/// A request id that nobody can send again.
pub(crate) fn unrepeatable() -> RequestId {
    RequestId::from_bytes(fastrand::u128(..).to_le_bytes())
}

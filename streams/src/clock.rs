//! The system's clock. Nothing that a processor decides depends on it: a decision sees the log's time only.

use std::time::SystemTime;

/// This machine's time, milliseconds since 1970.
#[must_use]
pub fn now_ms() -> i64 {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

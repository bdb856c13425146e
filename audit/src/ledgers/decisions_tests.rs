//! When a request may be decided a second time.

use super::decisions::{Decision, Decisions};
use events::ids::RequestId;
use events::request::RETRY_WINDOW_MS;
use events::time::Timestamp;

#[test]
fn a_second_decision_needs_a_retry_window_and_is_no_second_grant() {
    use Decision::{Applied, Granted, Refused};
    let cases = [
        (Applied, Applied, 0, false),
        (Applied, Applied, RETRY_WINDOW_MS - 1, false),
        (Applied, Applied, RETRY_WINDOW_MS, true),
        (Granted, Granted, RETRY_WINDOW_MS, false),
        (Granted, Refused, RETRY_WINDOW_MS - 1, false),
        (Granted, Refused, RETRY_WINDOW_MS, true),
        (Applied, Refused, RETRY_WINDOW_MS - 1, false),
        (Applied, Refused, RETRY_WINDOW_MS, true),
        (Refused, Refused, 0, false),
        (Refused, Refused, RETRY_WINDOW_MS, true),
        (Refused, Applied, RETRY_WINDOW_MS - 1, false),
        (Refused, Applied, RETRY_WINDOW_MS, true),
    ];
    for (first, second, later, expected) in cases {
        let mut decisions = Decisions::default();
        let request = RequestId::from_bytes([1; 16]);
        assert!(decisions.take(request, Timestamp::from_millis(5), first));
        let judged = decisions.take(request, Timestamp::from_millis(5 + later), second);
        assert_eq!(judged, expected, "{first:?}, then {second:?} after {later} ms");
        assert_eq!(decisions.len(), 1);
    }
}

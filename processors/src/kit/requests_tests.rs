//! What was accepted is remembered for a day, whatever comes between; refusals age out in a bound of their own.

use events::ids::RequestId;
use events::request::Fingerprint;
use events::time::Timestamp;
use proptest::prelude::*;

use super::{Answer, Bounds, Remembered, Requests, Seen, Standing};
use crate::policy::RETRY_WINDOW_MS;

const BOUNDS: Bounds = Bounds { accepted: 3, refused: 2, kept: 0 };

impl Answer for Standing {
    fn standing(&self) -> Standing {
        *self
    }
}

fn request(number: u16) -> RequestId {
    RequestId::derive(&[&number.to_le_bytes()])
}

fn known(number: u16, at: i64, answer: Standing) -> Remembered<Standing> {
    let (fingerprint, at) = (Fingerprint::from_u64(7), Timestamp::from_millis(at));
    Remembered { request: request(number), fingerprint, at, answer }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// Plays letters at their times: `a` accepted, `r` refused, `p` pending. Answers with the numbers of those that are remembered.
fn remembered(letters: &str, bounds: &Bounds) -> Vec<u16> {
    let mut requests = Requests::default();
    let mut number = 0;
    for (number_here, letter) in (0..).zip(letters.chars()) {
        let answer = match letter {
            'a' => Standing::Accepted,
            'r' => Standing::Refused,
            _ => Standing::Pending,
        };
        let now = i64::from(number_here);
        if answer == Standing::Refused || requests.has_room(at(now), bounds) {
            requests.remember(known(number_here, now, answer), at(now), bounds);
        }
        number = number_here;
    }
    (0..=number).filter(|number| requests.find(request(*number)).is_some()).collect()
}

#[test]
fn refusals_age_out_and_what_was_accepted_does_not() {
    assert_eq!(remembered("arrrrrr", &BOUNDS), [0, 5, 6]);
    assert_eq!(remembered("rarara", &BOUNDS), [1, 2, 3, 4, 5]);
    assert_eq!(remembered("aaaa", &BOUNDS), [0, 1, 2], "there is no room for a fourth");
    assert_eq!(remembered("prrr", &BOUNDS), [0, 2, 3], "what is pending is not forgotten");
    assert_eq!(remembered("rrrr", &Bounds { kept: 1, ..BOUNDS }), [0, 3], "the first is kept, and counts");
}

#[test]
fn there_is_room_again_after_a_retry_window() {
    let mut requests = Requests::default();
    for number in 0..3 {
        requests.remember(known(number, i64::from(number), Standing::Accepted), at(3), &BOUNDS);
    }
    assert!(!requests.has_room(at(RETRY_WINDOW_MS - 1), &BOUNDS));
    assert!(requests.has_room(at(RETRY_WINDOW_MS), &BOUNDS));
    requests.remember(known(3, RETRY_WINDOW_MS, Standing::Accepted), at(RETRY_WINDOW_MS), &BOUNDS);
    assert_eq!((0..4).filter(|number| requests.find(request(*number)).is_some()).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(
        !Requests::has_room(&requests, at(RETRY_WINDOW_MS), &Bounds { kept: 3, ..BOUNDS }),
        "the first three are kept"
    );
}

#[test]
fn another_request_under_the_same_id_is_a_conflict() {
    let mut requests = Requests::default();
    requests.remember(known(1, 0, Standing::Accepted), at(0), &BOUNDS);
    assert!(matches!(requests.recall(request(1), Fingerprint::from_u64(7)), Some(Seen::Repeat(_))));
    assert!(matches!(requests.recall(request(1), Fingerprint::from_u64(8)), Some(Seen::Conflict)));
    assert!(requests.recall(request(2), Fingerprint::from_u64(7)).is_none());
}

proptest! {
    /// Whatever comes between, and however often.
    #[test]
    fn nothing_accepted_is_forgotten_within_a_retry_window(steps in prop::collection::vec((any::<bool>(), 0..RETRY_WINDOW_MS / 4), 1..60)) {
        let (mut requests, mut now, mut accepted) = (Requests::default(), 0, Vec::new());
        for (number, (is_valid, pause)) in (0..).zip(steps) {
            now += pause;
            let accept = is_valid && requests.has_room(at(now), &BOUNDS);
            let answer = if accept { Standing::Accepted } else { Standing::Refused };
            requests.remember(known(number, now, answer), at(now), &BOUNDS);
            if accept {
                accepted.push((number, now));
            }
            for (number, then) in &accepted {
                prop_assert!(then + RETRY_WINDOW_MS <= now || requests.find(request(*number)).is_some(), "{number} at {now}");
            }
            prop_assert!(requests.0.len() <= BOUNDS.accepted + BOUNDS.refused);
        }
    }
}

//! What a minute of looks at a position says.

use super::super::round::Moment;
use super::super::snapshot::Status;
use super::{Look, Others, PositionHistory};

const ALONE: Others = Others { moved: false, has_members: true };
const BESIDE_OTHERS: Others = Others { moved: true, has_members: true };

/// A minute and a bit of looks a second apart: position, records that wait and seconds by the second.
fn looked(seconds: i64, at: impl Fn(i64) -> (i64, i64, f64)) -> PositionHistory {
    let mut history = PositionHistory::default();
    for second in 0..=seconds {
        let (position, records, behind) = at(second);
        let elapsed_ms = second * 1_000;
        let look = Look { elapsed_ms, position, stable: position + records, records, seconds: Some(behind) };
        history.take(Moment { wall_ms: elapsed_ms, elapsed_ms }, look);
    }
    history
}

#[test]
fn the_first_of_the_list_that_holds_is_the_status() {
    #[expect(clippy::cast_precision_loss, reason = "seconds")]
    let aged = |second: i64| second as f64;
    let table = [
        ("nothing waits", looked(70, |_| (5, 0, 0.0)), ALONE, Status::Ok),
        ("nothing moves", looked(70, |second| (5, 3, aged(second))), ALONE, Status::Stopped),
        ("nothing moves but others", looked(70, |second| (5, 3, aged(second))), BESIDE_OTHERS, Status::Stalled),
        (
            "others move, but by nobody's hand",
            looked(70, |second| (5, 3, aged(second))),
            Others { moved: true, has_members: false },
            Status::Stopped,
        ),
        ("not yet a minute", looked(59, |second| (5, 3, aged(second))), ALONE, Status::Ok),
        ("a minute", looked(60, |second| (5, 3, aged(second))), ALONE, Status::Stopped),
        (
            "records have waited for half a minute",
            looked(70, |second| (5, i64::from(second > 40), 1.0)),
            ALONE,
            Status::Ok,
        ),
        ("it moves and falls behind", looked(70, |second| (second, 3, aged(second))), ALONE, Status::Slow),
        ("it moves and is as far behind as ever", looked(70, |second| (second, 3, 4.0)), ALONE, Status::Ok),
        (
            "it moves and caught up a little once",
            looked(70, |second| (second, 3, if second == 30 { 1.0 } else { aged(second) })),
            ALONE,
            Status::Ok,
        ),
        (
            "it went back",
            looked(70, |second| (if second < 50 { 90 } else { 10 + second }, 3, 1.0)),
            ALONE,
            Status::Rewound,
        ),
        (
            "it went back long ago",
            looked(170, |second| (if second < 50 { 900 } else { 10 + second }, 3, 4.0)),
            ALONE,
            Status::Ok,
        ),
        ("nothing was seen", PositionHistory::default(), ALONE, Status::Unknown),
    ];
    for (name, history, others, expected) in table {
        assert_eq!(history.status(false, others), expected, "{name}");
    }
    assert_eq!(looked(3, |_| (500, 0, 0.0)).status(true, ALONE), Status::Rewound, "beyond the end of the log");
}

#[test]
fn rates_are_of_the_window() {
    let history = looked(100, |second| (second * 10, second * 5, 1.0));
    assert_eq!(history.rates(), Some((15.0, 10.0)));
    assert_eq!(looked(0, |_| (1, 1, 1.0)).rates(), None);
}

#[test]
fn a_move_is_remembered_with_its_time() {
    let history = looked(100, |second| (second.min(20), 1, 1.0));
    assert_eq!(history.moved().map(|moved| moved.elapsed_ms), Some(20_000));
    assert!(!history.has_moved_lately(100_000) && history.has_moved_lately(79_000));
    assert_eq!(looked(9, |_| (1, 1, 1.0)).moved(), None);
}

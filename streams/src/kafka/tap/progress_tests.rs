//! When a span is done, and what is lost.

use super::{Progress, Span};

fn progress(from: i64, to: Option<i64>) -> Progress {
    Progress::of(Span { topic: "t".into(), partition: 0, from, to })
}

#[test]
fn a_span_is_done_by_the_record_before_its_end_or_one_behind_it() {
    let mut before = progress(0, Some(3));
    assert!(before.take(1) && !before.is_done && before.take(2));
    assert_eq!((before.position, before.is_done), (3, true));
    let mut behind = progress(0, Some(3));
    assert!(behind.take(0) && !behind.take(7));
    assert_eq!((behind.position, behind.is_done), (3, true), "what is behind the end is no part of it");
    assert!(!behind.take(2), "nothing more is taken");
}

#[test]
fn a_span_is_done_by_the_end_of_the_partition() {
    let mut marker_last = progress(5, Some(10));
    marker_last.end();
    assert_eq!((marker_last.position, marker_last.is_done), (10, true));
    let mut endless = progress(5, None);
    endless.end();
    assert_eq!((endless.position, endless.is_done), (5, false));
}

#[test]
fn an_empty_span_is_done_at_once() {
    assert!(progress(4, Some(4)).is_done && progress(4, Some(2)).is_done && !progress(4, None).is_done);
}

#[test]
fn what_retention_deletes_is_lost_up_to_the_end_of_the_span() {
    let mut some = progress(0, Some(10));
    some.take(1);
    some.overtaken(5);
    assert_eq!((some.position, some.lost, some.is_done), (5, 3, false));
    some.overtaken(20);
    assert_eq!((some.position, some.lost, some.is_done), (10, 8, true));
    let mut none = progress(8, Some(10));
    none.overtaken(5);
    assert_eq!((none.position, none.lost), (8, 0));
}

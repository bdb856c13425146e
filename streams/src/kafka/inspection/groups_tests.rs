//! Assignments of members and words of coordinators, read.

use std::sync::Arc;

use super::{GroupState, assignment, state};

/// As a member of the classic protocol writes it: version 1, two topics, no user data.
const TWO_TOPICS: &[u8] =
    b"\0\x01\0\0\0\x02\0\x01a\0\0\0\x02\0\0\0\0\0\0\0\x03\0\x02bc\0\0\0\x01\0\0\0\x01\xff\xff\xff\xff";

#[test]
fn an_assignment_is_read() {
    let (a, bc): (Arc<str>, Arc<str>) = (Arc::from("a"), Arc::from("bc"));
    assert_eq!(assignment(TWO_TOPICS), Some([(Arc::clone(&a), 0), (a, 3), (bc, 1)].into()));
    assert_eq!(assignment(b"\0\x01\0\0\0\0"), Some([].into()));
}

#[test]
fn other_bytes_are_no_assignment() {
    for length in 0..TWO_TOPICS.len() - 4 {
        assert_eq!(assignment(&TWO_TOPICS[..length]), None, "{length}");
    }
    assert_eq!(assignment(b"\0\x01\x7f\xff\xff\xff"), None, "more topics than bytes");
    assert_eq!(assignment(b"\0\x01\0\0\0\x01\xff\xff"), None, "a name of negative length");
    assert_eq!(assignment(b"\0\x01\0\0\0\x01\0\x01\xff\0\0\0\0"), None, "a name that is no text");
    assert_eq!(assignment(b"\0\x01\0\0\0\x01\0\x01a\x7f\xff\xff\xff"), None, "more partitions than bytes");
}

#[test]
fn states_have_the_coordinators_words() {
    let table = [
        ("Stable", GroupState::Stable),
        ("PreparingRebalance", GroupState::Rebalancing),
        ("CompletingRebalance", GroupState::Rebalancing),
        ("Empty", GroupState::Empty),
        ("Dead", GroupState::Dead),
        ("", GroupState::Unknown),
        ("Reconciling", GroupState::Unknown),
    ];
    for (word, expected) in table {
        assert_eq!(state(word), expected, "{word}");
    }
}

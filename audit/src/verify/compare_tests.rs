//! Rows that are missing, extra or different are found, wherever they stand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::collections::BTreeMap;

use super::compare::Comparison;

type Rows = [(u32, &'static str)];

fn compare(expected: &Rows, found: &Rows) -> (u64, Option<String>) {
    let expected: BTreeMap<u32, &str> = expected.iter().copied().collect();
    let mut comparison = Comparison::new("row", expected.iter());
    for (key, row) in found {
        comparison.found(key, row);
    }
    comparison.end()
}

#[test]
fn equal_rows_have_no_difference() {
    assert_eq!(compare(&[], &[]), (0, None));
    assert_eq!(compare(&[(1, "a"), (2, "b")], &[(1, "a"), (2, "b")]), (2, None));
}

#[test]
fn each_defect_is_found() {
    let log = [(1, "a"), (2, "b"), (3, "c")];
    let table: [(&str, &Rows, &str); 8] = [
        ("all missing", &[], "row 1 is missing"),
        ("first missing", &[(2, "b"), (3, "c")], "row 1 is missing"),
        ("middle missing", &[(1, "a"), (3, "c")], "row 2 is missing"),
        ("last missing", &[(1, "a"), (2, "b")], "row 3 is missing"),
        ("extra before", &[(0, "x"), (1, "a"), (2, "b"), (3, "c")], "row 0 is there, but not in the log"),
        ("extra after", &[(1, "a"), (2, "b"), (3, "c"), (4, "x")], "row 4 is there, but not in the log"),
        ("doubled", &[(1, "a"), (2, "b"), (2, "b"), (3, "c")], "row 2 is there, but not in the log"),
        ("different", &[(1, "a"), (2, "x"), (3, "c")], "row 2 differs"),
    ];
    for (case, found, expected) in table {
        let (_, difference) = compare(&log, found);
        let difference = difference.unwrap_or_else(|| panic!("{case}: no difference"));
        assert!(difference.starts_with(expected), "{case}: {difference}");
    }
    let empty: BTreeMap<u32, u32> = BTreeMap::new();
    let mut unreadable = Comparison::new("row", empty.iter());
    unreadable.unreadable("why");
    assert_eq!(unreadable.end(), (1, Some("a row of row cannot be read: why".into())));
}

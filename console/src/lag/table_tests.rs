//! Tables of snapshots: order, columns, numbers as people say them.

use super::super::fixture::snapshot;
use super::super::snapshot::Snapshot;
use super::{Sort, Table, bars, seconds};

#[test]
fn the_worst_comes_first() {
    let text = Table::default().text(&snapshot());
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0][..4], ["STATUS", "GROUP", "TOPIC", "RECORDS"]);
    assert_eq!(lines[1][..6], ["stopped", "b", "facts", "2", "3", "min"]);
    assert_eq!(lines[2][..8], ["ok", "a", "facts", "5", "3.4", "s", "-0.5", "s/s"]);
    assert_eq!(lines[2].last().unwrap().chars().count(), 2, "a picture of the last minute");
}

#[test]
fn lines_are_sorted_as_asked() {
    let first = |sort| {
        let text = Table { sort, ..Table::default() }.text(&snapshot());
        text.lines().nth(1).unwrap().split_whitespace().nth(1).unwrap().to_owned()
    };
    for (sort, group) in
        [(Sort::Seconds, "b"), (Sort::Records, "a"), (Sort::Name, "a"), (Sort::Worst, "b"), (Sort::Trend, "a")]
    {
        assert_eq!(first(sort), group, "{sort:?}");
    }
}

#[test]
fn partitions_show_owner_and_ends() {
    let text = Table { has_partitions: true, ..Table::default() }.text(&snapshot());
    let line: Vec<&str> = text.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(line[..6], ["stopped", "b", "facts", "0", "2", "3"]);
    assert_eq!(line[7..12], ["98", "100", "103", "0", "0"]);
    assert_eq!(line[line.len() - 3..], ["reader", "at", "10.0.0.7"]);
}

#[test]
fn markdown_is_a_table_and_nothing_is_said_in_a_line() {
    let text = Table { is_markdown: true, ..Table::default() }.text(&snapshot());
    assert!(text.starts_with("| STATUS"), "{text}");
    assert_eq!(Table::default().text(&Snapshot::default()), "no group has a position\n");
}

#[test]
fn numbers_are_as_people_say_them() {
    for (value, said) in [(0.0, "0.0 s"), (3.44, "3.4 s"), (180.0, "3 min"), (7_200.0, "2 h"), (259_200.0, "3 d")] {
        assert_eq!(seconds(value), said);
    }
    assert_eq!(bars(&[0.0, 0.5, 1.0]), "▁▄█");
    assert_eq!(bars(&[0.0; 60]).chars().count(), 12);
    assert_eq!(bars(&[0.0; 60]), "▁".repeat(12));
    assert_eq!(bars(&[1.0]), "", "one look is no picture");
}

//! Letters in groups, with what became of them, and dead rows beside them.

use super::super::list::{DeadRow, Filter, List};
use super::*;

fn at(offset: i64, topic: &str, reason: &str, at_ms: i64) -> Record {
    let of = Record { offset: 100 + offset, ..record(topic, Some(b"x"), &[]) };
    Record { offset, timestamp: at_ms, ..letter(&of, reason) }
}

fn letters() -> Vec<Record> {
    vec![
        at(0, "orders.inbox", "not a readable value: EOF at line 1", 10_000),
        at(1, "orders.inbox", "not a readable value: expected value at line 2", 30_000),
        at(2, "orders.inbox", "the record's key is not the message's, order-1", 20_000),
        at(3, "coupons.inbox", "not a readable value: x", 40_000),
    ]
}

fn row() -> DeadRow {
    let topic = "coupons.events".to_owned();
    DeadRow { topic, partition: 0, offset: 9, cause: "undecodable".to_owned(), at_ms: 50_000 }
}

fn listed(filter: &Filter, notes: &Notes) -> List {
    let mut list = List::default();
    letters().iter().for_each(|record| list.take(Letter::of(record), notes, filter));
    list.take_row(row(), filter);
    list.ended()
}

#[test]
fn letters_are_grouped_by_what_does_not_vary() {
    let list = listed(&Filter::default(), &notes_with(&letters()[1], Outcome::Replayed));
    let groups: Vec<_> = list
        .groups
        .iter()
        .map(|group| {
            (
                group.source.as_str(),
                group.topic.as_str(),
                group.reason.as_str(),
                group.letters,
                group.handled,
                group.first_ms,
                group.last_ms,
            )
        })
        .collect();
    let expected = [
        ("sinks.postgres", "coupons.events", "undecodable", 1, 0, 50_000, 50_000),
        ("coupons", "coupons.inbox", "not a readable value", 1, 0, 40_000, 40_000),
        ("coupons", "orders.inbox", "not a readable value", 2, 1, 10_000, 30_000),
        ("coupons", "orders.inbox", "the record's key is not the message's", 1, 0, 20_000, 20_000),
    ];
    assert_eq!(groups, expected);
    let json = serde_json::to_value(&list).unwrap();
    assert_eq!(json["letters"][1]["handled"]["outcome"], "replayed");
    assert_eq!(json["letters"][0]["source"], "orders.inbox/1/100");
    assert_eq!((json["letters"][0]["letter"].as_str(), json["counted"].as_u64()), (Some("0/0"), Some(4)));
    let text = list.text();
    for part in
        ["sinks.postgres", "0/3", "replayed to its inbox by kim", "1970-01-01T00:00:10Z", "rebuild the projection"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("EOF"), "what varies may quote the value: {text}");
}

#[test]
fn a_filter_takes_what_it_names() {
    let notes = notes_with(&letters()[1], Outcome::Dropped);
    let all = Filter::default();
    let table = [
        (all.clone(), 4, 5),
        (Filter { topic: Some("orders.inbox".into()), ..all.clone() }, 3, 3),
        (Filter { reason: Some("not a".into()), ..all.clone() }, 3, 3),
        (Filter { reason: Some("undecodable".into()), ..all.clone() }, 0, 1),
        (Filter { since_ms: Some(30_000), ..all.clone() }, 2, 3),
        (Filter { handled: Some(true), ..all.clone() }, 1, 1),
        (Filter { handled: Some(false), ..all.clone() }, 3, 4),
        (Filter { topic: Some("nothing".into()), ..all }, 0, 0),
    ];
    for (filter, letters, with_rows) in table {
        let list = listed(&filter, &notes);
        let counted: u64 = list.groups.iter().map(|group| group.letters).sum();
        assert_eq!((list.counted, counted), (letters, with_rows), "{filter:?}");
    }
    assert_eq!(List::default().ended().text(), "no dead letters\n");
}

#[test]
fn memory_is_bounded_and_texts_from_outside_move_no_cursor() {
    let mut list = List::default();
    for number in 0..3_000_i64 {
        let word: String = number.to_string().chars().map(|digit| char::from(b'a' + digit as u8 - b'0')).collect();
        list.take(Letter::of(&at(number, &format!("t{number}"), &word, number)), &Notes::default(), &Filter::default());
    }
    list.take(Letter::of(&at(9_999, "\u{1b}[2J.inbox", "\u{7}", 9_999)), &Notes::default(), &Filter::default());
    let list = list.ended();
    assert_eq!((list.letters.len(), list.counted), (1_000, 3_001));
    assert!(list.groups.len() <= 1_001);
    assert!(list.text().chars().all(|letter| letter == '\n' || !letter.is_control()));
    assert!(list.text().contains("and 2981 more"));
}

//! What is not replayed, and says so: facts, cut letters whose record is gone, what comes back again and again, what somebody else handles.

use std::time::Duration;

use events::topics::{COUPONS_EVENTS, COUPONS_INBOX, DEAD_LETTERS, DEAD_LETTERS_HANDLED, INVENTORY_INBOX};
use streams::broker::BrokerError;
use streams::kafka::TransactionalWriter;
use streams::kafka::testing::PlainAdmin;
use streams::record::Outgoing;

use super::builds::Running;
use super::installation::*;

/// A letter as the runtime writes them, of a record at this place.
pub(crate) fn letter(topic: &str, partition: i32, offset: i64, value: &[u8], more: &[(&str, &str)]) -> Outgoing {
    let (partition, offset) = (partition.to_string(), offset.to_string());
    let mut headers = vec![
        ("event-type", "claim"),
        ("schema-version", "1"),
        ("dead-letter.processor", "coupons"),
        ("dead-letter.topic", topic),
        ("dead-letter.partition", &partition),
        ("dead-letter.offset", &offset),
        ("dead-letter.timestamp", "1"),
        ("dead-letter.reason", "a test: kim-secret"),
    ];
    headers.extend(more);
    outgoing(DEAD_LETTERS.name(), 0, value, &headers)
}

#[test]
fn only_what_may_be_replayed_is_and_each_refusal_says_why() {
    let Some(installation) = Installation::start("dead-letters-refusals") else { return };
    let garbage = outgoing(DEAD_LETTERS.name(), 0, b"\xff\x00", &[("dead-letter.topic", "\u{1b}[2J")]);
    installation.write(&[
        letter(COUPONS_EVENTS.name(), 0, 5, b"{}", &[]),
        letter(COUPONS_INBOX.name(), 0, 5, b"{\"claim\"", &[("dead-letter.cut-bytes", "17")]),
        letter(COUPONS_INBOX.name(), 1, 6, b"{\"claim\":{\"shopper\":\"kim-secret\"}}", &[]),
        letter("nobody.inbox", 0, 5, b"{}", &[]),
        garbage,
        letter(COUPONS_INBOX.name(), 1, 6, b"{\"claim\":{\"shopper\":\"kim-secret\"}}", &[]),
        letter(INVENTORY_INBOX.name(), 1, 6, b"{\"define_product\":{\"request\":\"x\"}}", &[]),
    ]);
    let letters = installation.await_letters(7);
    let places: Vec<String> = letters.iter().map(|letter| place(letter.letter)).collect();
    let all: Vec<&str> = places.iter().map(String::as_str).collect();

    let dry = [&["replay", "--dry-run"], all.as_slice(), &["3/999", "17/0"]].concat();
    let (code, said) = installation.letters(&dry);
    assert_eq!(code, 1, "{said}");
    let expected = [
        format!("{}: coupons.events holds facts, and a fact is never appended twice", all[0]),
        format!("{}: the record is gone from its topic, and the letter lacks 17 bytes", all[1]),
        format!("{}: \"nobody.inbox\" is no inbox", all[3]),
        format!("{}: its headers do not say where the record came from", all[4]),
        "3/999: there is no such letter".to_owned(),
        "17/0: there is no such letter".to_owned(),
        "2 would be replayed, 1 would be noted as a record that was replayed before, 6 would be refused".to_owned(),
    ];
    expected.iter().for_each(|line| assert!(said.contains(line), "{line} in {said}"));
    assert!(installation.notes().is_empty() && installation.replays(COUPONS_INBOX.name()).is_empty());
    let (code, said) = installation.letters(&["replay", all[2]]);
    assert!(code == 2 && said.contains("say --yes"), "{said}");

    let (code, said) = installation.letters(&[&["replay", "--yes"], all.as_slice()].concat());
    assert!(
        code == 1 && said.contains("2 replayed, 1 noted as a record that was replayed before, 4 refused"),
        "{said}"
    );
    let inbox = installation.committed(COUPONS_INBOX.name());
    let value = inbox.last().unwrap().value.as_ref();
    assert_eq!((inbox.len(), text(value).as_str()), (1, "{\"claim\":{\"shopper\":\"kim-secret\"}}"));
    assert_eq!(
        (inbox[0].partition, inbox[0].key.as_deref()),
        (1, Some(b"key".as_slice())),
        "its key and its partition"
    );
    assert_eq!(inbox[0].header("replay-attempt"), Some(b"1".as_slice()));
    assert_eq!(inbox[0].header("event-type"), Some(b"claim".as_slice()));
    assert_eq!(inbox[0].headers.len(), 4, "the runtime's headers are taken out");

    let (code, said) = installation.letters(&["drop", all[0], all[2], "--because", "the sink is repaired", "--yes"]);
    assert!(code == 1 && said.contains("1 dropped, 1 refused") && said.contains("it was handled before"), "{said}");
    assert_eq!(installation.counts(), (7, 4));
    let unhandled = installation.list(&["--unhandled"]);
    assert_eq!(unhandled["counted"].as_u64(), Some(3));
    let dropped = installation.list(&["--handled", "--topic", COUPONS_EVENTS.name()]);
    assert_eq!(dropped["letters"][0]["handled"]["because"], "the sink is repaired");
    assert_eq!(dropped["letters"][0]["handled"]["who"], "kim");

    // Whoever reads products reads nothing personal; of all others the value and the reason are masked.
    for place in &all[..6] {
        let (code, said) = installation.letters(&["show", place]);
        assert_eq!(code, 0, "{said}");
        assert!(!said.contains("kim-secret"), "{said}");
    }
    let (_, said) = installation.letters(&["show", all[6]]);
    assert!(said.contains("^ byte ") && said.contains("InventoryCommand /define_product/request"), "{said}");
    // The reason is in the audit topic before anything is shown.
    let (code, said) = installation.letters(&["show", all[2], "--unmask", "a complaint"]);
    assert!(code == 0 && said.contains("kim-secret"), "{said}");
    let (_, said) = installation.letters(&["list"]);
    assert!(said.contains("dropped by kim") && !said.contains("kim-secret") && !said.contains('\u{1b}'), "{said}");
}

#[test]
fn what_comes_back_is_replayed_twice_unasked_and_from_where_it_stands() {
    let Some(installation) = Installation::start("dead-letters-again") else { return };
    // Longer than a letter may be: only its place tells what it was.
    let long = vec![b'x'; 950_000];
    installation.write(&[outgoing(
        COUPONS_INBOX.name(),
        2,
        &long,
        &[("event-type", "claim"), ("schema-version", "1")],
    )]);
    let repaired = Running::repaired(&installation.cluster);
    let mut letters = installation.await_letters(1);
    for attempts in 0..3_u32 {
        let last = letters.last().unwrap().clone();
        assert!(last.cut_bytes > 50_000, "{last:?}");
        let place = place(last.letter);
        let (mut code, mut said) = installation.letters(&["replay", &place, "--yes"]);
        if attempts == 2 {
            assert!(code == 1 && said.contains("say --again"), "{said}");
            (code, said) = installation.letters(&["replay", &place, "--yes", "--again"]);
        }
        assert_eq!(code, 0, "{said}");
        // They have one key, so they stand in one partition, the newest last.
        letters = installation.await_letters(letters.len() + 1);
    }
    drop(repaired);
    let inbox: Vec<_> =
        installation.committed(COUPONS_INBOX.name()).into_iter().filter(|record| record.value.is_some()).collect();
    assert_eq!(inbox.len(), 4);
    assert!(
        inbox.iter().all(|record| record.value.as_deref() == Some(long.as_slice()) && record.partition == 2),
        "whole"
    );
    let attempts: Vec<_> =
        inbox.iter().filter_map(|record| record.header("replay-attempt").map(<[u8]>::to_vec)).collect();
    assert_eq!(attempts, [b"1", b"2", b"3"]);

    // When retention has taken the record, the cut letter is all there is.
    PlainAdmin::new(&installation.cluster).delete_records(COUPONS_INBOX.name(), 2, inbox[3].offset + 1);
    let last = place(letters.last().unwrap().letter);
    let (code, said) = installation.letters(&["replay", &last, "--yes", "--again"]);
    assert!(code == 1 && said.contains("the record is gone from its topic"), "{said}");
}

#[test]
fn a_second_operator_fences_the_first() {
    let Some(installation) = Installation::start("dead-letters-fence") else { return };
    installation.write(&[letter(COUPONS_INBOX.name(), 0, 5, b"{}", &[])]);
    installation.await_letters(1);
    let id = console::dead_letters::TRANSACTIONAL_ID;
    let mut first = TransactionalWriter::open(&installation.cluster, id, Duration::from_mins(1)).unwrap();
    let (code, said) = installation.letters(&["replay", "0/0", "--yes"]);
    assert_eq!(code, 0, "{said}");
    let late = first.write(&[outgoing(COUPONS_INBOX.name(), 0, b"{}", &[])]);
    assert!(matches!(late, Err(BrokerError::Fenced(_))), "{late:?}");
    assert_eq!(installation.committed(COUPONS_INBOX.name()).len(), 1);
}

#[test]
fn garbage_among_the_notes_frees_no_letter() {
    let Some(installation) = Installation::start("dead-letters-garbage") else { return };
    installation.write(&[
        letter(COUPONS_INBOX.name(), 0, 5, b"{}", &[]),
        letter(COUPONS_INBOX.name(), 0, 6, b"{}", &[]),
        letter(COUPONS_INBOX.name(), 0, 7, b"{}", &[]),
    ]);
    installation.await_letters(3);
    let (code, said) = installation.letters(&["replay", "0/0", "--yes"]);
    assert_eq!(code, 0, "{said}");
    let note = |key: &'static str, value: Option<&'static [u8]>| Outgoing {
        topic: DEAD_LETTERS_HANDLED.name().into(),
        partition: None,
        key: Some(key.into()),
        value: value.map(Into::into),
        headers: Vec::new(),
    };
    installation.write(&[
        note("0/0", None),
        note("0/1", Some(b"\xff")),
        note("nonsense", Some(b"{}")),
        note("0/999", Some(b"{\"outcome\":\"replayed\"")),
    ]);
    let (code, said) = installation.letters(&["replay", "0/0", "0/1", "0/2", "--yes"]);
    assert_eq!(code, 1, "{said}");
    for line in
        ["0/0: it was handled before", "0/1: nobody can read the record where its note would stand", "1 replayed"]
    {
        assert!(said.contains(line), "{line} in {said}");
    }
    assert_eq!(installation.list(&[])["unreadable_notes"].as_u64(), Some(4));
    assert_eq!(installation.counts(), (3, 2));
    let (code, said) = installation.letters(&["drop", "0/1", "--because", "it stands in the inbox", "--yes"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(installation.counts(), (3, 3));
    assert_eq!(installation.replays(COUPONS_INBOX.name()).len(), 2);
}

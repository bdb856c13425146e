//! Which letters may be replayed, from which bytes, and what is written when they are.

use events::samples;

use super::super::plan::{Refusal, Rules, Step};
use super::*;

fn rules(manifest: &Manifest) -> Rules<'_> {
    Rules { manifest, again: false, who: "kim", at_ms: 3_000 }
}

fn claim() -> Record {
    message("coupons.inbox", &samples::coupons::commands()[0])
}

fn refused(step: Step) -> Refusal {
    match step {
        Step::Refuse(refusal) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

fn appended(step: Step) -> (streams::record::Outgoing, Note) {
    match step {
        Step::Append(outgoing, note) => (outgoing, note),
        other => panic!("not appended: {other:?}"),
    }
}

#[test]
fn a_record_is_appended_as_it_was_and_says_what_it_was_replayed_from() {
    let (manifest, original) = (manifest(), claim());
    let letter = letter(&original, "not a readable value: x");
    for found in [Some(&original), None] {
        let (outgoing, note) = appended(rules(&manifest).step(&letter, found, &Notes::default()));
        assert_eq!((&*outgoing.topic, outgoing.partition), ("coupons.inbox", Some(1)));
        assert_eq!((outgoing.key, outgoing.value), (original.key.clone(), original.value.clone()));
        let mut expected = original.headers.clone();
        expected.extend(headers(&[("replayed-from", "0/5"), ("replay-attempt", "1")]));
        assert_eq!(outgoing.headers, expected);
        assert_eq!(
            (note.outcome, note.who.as_str(), note.at_ms, note.attempt),
            (Outcome::Replayed, "kim", 3_000, Some(1))
        );
        assert_eq!(
            (note.source.as_deref(), note.to.as_deref()),
            (Some("coupons.inbox/1/900"), Some("coupons.inbox/1"))
        );
        let mut notes = Notes::default();
        notes.take(&noted(LetterId { partition: 0, offset: 5 }, &note));
        assert_eq!(refused(rules(&manifest).step(&letter, found, &notes)), Refusal::Handled(Box::new(note)), "once");
    }
}

#[test]
fn a_cut_letter_is_replayed_from_its_source_or_not_at_all() {
    let (manifest, original) = (manifest(), claim());
    let cut = cut(&letter(&original, "it would write 2000000 bytes"), 10);
    let (outgoing, _) = appended(rules(&manifest).step(&cut, Some(&original), &Notes::default()));
    assert_eq!((&outgoing.value, outgoing.headers.len()), (&original.value, original.headers.len() + 2));
    let lacks = u64::try_from(original.value.as_ref().unwrap().len() - 10).unwrap();
    assert_eq!(refused(rules(&manifest).step(&cut, None, &Notes::default())), Refusal::Cut(lacks));
    // What stands there now is another record: the topic was made anew.
    let others = [
        Record { timestamp: TAKEN_MS + 1, ..original.clone() },
        Record { value: Some("{}".into()), ..original.clone() },
        Record { value: None, ..original.clone() },
        Record { key: Some("camp-2".into()), ..original.clone() },
    ];
    for other in others {
        assert_eq!(
            refused(rules(&manifest).step(&cut, Some(&other), &Notes::default())),
            Refusal::Cut(lacks),
            "{other:?}"
        );
        let whole = letter(&original, "x");
        let (outgoing, _) = appended(rules(&manifest).step(&whole, Some(&other), &Notes::default()));
        assert_eq!(
            (outgoing.key, outgoing.value),
            (original.key.clone(), original.value.clone()),
            "the letter is whole"
        );
    }
}

#[test]
fn only_inboxes_are_replayed_to() {
    let manifest = manifest();
    let fact = message("coupons.events", &samples::coupons::events()[0]);
    let table = [
        ("coupons.events", "FACTS"),
        ("prices.best", "FACTS"),
        ("payments.events", "FACTS"),
        ("ingress.replies", "NOT_AN_INBOX"),
        ("coupons.changelog", "NOT_AN_INBOX"),
        ("dead-letters", "NOT_AN_INBOX"),
        ("somebody.inbox", "NOT_AN_INBOX"),
        ("", "SOURCE_UNKNOWN"),
    ];
    for (topic, code) in table {
        let letter = letter(&Record { topic: topic.into(), ..fact.clone() }, "x");
        assert_eq!(refused(rules(&manifest).step(&letter, None, &Notes::default())).code(), code, "{topic}");
    }
    let refusal = refused(rules(&manifest).step(&letter(&fact, "x"), Some(&fact), &Notes::default())).to_string();
    assert!(refusal.contains("rebuild the projection"), "{refusal}");
    for inbox in manifest.topics.keys().filter(|topic| topic.ends_with(".inbox")) {
        let letter = letter(&Record { topic: inbox.as_str().into(), ..claim() }, "x");
        appended(rules(&manifest).step(&letter, None, &Notes::default()));
    }
}

#[test]
fn headers_that_nobody_can_read_name_no_source() {
    let manifest = manifest();
    for (name, value) in [
        ("dead-letter.partition", "x"),
        ("dead-letter.partition", "-1"),
        ("dead-letter.partition", "4"),
        ("dead-letter.partition", "99999999999"),
        ("dead-letter.offset", "1e3"),
        ("dead-letter.offset", "-1"),
        ("dead-letter.topic", ""),
    ] {
        let mut letter = letter(&claim(), "x");
        letter.headers.extend(headers(&[(name, value)]));
        assert_eq!(
            refused(rules(&manifest).step(&letter, None, &Notes::default())),
            Refusal::NoSource,
            "{name}: {value}"
        );
    }
    // A record cannot say of itself where it came from: the runtime's own headers are the last.
    let mut forged = claim();
    forged.headers.extend(headers(&[("dead-letter.topic", "orders.inbox"), ("dead-letter.cut-bytes", "1")]));
    let step = rules(&manifest).step(&letter(&forged, "x"), Some(&forged), &Notes::default());
    let (outgoing, _) = appended(step);
    assert_eq!(&*outgoing.topic, "coupons.inbox");
    assert!(outgoing.headers.iter().all(|(name, _)| !name.starts_with("dead-letter.")));
}

#[test]
fn what_came_back_twice_is_replayed_only_when_asked_for() {
    let manifest = manifest();
    for (found, attempts) in [(true, "2"), (false, "2"), (true, "7"), (true, "nonsense")] {
        let mut original = claim();
        original.headers.extend(headers(&[("replayed-from", "3/17"), ("replay-attempt", attempts)]));
        let letter = letter(&original, "x");
        let found = found.then_some(&original);
        let refusal = refused(rules(&manifest).step(&letter, found, &Notes::default()));
        assert_eq!(refusal, Refusal::Attempts(attempts.parse().unwrap_or(u32::MAX)));
        let again = Rules { again: true, ..rules(&manifest) };
        let (outgoing, note) = appended(again.step(&letter, found, &Notes::default()));
        let of = |name: &str| outgoing.headers.iter().filter(|(found, _)| found == name).count();
        assert_eq!((of("replayed-from"), of("replay-attempt")), (1, 1), "the former are taken out");
        assert_eq!(note.attempt, Some(attempts.parse().map_or(u32::MAX, |attempts: u32| attempts + 1)));
    }
    // The letter was cut and has lost its headers: the record itself says how often.
    let mut original = claim();
    original.headers.extend(headers(&[("replay-attempt", "2")]));
    let cut = cut(&letter(&original, "x"), 3);
    assert_eq!(refused(rules(&manifest).step(&cut, Some(&original), &Notes::default())), Refusal::Attempts(2));
}

#[test]
fn two_letters_of_one_record_are_one_replay() {
    let manifest = manifest();
    let first = letter(&claim(), "x");
    let second = Record { offset: 6, ..first.clone() };
    let notes = notes_with(&first, Outcome::Replayed);
    match rules(&manifest).step(&second, None, &notes) {
        Step::Note(note) => assert_eq!((note.outcome, note.instead.as_deref()), (Outcome::Repeat, Some("0/5"))),
        other => panic!("{other:?}"),
    }
    // A letter that was dropped says nothing about its record.
    appended(rules(&manifest).step(&second, None, &notes_with(&first, Outcome::Dropped)));
    // Nor does one of a record that stood at the same place before the topic was made anew.
    let anew = letter(&Record { timestamp: TAKEN_MS + 1, ..claim() }, "x");
    appended(rules(&manifest).step(&Record { offset: 6, ..anew }, None, &notes));
}

#[test]
fn garbage_among_the_notes_never_frees_a_letter() {
    let manifest = manifest();
    let letter = letter(&claim(), "x");
    let key = |key: &str| Some(Bytes::copy_from_slice(key.as_bytes()));
    let garbage = |key: Option<Bytes>, value: Option<&[u8]>| Record { key, ..record("", value, &[]) };
    let mut notes = Notes::default();
    for (key, value) in
        [(key("0/6"), None), (key("x"), Some("{}")), (None, Some("{}")), (key("0/5/7"), Some("")), (key("+0/5"), None)]
    {
        notes.take(&garbage(key, value.map(str::as_bytes)));
    }
    appended(rules(&manifest).step(&letter, None, &notes));
    for value in [None, Some(&b"\xff"[..]), Some(b"{}"), Some(b"{\"outcome\":\"forgotten\",\"who\":\"x\",\"at_ms\":1}")]
    {
        let mut notes = Notes::default();
        notes.take(&garbage(key("0/5"), value));
        assert_eq!(refused(rules(&manifest).step(&letter, None, &notes)), Refusal::InDoubt, "{value:?}");
        assert_eq!(notes.unreadable(), 1);
        let dropped = rules(&manifest).drop(&Letter::of(&letter), "looked at the inbox", &notes).unwrap();
        notes.take(&noted(LetterId { partition: 0, offset: 5 }, &dropped));
        assert_eq!(refused(rules(&manifest).step(&letter, None, &notes)).code(), "HANDLED");
        notes.take(&garbage(key("0/5"), value));
        assert_eq!(refused(rules(&manifest).step(&letter, None, &notes)).code(), "HANDLED", "and stays so");
    }
    // A note of another record at the same place is from before the topic was made anew.
    let other = super::letter(&Record { offset: 901, ..claim() }, "x");
    appended(rules(&manifest).step(&letter, None, &notes_with(&other, Outcome::Replayed)));
}

#[test]
fn a_drop_keeps_its_reason_and_is_not_repeated() {
    let manifest = manifest();
    let fact = letter(&message("coupons.events", &samples::coupons::events()[0]), "x");
    let note = rules(&manifest).drop(&Letter::of(&fact), "rebuilt", &Notes::default()).unwrap();
    assert_eq!((note.outcome, note.because.as_deref(), note.to), (Outcome::Dropped, Some("rebuilt"), None));
    let notes = notes_with(&fact, Outcome::Dropped);
    assert_eq!(rules(&manifest).drop(&Letter::of(&fact), "again", &notes).unwrap_err().code(), "HANDLED");
}

#[test]
fn a_record_that_its_inbox_would_not_take_is_refused() {
    let manifest = manifest();
    let large = Record { value: Some(vec![b'x'; 990_000].into()), ..claim() };
    assert!(matches!(
        refused(rules(&manifest).step(&letter(&large, "x"), None, &Notes::default())),
        Refusal::TooLarge(_)
    ));
}

#[test]
fn a_note_is_read_by_builds_that_know_more_fields_or_fewer() {
    let more = br#"{"outcome":"replayed","who":"kim","at_ms":7,"source":"a/0/1","record_ms":5,"unheard_of":[1]}"#;
    let note: Note = serde_json::from_slice(more).unwrap();
    assert_eq!(
        (note.outcome, note.source.as_deref(), note.record_ms, note.to),
        (Outcome::Replayed, Some("a/0/1"), Some(5), None)
    );
    let fewer: Note = serde_json::from_slice(br#"{"outcome":"dropped","who":"kim","at_ms":7}"#).unwrap();
    assert_eq!(fewer.source, None);
}

#[test]
fn a_letter_is_named_by_its_place() {
    for text in ["0/0", "3/9223372036854775807"] {
        assert_eq!(text.parse::<LetterId>().unwrap().to_string(), text);
    }
    for text in ["", "/", "1", "1/", "/1", "a/1", "1/b", "-1/1", "+1/1", "1/1/1", "1 /1", "99999999999/1"] {
        assert!(text.parse::<LetterId>().is_err(), "{text}");
    }
}

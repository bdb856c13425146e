//! One letter as it is shown: the byte at which decoding fails, the schema beside it, and nothing personal.

use events::samples;

use super::super::unmask::Unmasked;
use super::super::view::{Origin, View};
use super::*;

/// Stands in every personal field.
const CANARY: &str = "canary-kim";

const MARKED: &[(&str, &str)] = &[("event-type", "claim"), ("schema-version", "1"), ("x-name", CANARY)];

fn view(letter: &Record, found: Option<&Record>, unmasked: bool) -> View {
    let unmasked = unmasked.then(Unmasked::for_test);
    View::of(letter, found, &Notes::default(), &manifest(), unmasked.as_ref())
}

/// Both ways in which a letter leaves: as text and as JSON.
fn shown(view: &View) -> String {
    view.text() + &serde_json::to_string(view).unwrap()
}

#[test]
fn the_byte_at_which_decoding_fails_is_marked_beside_the_schema() {
    let value = br#"{"define_product":{"request":"nonsense","sku":"sku-1"}}"#;
    let letter = letter(&record("inventory.inbox", Some(value), &MARKED[..2]), "not a readable value: x at line 1");
    let view = view(&letter, None, false);
    let failure = view.failure.clone().unwrap();
    let byte = failure.byte.unwrap();
    assert_eq!(value[byte], b'"', "the end of the string that is no request");
    assert_eq!(byte, 38);
    let schema = view.schema.clone().unwrap();
    assert_eq!((schema.value_type.as_str(), schema.pointer.as_str()), ("InventoryCommand", "/define_product/request"));
    assert!(schema.outline[0].starts_with("string"), "{:?}", schema.outline);
    let text = view.text();
    let lines: Vec<&str> = text.lines().collect();
    let marked = lines.iter().position(|line| line.contains("^ byte 38")).unwrap();
    let column = lines[marked].find('^').unwrap();
    assert_eq!(&lines[marked - 1][column - 8..=column], "nonsense\"", "{text}");
    assert!(text.contains("inventory.inbox/1/900"), "{text}");
}

#[test]
fn a_value_that_ends_too_early_is_marked_at_its_end() {
    let value = br#"{"define_product":{"request":"req_"#;
    let view = view(&letter(&record("inventory.inbox", Some(value), &MARKED[..2]), "x"), None, false);
    assert_eq!(view.failure.as_ref().unwrap().byte, Some(value.len()));
    let long = [b"{\"define_product\":[".as_slice(), &[b' '; 500], b"x", &[b'\xff'; 500]].concat();
    let view = super::view::view(&letter(&record("inventory.inbox", Some(&long), &MARKED[..2]), "x"), None, false);
    let text = view.text();
    assert!(text.lines().all(|line| line.len() < 700) && text.contains('…'), "{text}");
}

#[test]
fn what_is_not_in_the_value_has_no_byte() {
    let good = message("inventory.inbox", &samples::inventory::commands()[0]);
    let unmarked = Record { headers: vec![], ..good.clone() };
    let view_of = |record: &Record| view(&letter(record, "x"), None, false);
    let view = view_of(&unmarked);
    assert_eq!(view.failure.as_ref().map(|failure| failure.byte), Some(None));
    assert!(view.text().contains("schema-version"), "{}", view.text());
    let newer = Record { headers: headers(&[("schema-version", "99")]), ..good.clone() };
    assert!(view_of(&newer).text().contains("a newer build can read it"));
    let decodes = view_of(&good);
    assert!(decodes.failure.is_none() && decodes.text().contains("nothing fails"));
    assert!(view_of(&Record { value: None, ..good }).failure.is_some(), "a tombstone");
}

#[test]
fn the_record_is_shown_from_where_it_stands() {
    let original = message("inventory.inbox", &samples::inventory::commands()[0]);
    let whole = letter(&original, "x");
    assert_eq!(view(&whole, Some(&original), false).from, Origin::Source);
    assert_eq!(view(&whole, None, false).from, Origin::Letter);
    let cut = cut(&whole, 5);
    assert_eq!(
        (view(&cut, Some(&original), false).from, view(&cut, Some(&original), false).bytes),
        (Origin::Source, original.value.as_ref().unwrap().len())
    );
    let gone = view(&cut, None, false);
    assert_eq!((gone.from, gone.bytes), (Origin::CutLetter, 5));
}

#[test]
fn nothing_personal_is_shown_unasked() {
    // Values that decode: a canary stands in every personal field of every topic.
    let mut letters = Vec::new();
    for (topic, spec) in manifest().topics {
        for mut value in samples_of(&spec.value) {
            let mut has_one = false;
            for pointer in &spec.pii {
                if let Some(field) = value.pointer_mut(pointer) {
                    *field = serde_json::json!(CANARY);
                    has_one = true;
                }
            }
            if has_one {
                let value = serde_json::to_vec(&value).unwrap();
                letters.push(letter(&record(&topic, Some(&value), MARKED), &format!("not a readable value: {CANARY}")));
            }
        }
    }
    assert!(letters.len() > 15, "{} samples have personal fields", letters.len());
    // Values that do not decode hold the canary anywhere.
    let broken = [
        format!(r#"{{"claim":{{"request":"{CANARY}"}}}}"#),
        format!(r#"{{"{CANARY}":{{}}}}"#),
        format!(r#"{{"claim":{{"{CANARY}":{{"shopper":7}}}}}}"#),
        format!(r#"{{"claim":{{"shopper":"{CANARY}""#),
        format!("\u{fffd}{CANARY}"),
        format!(r#""{CANARY}""#),
        format!(r#"{{"claim":"{CANARY}"}}"#),
    ];
    for topic in ["coupons.inbox", "orders.inbox", "coupons.events", "payments.inbox", "nobody.knows", "dead-letters"] {
        for value in &broken {
            letters.push(letter(
                &record(topic, Some(value.as_bytes()), MARKED),
                &format!("not a readable value: unknown variant `{CANARY}`"),
            ));
        }
    }
    for letter in &letters {
        for found in [None, Some(letter)] {
            let shown = shown(&view(letter, found, false));
            assert!(!shown.contains(CANARY), "{shown}");
        }
        let unmasked = shown(&view(letter, None, true));
        assert!(unmasked.contains(CANARY), "somebody who may can see it: {unmasked}");
    }
}

#[test]
fn a_masked_value_still_shows_what_is_not_personal() {
    let claim = samples::coupons::commands().into_iter().find(|command| command.kind() == "claim").unwrap();
    let view = view(&letter(&message("coupons.inbox", &claim), "x"), None, false);
    let value = view.value.unwrap();
    assert_eq!(value["claim"]["shopper"], "(masked)");
    assert!(value["claim"]["campaign"].as_str().is_some_and(|campaign| campaign != "(masked)"));
}

fn samples_of(value_type: &str) -> Vec<serde_json::Value> {
    fn json<T: serde::Serialize>(samples: &[T]) -> Vec<serde_json::Value> {
        samples.iter().map(|sample| serde_json::to_value(sample).unwrap()).collect()
    }
    match value_type {
        "CouponCommand" => json(&samples::coupons::commands()),
        "CouponEvent" => json(&samples::coupons::events()),
        "OrderCommand" => json(&samples::orders::commands()),
        "OrderEvent" => json(&samples::orders::events()),
        "PaymentCommand" => json(&samples::payments::commands()),
        "PaymentEvent" => json(&samples::payments::events()),
        "Reply" => json(&samples::replies()),
        _ => vec![],
    }
}

//! Codecs: bytes and back, order, and what is refused.

#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use proptest::prelude::{any, prop_assert_eq, proptest};

use super::{Codec, Compact, Corrupt, Json, Plain};
use crate::processor::Verdict;

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Visit {
    page: String,
    count: u32,
}

proptest! {
    #[test]
    fn integers_are_read_as_written_and_sort_as_integers(left in any::<i64>(), right in any::<i64>()) {
        prop_assert_eq!(i64::from_bytes(&left.bytes()).unwrap(), left);
        prop_assert_eq!(left.bytes().cmp(&right.bytes()), left.cmp(&right));
        let (left, right) = (left.cast_unsigned(), right.cast_unsigned());
        prop_assert_eq!(u64::from_bytes(&left.bytes()).unwrap(), left);
        prop_assert_eq!(left.bytes().cmp(&right.bytes()), left.cmp(&right));
    }

    #[test]
    fn texts_and_bytes_are_read_as_written(text in ".*", bytes: Vec<u8>) {
        prop_assert_eq!(String::from_bytes(&text.bytes()).unwrap(), text);
        prop_assert_eq!(Vec::from_bytes(&Plain::bytes(&bytes)).unwrap(), bytes);
    }
}

#[test]
fn text_keys_are_borrowed() {
    let key = "page".to_owned();
    assert!(matches!(<Compact as Codec<String, u64>>::key(&key), std::borrow::Cow::Borrowed(b"page")));
}

#[test]
fn bytes_of_another_type_are_refused() {
    assert_eq!(u32::from_bytes(&[1, 2, 3]), Err(Corrupt::Length));
    assert_eq!(<()>::from_bytes(&[1]), Err(Corrupt::Length));
    assert_eq!(bool::from_bytes(&[2]), Err(Corrupt::Field("boolean")));
    assert!(matches!(String::from_bytes(&[0xff]), Err(Corrupt::Field(_))));
    assert_eq!([true, false].map(|value| bool::from_bytes(&value.bytes())), [Ok(true), Ok(false)]);
}

#[test]
fn json_is_read_as_written_and_garbage_is_refused() {
    let (key, visit) = ("k".to_owned(), Visit { page: "home".into(), count: 2 });
    let bytes = <Json as Codec<String, Visit>>::write(&key, &visit);
    assert_eq!(bytes, br#"{"page":"home","count":2}"#);
    assert_eq!(<Json as Codec<String, Visit>>::read(&key, &bytes).unwrap(), visit);
    assert!(matches!(<Json as Codec<String, Visit>>::read(&key, b"{"), Err(Corrupt::Other(_))));
}

#[test]
fn corrupt_state_is_fatal_and_a_corrupt_input_is_poison_unless_it_is_newer() {
    let newer = Corrupt::Version { found: 3, known: 2 };
    assert!(matches!(Verdict::from(Corrupt::Length), Verdict::Fatal(_)));
    assert_eq!(Corrupt::Length.in_input(), Verdict::Poison("the record has the wrong length".into()));
    assert_eq!(newer.in_input(), Verdict::Fatal("the record has version 3, this build knows 2".into()));
}

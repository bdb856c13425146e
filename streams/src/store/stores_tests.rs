//! Overlay, savepoint and merged scan against plain copies.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it is wrong")]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::Stores;

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

/// What can happen to a task's stores, a record at a time.
#[derive(Clone, Debug)]
enum Step {
    /// A record writes these and is handled, or turns out to be poison.
    Record {
        writes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
        poison: bool,
    },
    Commit,
    Abort,
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![Just(0_u8), Just(7), Just(255)], 0..4)
}

fn step() -> impl Strategy<Value = Step> {
    let write = (key(), prop::option::weighted(0.7, prop::collection::vec(any::<u8>(), 0..5)));
    let record = (prop::collection::vec(write, 0..6), prop::bool::weighted(0.3));
    prop_oneof![
        6 => record.prop_map(|(writes, poison)| Step::Record { writes, poison }),
        2 => Just(Step::Commit),
        1 => Just(Step::Abort),
    ]
}

proptest! {
    /// Three models stand for the three layers: what is committed, what the transaction wrote, what the current record wrote. A
    /// fourth is kept from the changelog alone, as a restore does.
    #[test]
    fn overlay_savepoint_and_changelog_agree_with_plain_copies(
        steps in prop::collection::vec(step(), 1..60),
        prefix in key(),
        after in prop::option::of(key()),
        limit in 0_usize..6,
    ) {
        let mut stores = Stores::new(2);
        let (mut committed, mut open) = (Model::new(), Model::new());
        let mut restored = Stores::new(2);
        for step in steps {
            match step {
                Step::Record { writes, poison } => {
                    let mut record = open.clone();
                    for (key, value) in writes {
                        match value {
                            Some(value) => {
                                stores.put(1, &key, &value);
                                record.insert(key, value);
                            }
                            None => {
                                stores.delete(1, &key);
                                record.remove(&key);
                            }
                        }
                    }
                    if poison {
                        stores.roll_back();
                    } else {
                        stores.release();
                        open = record;
                    }
                }
                Step::Commit => {
                    let announced = stores.digests();
                    for (slot, key, value) in stores.changes() {
                        restored.restore(slot, key, value);
                    }
                    stores.promote();
                    committed.clone_from(&open);
                    prop_assert_eq!(&stores.digests(), &announced);
                    prop_assert_eq!(&restored.digests(), &announced);
                }
                Step::Abort => {
                    stores.discard();
                    open.clone_from(&committed);
                }
            }
            let all = stores.scan(1, &[], None, usize::MAX);
            prop_assert_eq!(&all, &open.clone().into_iter().collect::<Vec<_>>());
            let some = stores.scan(1, &prefix, after.as_deref(), limit);
            let expected: Vec<_> = open
                .iter()
                .filter(|(key, _)| key.starts_with(&prefix) && after.as_ref().is_none_or(|after| *key > after))
                .map(|(key, value)| (key.clone(), value.clone()))
                .take(limit)
                .collect();
            prop_assert_eq!(some, expected);
            for (key, _) in all.iter().take(3) {
                prop_assert_eq!(stores.get(1, key), open.get(key).map(Vec::as_slice));
            }
            prop_assert_eq!(stores.entries(1), committed.len());
            prop_assert_eq!(restored.scan(1, &[], None, usize::MAX), committed.clone().into_iter().collect::<Vec<_>>());
            prop_assert!(stores.scan(0, &[], None, usize::MAX).is_empty(), "one store's writes are not another's");
        }
    }
}

#[test]
fn the_changelog_gets_the_last_value_only_and_no_key_that_was_created_and_deleted() {
    let mut stores = Stores::new(1);
    for (key, value) in [(b"a", Some(b"1")), (b"a", Some(b"2")), (b"b", Some(b"1")), (b"b", None)] {
        match value {
            Some(value) => stores.put(0, key, value),
            None => stores.delete(0, key),
        }
    }
    assert_eq!(stores.changes().collect::<Vec<_>>(), [(0, b"a".as_slice(), Some(b"2".as_slice()))]);
    stores.promote();
    stores.put(0, b"a", b"2");
    assert_eq!(stores.changes().collect::<Vec<_>>(), [(0, b"a".as_slice(), Some(b"2".as_slice()))]);
    stores.delete(0, b"a");
    assert_eq!(stores.changes().collect::<Vec<_>>(), [(0, b"a".as_slice(), None)]);
}

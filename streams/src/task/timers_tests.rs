//! Timers against an ordered set.

#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{Timers, decode, encode};
use crate::processor::Timer;
use crate::store::Stores;

fn timer() -> impl Strategy<Value = Timer> {
    (prop_oneof![-3_i64..20, any::<i64>()], 0_u8..3, prop::collection::vec(0_u8..3, 0..3))
        .prop_map(|(deadline, kind, key)| Timer { deadline, kind, key })
}

#[derive(Clone, Debug)]
enum Step {
    Schedule(Timer),
    Cancel(Timer),
    Fire(i64),
    Commit,
    Abort,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => timer().prop_map(Step::Schedule),
        1 => timer().prop_map(Step::Cancel),
        3 => (-3_i64..20).prop_map(Step::Fire),
        1 => Just(Step::Commit),
        1 => Just(Step::Abort),
    ]
}

proptest! {
    #[test]
    fn keys_sort_as_timers_do(left in timer(), right in timer()) {
        prop_assert_eq!(encode(&left).cmp(&encode(&right)), left.cmp(&right));
        prop_assert_eq!(decode(&encode(&left)), Some(left));
    }

    #[test]
    fn agrees_with_an_ordered_set(steps in prop::collection::vec(step(), 1..80)) {
        let mut stores = Stores::new(1);
        let mut timers = Timers::new(0);
        let (mut committed, mut open) = (BTreeSet::new(), BTreeSet::new());
        for step in steps {
            match step {
                Step::Schedule(timer) => {
                    timers.schedule(&mut stores, &timer);
                    open.insert(timer);
                }
                Step::Cancel(timer) => {
                    timers.cancel(&mut stores, &timer);
                    open.remove(&timer);
                }
                Step::Fire(log_time) => {
                    let due = open.first().filter(|timer| timer.deadline <= log_time).cloned();
                    prop_assert_eq!(timers.take_due(&mut stores, log_time), due.clone());
                    due.map(|due| open.remove(&due));
                }
                Step::Commit => {
                    stores.promote();
                    committed.clone_from(&open);
                }
                Step::Abort => {
                    stores.discard();
                    timers.forget();
                    open.clone_from(&committed);
                }
            }
            prop_assert_eq!(timers.next_deadline(&stores), open.first().map(|timer| timer.deadline));
        }
    }
}

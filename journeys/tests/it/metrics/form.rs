//! The form of `ops/metrics.yaml`: names say what is measured in which unit, labels are bounded, help is a sentence.

use super::{Kind, Values, contract, text};

/// How names begin: what others define, the runtime, requests, the process, everything else.
const PREFIXES: [&str; 5] = ["kafka_", "streams_", "http_", "process_", "timesale_"];
/// Names that others have defined.
const GIVEN: [&str; 2] = ["kafka_", "process_"];
/// How a name in seconds ends: how long it took; from an event to its effect; computed at scrape; a point in time; and what has a word
/// of its own.
const SECONDS: [&str; 9] = [
    "_duration_seconds",
    "_latency_seconds",
    "_age_seconds",
    "_timestamp_seconds",
    "_lag_seconds",
    "_lateness_seconds",
    "_slo_seconds",
    "_catch_up_seconds",
    "_busy_seconds",
];
/// Units that end a name.
const ENDINGS: [(&str, &str); 5] =
    [("seconds", "_seconds"), ("bytes", "_bytes"), ("ratio", "_ratio"), ("won", "_won"), ("info", "_info")];
/// What is no base unit.
const NO_BASE_UNITS: [&str; 6] = ["permille", "percent", "millis", "micros", "minutes", "kbytes"];
/// What would have as many values as there are shoppers.
const UNBOUNDED: [&str; 8] = ["user", "shopper", "order", "coupon", "request", "member", "client", "address"];
const LONGEST_HELP: usize = 180;

#[test]
fn names_say_what_is_measured_and_in_which_unit() {
    for (name, family) in contract().families {
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
        assert!(name.chars().all(plain) && !name.contains("__"), "{name}: lower case, digits and single underscores");
        assert!(PREFIXES.iter().any(|prefix| name.starts_with(prefix)), "{name} begins with none of {PREFIXES:?}");
        assert_eq!(family.kind == Kind::Counter, name.ends_with("_total"), "{name}: counters, and only they, end so");
        assert!(!NO_BASE_UNITS.iter().any(|unit| name.contains(unit)), "{name}: no base unit");
        let stem = name.strip_suffix("_total").unwrap_or(&name);
        if GIVEN.iter().any(|prefix| name.starts_with(prefix)) {
            continue;
        }
        for (unit, ending) in ENDINGS {
            assert_eq!(family.unit == unit, stem.ends_with(ending), "{name}: its unit is {}", family.unit);
        }
        let is_time = family.unit == "seconds";
        assert!(
            !is_time || SECONDS.iter().any(|ending| stem.ends_with(ending)),
            "{name} ends with none of {SECONDS:?}"
        );
    }
}

#[test]
fn labels_are_bounded() {
    for (name, family) in contract().families {
        for (label, values) in family.labels {
            assert!(!UNBOUNDED.contains(&label.as_str()), "{name}: {label} can have any number of values");
            match values {
                Values::Described(text) => assert!(!text.is_empty(), "{name}: {label} is not described"),
                Values::Closed(values) => {
                    assert!(values.is_sorted_by(|one, next| one < next), "{name}: {label} is sorted, without repeats");
                    assert!(!values.is_empty(), "{name}: {label} has no value");
                }
            }
        }
    }
}

#[test]
fn every_family_stands_once_in_order_with_a_room_and_a_sentence() {
    let text = text();
    let names: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("  ").and_then(|line| line.strip_suffix(':')))
        .filter(|name| !name.starts_with([' ', '#']))
        .collect();
    assert!(names.is_sorted_by(|one, next| one < next), "ops/metrics.yaml is sorted by name, without repeats");
    let families = contract().families;
    assert_eq!(names, families.keys().map(String::as_str).collect::<Vec<_>>());
    for (name, family) in families {
        assert!(
            super::root().join(&family.room).join("Cargo.toml").exists(),
            "{name}: no room is called {}",
            family.room
        );
        let begins = family.help.starts_with(|first: char| first.is_ascii_digit() || first.is_ascii_uppercase());
        let is_given = GIVEN.iter().any(|prefix| name.starts_with(prefix));
        assert!((begins || is_given) && family.help.ends_with('.'), "{name}: help is a sentence: {}", family.help);
        assert!(family.help.len() <= LONGEST_HELP, "{name}: help has {} letters", family.help.len());
        for reason in [&family.when, &family.absent, &family.unused].into_iter().flatten() {
            assert!(reason.len() > 10, "{name}: {reason:?} is no reason");
        }
    }
}

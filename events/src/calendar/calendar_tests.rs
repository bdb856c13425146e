//! Days, zones and holidays, against dates that everybody can look up.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use proptest::prelude::*;

use crate::calendar::{Day, Weekday, ZoneName, after_business_days, business_day_from, holidays, is_business_day};
use crate::time::Timestamp;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

#[test]
fn a_day_is_read_as_it_is_written() {
    let table = [
        ("1970-01-01", 0, Weekday::Thursday, "1970-01-31"),
        ("2000-02-29", 11_016, Weekday::Tuesday, "2000-02-29"),
        ("2026-11-23", 20_780, Weekday::Monday, "2026-11-30"),
        ("2024-02-10", 19_763, Weekday::Saturday, "2024-02-29"),
        ("9999-12-31", 2_932_896, Weekday::Friday, "9999-12-31"),
    ];
    for (text, number, weekday, month_end) in table {
        let found = day(text);
        assert_eq!((found.number(), found.weekday(), found.to_string().as_str()), (number, weekday, text));
        assert_eq!(found.month_end(), day(month_end), "{text}");
    }
    for wrong in ["", "2026-2-01", "2026-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "1969-12-31", "+026-01-01"] {
        assert!(wrong.parse::<Day>().is_err(), "{wrong}");
    }
}

#[test]
fn a_day_begins_at_midnight_of_its_zone_or_where_the_clocks_skip_it_after_that() {
    let table = [
        // zone, day, begins (UTC milliseconds), hours
        ("Asia/Seoul", "2026-11-23", 1_795_359_600_000_i64, 24),
        ("UTC", "2026-11-23", 1_795_392_000_000, 24),
        ("America/New_York", "2026-03-08", 1_772_946_000_000, 23),
        ("America/New_York", "2026-11-01", 1_793_505_600_000, 25),
        // Clocks went from 24:00 to 01:00: the day began at 1.
        ("America/Sao_Paulo", "2018-11-04", 1_541_300_400_000, 23),
    ];
    for (name, text, begins, hours) in table {
        let zone = ZoneName::new(name).zone().unwrap();
        let begin = zone.begin(day(text)).unwrap();
        assert_eq!(begin, Timestamp::from_millis(begins), "{name} {text}");
        let end = zone.begin(day(text).next()).unwrap();
        assert_eq!(end.as_millis() - begin.as_millis(), hours * 3_600_000, "{name} {text}");
        let instants = [(begin.plus_millis(-1), day(text).minus(1)), (begin, day(text)), (end, day(text).next())];
        for (at, expected) in instants {
            assert_eq!(zone.day(at), Some(expected), "{name} {at}");
        }
    }
}

#[test]
fn only_names_of_the_database_are_zones() {
    for wrong in ["", "Seoul", "asia/seoul", "Asia/Atlantis", "Etc/Unknown", "../etc/passwd", "+09:00", "local"] {
        assert!(ZoneName::new(wrong).zone().is_none(), "{wrong}");
    }
    assert!(ZoneName::default().zone().is_some());
}

#[test]
fn business_days_leave_out_weekends_and_holidays() {
    let table = [
        // from, business days later, that day
        ("2026-11-23", 0, "2026-11-23"),
        ("2026-11-23", 1, "2026-11-24"),
        ("2026-11-27", 1, "2026-11-30"), // Friday
        ("2026-11-28", 0, "2026-11-30"), // Saturday
        ("2026-11-28", 1, "2026-11-30"),
        ("2026-09-23", 1, "2026-09-28"), // Chuseok and the weekend after it
        ("2025-10-02", 1, "2025-10-10"), // the longest holiday of the table
        ("2026-12-31", 1, "2027-01-04"),
        ("2026-01-31", 15, "2026-02-25"), // Seollal
        ("2026-07-16", 1, "2026-07-20"),  // Constitution Day
        ("2031-01-31", 1, "2031-02-03"),  // a year outside the table
    ];
    for (from, count, expected) in table {
        assert_eq!(after_business_days(day(from), count), day(expected), "{count} after {from}");
    }
}

#[test]
fn the_table_of_holidays_is_in_order_and_names_weekdays_only() {
    let all: Vec<Day> = holidays::all().collect();
    assert_eq!(all.len(), 17 + 18 + 16 + 14);
    assert!(all.is_sorted_by(|one, other| one < other));
    for holiday in all {
        assert!(!matches!(holiday.weekday(), Weekday::Saturday | Weekday::Sunday), "{holiday}");
        assert!(!is_business_day(holiday));
    }
}

proptest! {
    #[test]
    fn numbers_and_dates_are_the_same_days(number in Day::FIRST.number()..=Day::LAST.number()) {
        let found = Day::from_number(number).unwrap();
        prop_assert_eq!(found.to_string().parse::<Day>(), Ok(found));
        prop_assert!(is_business_day(business_day_from(found)) || number > Day::LAST.number() - 10);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,12}") {
        let found = text.parse::<Day>();
        prop_assert!(found.is_err() || text.len() == 10);
        drop(ZoneName::new(&text).zone());
    }
}

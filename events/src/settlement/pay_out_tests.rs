//! When what is paid out, against calendars that everybody can look up.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use super::{PayOut, PayOutShare};
use crate::calendar::{Day, Weekday};
use crate::money::{BasisPoints, Money};

#[test]
fn each_cycle_pays_on_business_days_and_all_of_it() {
    let weekly =
        |weekday, after| PayOut::Weekly { first_share: BasisPoints::new(7_000), weekday, reserve_after_days: after };
    let (whole, first, reserve) = (PayOutShare::Whole, PayOutShare::First, PayOutShare::Reserve);
    let daily = |business_days| PayOut::Daily { business_days };
    let monthly = |business_days| PayOut::Monthly { business_days };
    type Expected = Vec<(&'static str, i64, PayOutShare)>;
    let table: Vec<(PayOut, &str, i64, Expected)> = vec![
        (daily(1), "2026-11-23", 9_000, vec![("2026-11-24", 9_000, whole)]),
        (daily(1), "2026-11-27", 9_000, vec![("2026-11-30", 9_000, whole)]),
        (daily(0), "2026-11-28", 9_000, vec![("2026-11-30", 9_000, whole)]),
        (daily(2), "2026-09-22", 9_000, vec![("2026-09-28", 9_000, whole)]), // Chuseok
        (monthly(15), "2026-11-02", 9_000, vec![("2026-12-21", 9_000, whole)]),
        (monthly(15), "2026-01-31", 9_000, vec![("2026-02-25", 9_000, whole)]), // Seollal
        // The odd won stays in the reserve.
        (
            weekly(Weekday::Friday, 30),
            "2026-11-23",
            9_001,
            vec![("2026-11-27", 6_300, first), ("2026-12-23", 2_701, reserve)],
        ),
        // A Friday is paid on the next Friday, which is Christmas: on Monday.
        (weekly(Weekday::Friday, 60), "2026-12-18", 10, vec![("2026-12-28", 7, first), ("2027-02-16", 3, reserve)]),
        // The reserve never goes before the first share.
        (weekly(Weekday::Sunday, 1), "2026-11-23", 10, vec![("2026-11-30", 7, first), ("2026-11-30", 3, reserve)]),
        (weekly(Weekday::Monday, 9), "2026-11-23", 1, vec![("2026-12-02", 1, reserve)]),
        (daily(1), "2026-11-23", 0, vec![]),
    ];
    for (cycle, day, payable, expected) in table {
        let parts = cycle.schedule(day.parse().unwrap(), Money::new(payable));
        let found: Vec<(Day, i64, PayOutShare)> =
            parts.iter().map(|part| (part.on, part.amount.minor(), part.part)).collect();
        let expected: Vec<_> =
            expected.into_iter().map(|(on, amount, part)| (on.parse().unwrap(), amount, part)).collect();
        assert_eq!(found, expected, "{cycle:?} {day}");
    }
}

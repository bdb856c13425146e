//! Korean public holidays that fall on weekdays, as data, from 2024 to 2027; a new year is a few more lines.
//!
//! Source: the Act on Public Holidays (공휴일에 관한 법률) with its decrees, the almanacs (월력요항) of the Korea Astronomy and Space
//! Science Institute, and proclaimed holidays and elections. Constitution Day counts from 2026 on (Act amended on 2026-01-29).
//! 1 May is no public holiday by every year's law, but banks are closed. 2027 follows from the rules; what is proclaimed later must
//! be added. **Limit**: a year outside the table has weekends only.

use super::Day;

/// Month and day of each year's holidays, in order.
const YEARS: [(i32, &[(u8, u8)]); 4] = [
    (
        2024,
        &[
            (1, 1),
            (2, 9),
            (2, 12), // instead of Seollal's Sunday
            (3, 1),
            (4, 10), // election
            (5, 1),
            (5, 6), // instead of Children's Day
            (5, 15),
            (6, 6),
            (8, 15),
            (9, 16),
            (9, 17),
            (9, 18),
            (10, 1), // proclaimed
            (10, 3),
            (10, 9),
            (12, 25),
        ],
    ),
    (
        2025,
        &[
            (1, 1),
            (1, 27), // proclaimed
            (1, 28),
            (1, 29),
            (1, 30),
            (3, 3), // instead of 1 March
            (5, 1),
            (5, 5),
            (5, 6), // Children's Day and Buddha's Birthday met
            (6, 3), // election
            (6, 6),
            (8, 15),
            (10, 3),
            (10, 6),
            (10, 7),
            (10, 8), // instead of Chuseok's Sunday
            (10, 9),
            (12, 25),
        ],
    ),
    (
        2026,
        &[
            (1, 1),
            (2, 16),
            (2, 17),
            (2, 18),
            (3, 2), // instead of 1 March
            (5, 1),
            (5, 5),
            (5, 25), // instead of Buddha's Birthday
            (6, 3),  // election
            (7, 17),
            (8, 17), // instead of Liberation Day
            (9, 24),
            (9, 25),
            (10, 5), // instead of Foundation Day
            (10, 9),
            (12, 25),
        ],
    ),
    (
        2027,
        &[
            (1, 1),
            (2, 8),
            (2, 9), // instead of Seollal's Sunday
            (3, 1),
            (5, 5),
            (5, 13),
            (7, 19), // instead of Constitution Day
            (8, 16), // instead of Liberation Day
            (9, 14),
            (9, 15),
            (9, 16),
            (10, 4),  // instead of Foundation Day
            (10, 11), // instead of Hangul Day
            (12, 27), // instead of Christmas
        ],
    ),
];

/// Whether the day is a holiday of the table.
pub(super) fn contains(day: Day) -> bool {
    let (year, month, number) = day.date();
    YEARS
        .iter()
        .any(|(of, days)| *of == year && days.iter().any(|(m, d)| i32::from(*m) == month && i32::from(*d) == number))
}

#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = Day> {
    YEARS.iter().flat_map(|(year, days)| days.iter().filter_map(|(month, day)| Day::of(*year, *month, *day)))
}

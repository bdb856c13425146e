//! Plays tables. A row says what happens at which second, and what it leads to:
//!
//! ```text
//! <second>  <what happens>  =>  <what it leads to>
//! ```
//!
//! Every table is played twice, as it is and with a crash after every row; both must lead to what the table says. Empty rows and rows
//! that begin with `#` are passed over.

use std::str::FromStr;

use events::ids::RequestId;
use events::inventory::SalePrice;
use events::money::Money;
use events::time::{Timestamp, Window};

use super::crash::Crash;
use super::driver::Driver;
use super::names::{at, request};

/// One row: what happens, and when.
pub(crate) struct Row<'a> {
    /// Its place in the table.
    pub(crate) number: usize,
    /// Milliseconds.
    pub(crate) at_ms: i64,
    /// What happens, word by word; the first says what kind of thing it is.
    pub(crate) words: Vec<&'a str>,
}

/// Plays a table on fixtures that `new` makes. `play` does what a row says and answers with what came of it, in the table's words.
pub(crate) fn check<F>(
    table: &str,
    new: impl Fn() -> F,
    driver: impl Fn(&mut F) -> &mut Driver,
    play: impl Fn(&mut F, &Row<'_>) -> String,
) {
    for crash in [Crash::Never, Crash::AfterEach] {
        let mut fixture = new();
        let mut wrong = vec![];
        let rows = table.lines().map(str::trim).enumerate().filter(|(_, row)| !row.is_empty() && !row.starts_with('#'));
        for (number, text) in rows {
            let (what, expected) = text.split_once("=>").expect("a row has an arrow");
            let found = play(&mut fixture, &Row::new(number, what));
            if found != expected.split_whitespace().collect::<Vec<_>>().join(" ") {
                wrong.push(format!("row {number} ({crash:?}): {text}\n      is {found}"));
            }
            crash.strike(number, driver(&mut fixture));
        }
        assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
        assert!(driver(&mut fixture).take_dead_letters().is_empty());
    }
}

impl<'a> Row<'a> {
    fn new(number: usize, text: &'a str) -> Self {
        let mut words = text.split_whitespace();
        let second: f64 = words.next().unwrap().parse().expect("a row begins with a second");
        Self { number, at_ms: (second * 1000.0) as i64, words: words.collect() }
    }

    /// What follows `name=`.
    pub(crate) fn argument(&self, name: &str) -> Option<&'a str> {
        argument(&self.words, name)
    }

    /// The number that follows `name=`.
    pub(crate) fn number<T: FromStr>(&self, name: &str) -> Option<T> {
        number(&self.words, name)
    }

    /// The word at this place, as whatever it is.
    pub(crate) fn word<T: FromStr>(&self, place: usize) -> T {
        parse(self.words[place])
    }

    /// The instant of the second that follows `name=`.
    pub(crate) fn instant(&self, name: &str) -> Option<Timestamp> {
        self.number(name).map(at)
    }

    /// The amount that follows `name=`.
    pub(crate) fn money(&self, name: &str) -> Option<Money> {
        self.number(name).map(Money::new)
    }

    /// The window that follows `name=`, written `10..60`.
    pub(crate) fn window(&self, name: &str) -> Option<Window> {
        self.argument(name).map(window)
    }

    /// The time sale that follows `sale=`, written `700@10..20`.
    pub(crate) fn sale(&self) -> Option<SalePrice> {
        let (price, over) = self.argument("sale")?.split_once('@').expect("a sale is written 700@10..20");
        Some(SalePrice { price: Money::new(parse(price)), window: window(over) })
    }

    /// The request that `as=` names; without it a row has a request of its own. A repeat is a row with the name of an earlier one.
    pub(crate) fn request(&self) -> RequestId {
        self.argument("as").map_or_else(|| request(&format!("row {}", self.number)), request)
    }
}

/// What follows `name=` in one of the words.
pub(crate) fn argument<'a>(words: &[&'a str], name: &str) -> Option<&'a str> {
    words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
}

/// The number that follows `name=` in one of the words.
pub(crate) fn number<T: FromStr>(words: &[&str], name: &str) -> Option<T> {
    argument(words, name).map(parse)
}

fn parse<T: FromStr>(text: &str) -> T {
    text.parse().ok().unwrap_or_else(|| panic!("{text} is not what is expected in its place"))
}

fn window(text: &str) -> Window {
    let (from, until) = text.split_once("..").expect("a window is written 10..60");
    Window { from: at(parse(from)), until: at(parse(until)) }
}

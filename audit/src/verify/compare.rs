//! Two sorted runs of rows, compared key by key in both directions: what is missing, what is extra, what differs.

use std::cmp::Ordering;
use std::fmt::Debug;
use std::iter::Peekable;

/// Compares the rows that were found, in order of keys, with those that are expected; remembers the first difference.
pub struct Comparison<'a, K, R, E>
where
    K: 'a,
    R: 'a,
    E: Iterator<Item = (&'a K, &'a R)>,
{
    expected: Peekable<E>,
    what: &'static str,
    compared: u64,
    difference: Option<String>,
}

impl<'a, K, R, E> Comparison<'a, K, R, E>
where
    K: Ord + Debug + 'a,
    R: PartialEq + Debug + 'a,
    E: Iterator<Item = (&'a K, &'a R)>,
{
    /// Begins. `expected` comes in order of keys.
    pub fn new(what: &'static str, expected: E) -> Self {
        Self { expected: expected.peekable(), what, compared: 0, difference: None }
    }

    /// Takes the next row that was found. Rows come in order of keys.
    pub fn found(&mut self, key: &K, row: &R) {
        self.compared += 1;
        loop {
            let order = self.expected.peek().map(|(expected, _)| (*expected).cmp(key));
            match order {
                Some(Ordering::Less) => {
                    if let Some((missing, row)) = self.expected.next() {
                        self.differ(|what| format!("{what} {missing:?} is missing; the log says {row:?}"));
                    }
                }
                Some(Ordering::Equal) => {
                    if let Some((_, expected)) = self.expected.next()
                        && expected != row
                    {
                        self.differ(|what| {
                            format!("{what} {key:?} differs:\n   the log: {expected:?}\n   found:   {row:?}")
                        });
                    }
                    return;
                }
                Some(Ordering::Greater) | None => {
                    self.differ(|what| format!("{what} {key:?} is there, but not in the log: {row:?}"));
                    return;
                }
            }
        }
    }

    /// A row that was found and cannot be read.
    pub fn unreadable(&mut self, why: &str) {
        self.compared += 1;
        self.differ(|what| format!("a row of {what} cannot be read: {why}"));
    }

    /// Ends; what is left of the expected rows is missing. Returns how many rows were compared, and the first difference.
    pub fn end(mut self) -> (u64, Option<String>) {
        if let Some((missing, row)) = self.expected.next() {
            self.differ(|what| format!("{what} {missing:?} is missing; the log says {row:?}"));
        }
        (self.compared, self.difference)
    }

    fn differ(&mut self, say: impl FnOnce(&str) -> String) {
        if self.difference.is_none() {
            self.difference = Some(say(self.what));
        }
    }
}

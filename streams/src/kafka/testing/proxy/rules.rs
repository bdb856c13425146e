//! What is done with which requests. Pure but for the wait of one that is held.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A kind of request, by its number in the protocol.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Api {
    /// Appends records.
    Produce = 0,
    /// Reads records.
    Fetch = 1,
    /// Adds partitions to a transaction.
    AddPartitions = 24,
    /// Adds a group's positions to a transaction.
    AddOffsets = 25,
    /// Commits a transaction, or aborts it.
    EndTxn = 26,
    /// Writes a group's positions in a transaction.
    TxnOffsetCommit = 28,
}

impl Api {
    /// Every kind that a rule can name.
    pub const ALL: [Self; 6] =
        [Self::Produce, Self::Fetch, Self::AddPartitions, Self::AddOffsets, Self::EndTxn, Self::TxnOffsetCommit];

    /// The kind with this number.
    #[must_use]
    pub fn of(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|api| *api as i16 == number)
    }
}

/// What is done with a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// It waits, and with it what follows on its connection, until no rule holds it any more. It is passed on then even if its client has
    /// gone away.
    Hold,
    /// It is passed on after this time.
    Delay(Duration),
    /// The broker does not get it.
    Drop,
    /// The broker gets it, and its answer is lost.
    DropAnswer,
    /// The broker gets it twice; the client gets the first answer.
    Repeat,
}

/// A rule for the requests of one kind, counted over all connections from the moment when the rule is set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rule {
    /// Which kind.
    pub api: Api,
    /// What is done with it.
    pub action: Action,
    /// So many pass before.
    pub skip: u64,
    /// With so many it is done.
    pub count: u64,
}

impl Rule {
    /// With every request of a kind.
    #[must_use]
    pub const fn every(api: Api, action: Action) -> Self {
        Self { api, action, skip: 0, count: u64::MAX }
    }

    /// With the next request of a kind.
    #[must_use]
    pub const fn next(api: Api, action: Action) -> Self {
        Self { api, action, skip: 0, count: 1 }
    }

    const fn meets(&self, number: u64) -> bool {
        number >= self.skip && number - self.skip < self.count
    }
}

/// The rules of a proxy, shared by its connections.
#[derive(Debug, Default)]
pub(super) struct Rules {
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    rules: Vec<Rule>,
    /// How many requests of each kind have come since the rules were set.
    seen: BTreeMap<Api, u64>,
    is_closed: bool,
}

impl Rules {
    /// Sets the rules anew; what the former ones hold is decided again, as the first of its kind.
    pub(super) fn set(&self, rules: Vec<Rule>) {
        let mut inner = self.lock();
        inner.rules = rules;
        inner.seen.clear();
        drop(inner);
        self.changed.notify_all();
    }

    /// Lets everything go: nothing is held from now on.
    pub(super) fn close(&self) {
        let mut inner = self.lock();
        inner.rules.clear();
        inner.is_closed = true;
        drop(inner);
        self.changed.notify_all();
    }

    /// Whether the proxy goes away.
    pub(super) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    /// How many requests of a kind have come since the rules were set.
    pub(super) fn seen(&self, api: Api) -> u64 {
        self.lock().seen.get(&api).copied().unwrap_or(0)
    }

    /// What is to be done with a request that has come; none if it is just passed on. Waits while it is held.
    pub(super) fn of(&self, api: Api) -> Option<Action> {
        let mut inner = self.lock();
        let mut action = inner.count(api);
        while action == Some(Action::Hold) {
            inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
            action = inner.count(api);
        }
        action
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn count(&mut self, api: Api) -> Option<Action> {
        let seen = self.seen.entry(api).or_default();
        let number = *seen;
        *seen += 1;
        self.rules.iter().find(|rule| rule.api == api && rule.meets(number)).map(|rule| rule.action)
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, Api, Rule, Rules};

    #[test]
    fn a_rule_meets_as_many_as_it_says() {
        let rules = Rules::default();
        assert_eq!(rules.of(Api::EndTxn), None);
        rules.set(vec![Rule { api: Api::EndTxn, action: Action::Drop, skip: 1, count: 2 }]);
        let met: Vec<_> = (0..4).map(|_| rules.of(Api::EndTxn).is_some()).collect();
        assert_eq!(met, [false, true, true, false]);
        assert_eq!(rules.of(Api::Produce), None);
        assert_eq!((rules.seen(Api::EndTxn), rules.seen(Api::Produce)), (4, 1));
    }

    #[test]
    fn what_is_held_goes_on_when_the_rules_change() {
        let rules = Rules::default();
        rules.set(vec![Rule::next(Api::Produce, Action::Hold)]);
        std::thread::scope(|scope| {
            let held = scope.spawn(|| rules.of(Api::Produce));
            while rules.seen(Api::Produce) == 0 {
                std::thread::yield_now();
            }
            rules.set(vec![Rule::every(Api::Produce, Action::DropAnswer)]);
            assert_eq!(held.join().unwrap(), Some(Action::DropAnswer));
        });
    }

    #[test]
    fn every_kind_has_its_number() {
        for api in Api::ALL {
            assert_eq!(Api::of(api as i16), Some(api));
        }
        assert_eq!(Api::of(3), None);
    }
}

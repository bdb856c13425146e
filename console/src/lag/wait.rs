//! Looking at groups until they are within a limit: for scripts, deployments, tests and the sale, which all wait by the same words.

use std::time::{Duration, Instant};

use super::collector::Collector;
use super::limit::{Judgement, Limit, is_named};
use super::snapshot::Snapshot;

/// Between two looks.
const AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Which groups and topics are meant.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wanted {
    /// Groups, by their whole name or what follows a dot in it; all when none is named.
    pub groups: Vec<String>,
    /// The topic; all when none is named.
    pub topic: Option<String>,
}

impl Wanted {
    /// What a snapshot says of them.
    #[must_use]
    pub fn of(&self, snapshot: &Snapshot) -> Snapshot {
        let mut snapshot = snapshot.clone();
        if !self.groups.is_empty() {
            snapshot.groups.retain(|group| self.groups.iter().any(|word| is_named(&group.group, word)));
        }
        if let Some(topic) = &self.topic {
            snapshot.groups.iter_mut().for_each(|group| group.topics.retain(|lag| lag.topic == *topic));
        }
        snapshot
    }
}

impl Collector {
    /// Looks once at what is wanted. Blocks.
    ///
    /// # Errors
    /// Why the cluster could not be seen, in words.
    pub fn look_at(&mut self, wanted: &Wanted) -> Result<Snapshot, String> {
        let view = self.look();
        if let Some(error) = &view.error {
            return Err(error.to_string());
        }
        view.snapshot.as_deref().map(|snapshot| wanted.of(snapshot)).ok_or_else(|| "nothing was seen".to_owned())
    }

    /// Looks until all that is wanted is within the limit, at least once and at most so long. Answers what the last look says, and what it
    /// saw. Blocks.
    pub fn wait(&mut self, wanted: &Wanted, limit: Limit, at_most: Duration) -> (Judgement, Option<Snapshot>) {
        let began = Instant::now();
        let look = || self.look_at(wanted);
        until(
            look,
            |snapshot| limit.judge(snapshot, &wanted.groups),
            || {
                let is_over = began.elapsed() >= at_most;
                if !is_over {
                    std::thread::sleep(AGAIN_AFTER);
                }
                !is_over
            },
        )
    }
}

/// Looks until what is seen is within, or until nobody wants to go on.
fn until(
    mut look: impl FnMut() -> Result<Snapshot, String>,
    judge: impl Fn(&Snapshot) -> Judgement,
    mut goes_on: impl FnMut() -> bool,
) -> (Judgement, Option<Snapshot>) {
    loop {
        let (judgement, seen) = match look() {
            Ok(snapshot) => (judge(&snapshot), Some(snapshot)),
            Err(reason) => (Judgement::Unknown(vec![reason]), None),
        };
        if judgement == Judgement::Within || !goes_on() {
            return (judgement, seen);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{behind, snapshot};
    use super::super::snapshot::Status;
    use super::*;

    /// Looks at these, one after the other, as long as there are more; how often was looked.
    fn waited(mut looks: Vec<Result<Snapshot, String>>) -> (Judgement, usize) {
        looks.reverse();
        let count = looks.len();
        let left = std::cell::RefCell::new(looks);
        let look = || left.borrow_mut().pop().expect("a look");
        let judge = |snapshot: &Snapshot| Limit::Seconds(0.0).judge(snapshot, &[]);
        let (judgement, _) = until(look, judge, || !left.borrow().is_empty());
        (judgement, count - left.borrow().len())
    }

    fn at(records: i64, seconds: f64) -> Result<Snapshot, String> {
        Ok(Snapshot { groups: vec![behind("a", "facts", Status::Ok, records, seconds)], ..snapshot() })
    }

    #[test]
    fn it_is_looked_until_nothing_waits_and_not_again() {
        let gone = || Err("ends: no broker".to_owned());
        assert_eq!(waited(vec![at(0, 0.0), at(1, 1.0)]), (Judgement::Within, 1));
        assert_eq!(waited(vec![at(5, 2.0), gone(), at(1, 0.1), at(0, 0.0), gone()]), (Judgement::Within, 4));
    }

    #[test]
    fn when_the_time_is_over_the_last_look_is_told() {
        let gone = || Err("ends: no broker".to_owned());
        assert_eq!(waited(vec![gone()]), (Judgement::Unknown(vec!["ends: no broker".to_owned()]), 1));
        assert!(matches!(waited(vec![gone(), at(5, 2.0)]), (Judgement::Behind(_), 2)));
    }

    #[test]
    fn what_is_not_wanted_is_not_there() {
        let names = |wanted: &Wanted| {
            let seen = wanted.of(&snapshot());
            let topics = |group: &super::super::snapshot::GroupLag| group.topics.len();
            seen.groups.iter().map(|group| (group.group.clone(), topics(group))).collect::<Vec<_>>()
        };
        assert_eq!(names(&Wanted::default()), [("a".to_owned(), 1), ("b".to_owned(), 1)]);
        assert_eq!(names(&Wanted { groups: vec!["b".into()], topic: None }), [("b".to_owned(), 1)]);
        assert_eq!(names(&Wanted { groups: vec!["b".into()], topic: Some("other".into()) }), [("b".to_owned(), 0)]);
    }
}

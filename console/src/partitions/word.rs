//! An operator's word about a parked partition: written for its owner, and then waited for. Blocks; not for an async worker thread.

use std::time::{Duration, Instant};

use events::topics::PROCESSORS_CONTROL;
use streams::control::{Control, Kind};
use streams::kafka::ClusterConfig;

use super::list::{Error, list, said};
use super::notes::Parked;
use crate::written;

/// How long the owner may take to do what was said.
const DONE_WITHIN: Duration = Duration::from_secs(15);

/// How long a partition that goes on is watched: it may be parked again at once.
const WATCHED: Duration = Duration::from_secs(2);

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// Longest reason, characters.
const LONGEST_REASON: usize = 500;

/// What is to be done with a parked partition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// The processor: its application id.
    pub application: String,
    /// The partition.
    pub partition: i32,
    /// The record to set aside, by its offset. Without one the partition goes on where it stands.
    pub set_aside: Option<i64>,
    /// Why.
    pub reason: String,
    /// Who says so.
    pub who: String,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
}

/// What came of a word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Came {
    /// The partition goes on.
    GoesOn,
    /// It went on and was parked again, for this reason.
    ParkedAgain(String),
    /// Nobody has done anything yet: no processor owns the partition now. The word stands; whoever owns it next hears it.
    Nothing,
}

/// Says what is to be done with a parked partition, and waits until its owner has done it. Groups of the processors are named
/// `PREFIX.APPLICATION`.
///
/// # Errors
/// [`Error`]. A word that is not known to be written can be said again: it is done once.
pub fn say(cluster: &ClusterConfig, prefix: &str, order: &Order) -> Result<Came, Error> {
    let parked = list(cluster, prefix)?.partitions.into_iter().find(|parked| is_meant(parked, order));
    let word = word(order, parked)?;
    let outgoing = word.outgoing(PROCESSORS_CONTROL.name()).map_err(|error| Error::Write(error.to_string()))?;
    written::write(cluster, outgoing).map_err(Error::Write)?;
    let mut deadline = Instant::now() + DONE_WITHIN;
    let mut goes_on = false;
    loop {
        match came(said(cluster)?.into_iter().flatten(), &word) {
            Came::Nothing => {}
            Came::GoesOn if !goes_on => {
                goes_on = true;
                deadline = Instant::now() + WATCHED;
            }
            Came::GoesOn => {}
            parked => return Ok(parked),
        }
        if Instant::now() >= deadline {
            return Ok(if goes_on { Came::GoesOn } else { Came::Nothing });
        }
        std::thread::sleep(PAUSE);
    }
}

fn is_meant(parked: &Parked, order: &Order) -> bool {
    (parked.application.as_str(), parked.partition) == (order.application.as_str(), order.partition)
}

/// The word, if the partition is parked as the order says.
fn word(order: &Order, parked: Option<Parked>) -> Result<Control, Error> {
    let (application, partition) = (order.application.clone(), order.partition);
    let Some(parked) = parked else { return Err(Error::NotParked { application, partition }) };
    let in_front = parked.position.filter(|_| parked.record_ms.is_some());
    if let Some(offset) = order.set_aside
        && in_front != Some(offset)
    {
        return Err(Error::NotInFront { offset, reason: parked.reason });
    }
    Ok(Control {
        kind: if order.set_aside.is_some() { Kind::SetAside } else { Kind::Resume },
        application,
        topic: parked.topic,
        partition,
        position: parked.position,
        record_ms: parked.record_ms,
        reason: order.reason.chars().take(LONGEST_REASON).collect(),
        who: order.who.clone(),
        at_ms: order.at_ms,
    })
}

/// What the owner has said since the word.
fn came(said: impl Iterator<Item = Control>, word: &Control) -> Came {
    let of_partition =
        said.filter(|control| (&control.application, control.partition) == (&word.application, word.partition));
    let since = of_partition.skip_while(|control| control != word).skip(1);
    since.fold(Came::Nothing, |came, control| match control.kind {
        Kind::GoesOn => Came::GoesOn,
        Kind::Parked => Came::ParkedAgain(control.reason),
        Kind::Resume | Kind::SetAside => came,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parked(record_ms: Option<i64>) -> Parked {
        Parked {
            application: "prices".into(),
            topic: "clicks".into(),
            partition: 1,
            position: Some(5),
            record_ms,
            reason: "a newer version".into(),
            who: "0@1".into(),
            since_ms: 1,
            word: None,
        }
    }

    fn order(set_aside: Option<i64>) -> Order {
        let (application, reason, who) = ("prices".into(), "ticket 7".into(), "kim".into());
        Order { application, partition: 1, set_aside, reason, who, at_ms: 9 }
    }

    #[test]
    fn only_the_very_record_that_a_partition_is_parked_in_front_of_is_set_aside() {
        let aside = word(&order(Some(5)), Some(parked(Some(77)))).unwrap();
        assert_eq!((aside.kind, aside.record(), aside.topic.as_str()), (Kind::SetAside, Some((5, 77)), "clicks"));
        assert!(matches!(word(&order(Some(6)), Some(parked(Some(77)))), Err(Error::NotInFront { offset: 6, .. })));
        assert!(
            matches!(word(&order(Some(5)), Some(parked(None))), Err(Error::NotInFront { .. })),
            "its state is lost"
        );
        assert!(matches!(word(&order(Some(5)), None), Err(Error::NotParked { .. })));
        assert_eq!(word(&order(None), Some(parked(None))).unwrap().kind, Kind::Resume);
        let long = Order { reason: "x".repeat(9_000), ..order(None) };
        assert_eq!(word(&long, Some(parked(None))).unwrap().reason.len(), LONGEST_REASON);
    }

    #[test]
    fn what_came_of_a_word_is_what_its_owner_has_said_since() {
        let word = word(&order(None), Some(parked(None))).unwrap();
        let of = |kind, partition| Control { kind, partition, at_ms: 10, ..word.clone() };
        let came = |said: &[Control]| came(said.iter().cloned(), &word);
        assert_eq!(came(&[of(Kind::Parked, 1)]), Came::Nothing);
        assert_eq!(came(&[of(Kind::GoesOn, 1), word.clone()]), Came::Nothing);
        assert_eq!(came(&[word.clone(), of(Kind::GoesOn, 2)]), Came::Nothing);
        assert_eq!(came(&[word.clone(), of(Kind::GoesOn, 1)]), Came::GoesOn);
        let again = [word.clone(), of(Kind::GoesOn, 1), of(Kind::Parked, 1)];
        assert_eq!(came(&again), Came::ParkedAgain(word.reason.clone()));
    }
}

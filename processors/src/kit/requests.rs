//! The memory of requests, so that a repeat is recognised and gets its first answer. What was accepted is remembered for the whole
//! [`RETRY_WINDOW_MS`], whatever comes between; refusals have a bound of their own, beyond which the oldest
//! is forgotten. Where no more can be remembered, new requests are refused instead of old ones forgotten.
//!
//! [`Requests`] are few, and are kept in the row of what they are about. Where they may be many, `request_store` keeps each in a
//! row of its own, under the same rule.

use events::ids::RequestId;
use events::request::{Fingerprint, RETRY_WINDOW_MS};
use events::time::Timestamp;

use super::field::Field;

/// Where a request stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// It is not decided yet.
    Pending,
    /// It changed something.
    Accepted,
    /// It changed nothing.
    Refused,
}

/// What was decided about a request, in a processor's own words.
pub(crate) trait Answer {
    /// Where the request stands with this answer.
    fn standing(&self) -> Standing;
}

/// A request and what was decided about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Remembered<A> {
    pub(crate) request: RequestId,
    pub(crate) fingerprint: Fingerprint,
    /// When it was decided; until then, when it came.
    pub(crate) at: Timestamp,
    pub(crate) answer: A,
}

/// What a request is that was seen before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Seen<T> {
    /// The same: this was decided.
    Repeat(T),
    /// Another one under the same id.
    Conflict,
}

/// How many requests are remembered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Accepted ones: beyond these, new requests are refused until the oldest is older than the retry window.
    pub(crate) accepted: usize,
    /// Refused ones: beyond these, the oldest is forgotten.
    pub(crate) refused: usize,
    /// The first so many are never forgotten.
    pub(crate) kept: usize,
}

/// The requests about one thing, oldest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Requests<A>(pub(crate) Vec<Remembered<A>>);

impl<T> Seen<T> {
    /// A repeat, if it says the same.
    pub(crate) fn of(same: bool, decided: impl FnOnce() -> T) -> Self {
        if same { Self::Repeat(decided()) } else { Self::Conflict }
    }

    /// The same with another view of what was decided.
    pub(crate) fn map<U>(self, view: impl FnOnce(T) -> U) -> Seen<U> {
        match self {
            Self::Repeat(decided) => Seen::Repeat(view(decided)),
            Self::Conflict => Seen::Conflict,
        }
    }
}

impl<A: Answer> Remembered<A> {
    /// What a command under this request's id is.
    pub(crate) fn seen(self, fingerprint: Fingerprint) -> Seen<Self> {
        Seen::of(self.fingerprint == fingerprint, || self)
    }

    /// Whether it need not be remembered any longer.
    pub(crate) fn is_old(&self, now: Timestamp) -> bool {
        self.at.plus_millis(RETRY_WINDOW_MS) <= now
    }

    fn stands(&self, standing: Standing) -> bool {
        self.answer.standing() == standing
    }
}

impl<A> Default for Requests<A> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<A: Answer> Requests<A> {
    /// The request of this id.
    pub(crate) fn find(&self, request: RequestId) -> Option<&Remembered<A>> {
        self.0.iter().rev().find(|known| known.request == request)
    }

    /// The request of this id.
    pub(crate) fn find_mut(&mut self, request: RequestId) -> Option<&mut Remembered<A>> {
        self.0.iter_mut().rev().find(|known| known.request == request)
    }

    /// What is known of a request.
    pub(crate) fn recall(&self, request: RequestId, fingerprint: Fingerprint) -> Option<Seen<&Remembered<A>>> {
        let known = self.find(request)?;
        Some(Seen::of(known.fingerprint == fingerprint, || known))
    }

    /// Whether one more request can be remembered if it is accepted.
    pub(crate) fn has_room(&self, now: Timestamp, bounds: &Bounds) -> bool {
        let held = self.0.iter().filter(|known| !known.stands(Standing::Refused)).count();
        held < bounds.accepted || self.outdated(now, bounds).is_some()
    }

    /// Remembers a request. Of the refused the oldest is forgotten beyond its bound, of the accepted only what is older than the
    /// retry window. Before a request is accepted, [`Self::has_room`] is checked.
    pub(crate) fn remember(&mut self, request: Remembered<A>, now: Timestamp, bounds: &Bounds) {
        self.0.push(request);
        self.keep_bounds(now, bounds);
    }

    fn keep_bounds(&mut self, now: Timestamp, bounds: &Bounds) {
        let count = |list: &[Remembered<A>], refused: bool| {
            list.iter().filter(|known| known.stands(Standing::Refused) == refused).count()
        };
        while count(&self.0, true) > bounds.refused {
            let refused = self.0.iter().skip(bounds.kept).position(|known| known.stands(Standing::Refused));
            let Some(place) = refused else { break };
            self.0.remove(place + bounds.kept);
        }
        while count(&self.0, false) > bounds.accepted {
            let Some(place) = self.outdated(now, bounds) else { break };
            self.0.remove(place);
        }
    }

    /// The place of the oldest accepted request that may be forgotten.
    fn outdated(&self, now: Timestamp, bounds: &Bounds) -> Option<usize> {
        let may_go = |known: &Remembered<A>| known.stands(Standing::Accepted) && known.is_old(now);
        self.0.iter().skip(bounds.kept).position(may_go).map(|place| place + bounds.kept)
    }

    /// Forgets everything that is older than the retry window. Whether there was anything.
    pub(crate) fn forget_old(&mut self, now: Timestamp) -> bool {
        let before = self.0.len();
        self.0.retain(|known| !known.is_old(now));
        self.0.len() != before
    }
}

impl<A: Field> Field for Remembered<A> {
    fn write(&self, row: &mut super::row::Writer) {
        self.request.write(row);
        self.fingerprint.write(row);
        self.at.write(row);
        self.answer.write(row);
    }
    fn read(row: &mut super::row::Reader<'_>) -> Result<Self, super::row::Corrupt> {
        let (request, fingerprint) = (Field::read(row)?, Field::read(row)?);
        Ok(Self { request, fingerprint, at: Field::read(row)?, answer: Field::read(row)? })
    }
}

impl<A: Field> Field for Requests<A> {
    fn write(&self, row: &mut super::row::Writer) {
        self.0.write(row);
    }
    fn read(row: &mut super::row::Reader<'_>) -> Result<Self, super::row::Corrupt> {
        Field::read(row).map(Self)
    }
}

#[cfg(test)]
#[path = "requests_tests.rs"]
mod tests;

//! The order of a story, and who caused what. A cause is found by what records say of themselves, never guessed from the order alone:
//! a fact names the log time of its command, an answer names the request of the fact that it tells, and everything that one request led
//! to is of its trace.

use super::entry::Entry;

/// Sorts by time, and finds for each record the one that led to it.
pub(super) fn link(entries: &mut [Entry]) {
    entries.sort_by_cached_key(|entry| {
        let (topic, partition, offset) = entry.place();
        // Within a millisecond, commands come before the facts that they led to.
        (entry.at_ms(), entry.is_fact(), entry.is_reply(), topic, partition, offset)
    });
    let causes: Vec<Option<usize>> = (0..entries.len()).map(|place| cause(entries, place)).collect();
    entries.iter_mut().zip(causes).for_each(|(entry, cause)| entry.cause = cause);
}

fn cause(entries: &[Entry], place: usize) -> Option<usize> {
    let entry = entries.get(place)?;
    if entry.is_fact() {
        return command_of(entries, entry);
    }
    if entry.is_reply() {
        return latest(entries, |fact| {
            fact.is_fact() && is_one_trace(fact, entry) && fact.said_at_ms() == entry.said_at_ms()
        });
    }
    if entry.event.ends_with("_answered") {
        // stock_answered, coupon_answered, payment_answered
        return latest(entries, |fact| {
            fact.is_fact()
                && fact.application() != "orders"
                && fact.request().is_some()
                && fact.request() == entry.request()
        });
    }
    if entry.application() == "orders" {
        // From outside.
        return None;
    }
    // The orders processor has sent it with what it decided.
    latest(entries, |fact| {
        let is_before = fact.said_at_ms().is_some_and(|at| at <= entry.said_at_ms().unwrap_or_else(|| entry.at_ms()));
        fact.is_fact() && fact.application() == "orders" && is_one_trace(fact, entry) && is_before
    })
}

/// The command that led to a fact: in the same partition, logged when the fact says; else the one with its request.
fn command_of(entries: &[Entry], fact: &Entry) -> Option<usize> {
    let (_, partition, _) = fact.place();
    let is_command = |entry: &Entry| {
        !entry.is_fact()
            && !entry.is_reply()
            && entry.application() == fact.application()
            && entry.place().1 == partition
    };
    let by_time = latest(entries, |entry| {
        is_command(entry) && fact.said_at_ms() == Some(entry.at_ms()) && is_one_trace(fact, entry)
    });
    by_time.or_else(|| {
        latest(entries, |entry| is_command(entry) && fact.request().is_some() && fact.request() == entry.request())
    })
}

fn is_one_trace(one: &Entry, other: &Entry) -> bool {
    one.trace.is_some() && one.trace == other.trace
}

fn latest(entries: &[Entry], is_it: impl Fn(&Entry) -> bool) -> Option<usize> {
    entries.iter().rposition(is_it)
}

#[cfg(test)]
#[path = "link_tests.rs"]
mod tests;

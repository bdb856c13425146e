//! Reads the log into an [`Audit`]: both coupon topics from their first record to their committed end, and how many dead letters
//! there are. Blocks; not for an async worker thread.

use std::collections::BTreeMap;

use events::codec::{self, DecodeError, Message};
use events::envelope::{Envelope, header};
use events::projections::Source;
use events::topics::{COUPONS_EVENTS, COUPONS_INBOX, DEAD_LETTERS};
use streams::kafka::{ClusterConfig, Tap, TapError};
use streams::record::Record;

use super::audit::{Audit, Whole};

/// A garbage record of the inbox must be among the dead letters.
pub const SET_ASIDE: &str = "garbage_is_set_aside";

/// How the runtime marks a tick: no value, and this type.
const TICK: &[u8] = b"tick";

/// Committed ends of `coupons.events` by partition.
pub type Ends = BTreeMap<i32, i64>;

/// What was read.
pub struct Log {
    /// The fold.
    pub audit: Audit,
    /// Where it ended.
    pub events_end: Ends,
}

/// Reads everything.
///
/// # Errors
/// [`TapError`] when the cluster cannot be read.
pub fn read(cluster: &ClusterConfig) -> Result<Log, TapError> {
    let mut audit = Audit::default();
    let mut whole = Whole::Yes;
    let mut garbage = 0;
    let inbox = Tap::open(cluster, COUPONS_INBOX.name())?;
    if inbox.positions().iter().any(|(_, first)| *first > 0) {
        whole = Whole::BeginningGone;
    }
    for record in inbox {
        let record = record?;
        if record.value.is_none() && record.header(header::EVENT_TYPE) == Some(TICK) {
            audit.verdict.counts.ticks += 1;
            continue;
        }
        match decode(&record) {
            Ok(command) => audit.command(&command),
            Err(_) => garbage += 1,
        }
    }
    let events = Tap::open(cluster, COUPONS_EVENTS.name())?;
    let events_end = events.ends().into_iter().collect();
    for record in events {
        let record = record?;
        match decode(&record) {
            Ok(event) => {
                audit.event(&event, Source { partition: record.partition, offset: record.offset });
            }
            Err(_) => audit.verdict.counts.unreadable += 1,
        }
    }
    audit.verdict.counts.unreadable += garbage;
    for letter in Tap::open(cluster, DEAD_LETTERS.name())? {
        letter?;
        audit.verdict.counts.dead_letters += 1;
    }
    audit.judge(whole);
    let letters = audit.verdict.counts.dead_letters;
    let lost =
        (letters < garbage).then(|| format!("{garbage} unreadable records in the inbox, {letters} dead letters"));
    audit.verdict.state(SET_ASIDE, lost);
    Ok(Log { audit, events_end })
}

fn decode<M: Message>(record: &Record) -> Result<M, DecodeError> {
    codec::decode(record.value.as_deref(), &Envelope::from_headers(record.header_pairs()))
}

/// Where `coupons.events` ends now.
///
/// # Errors
/// [`TapError`].
pub fn events_end(cluster: &ClusterConfig) -> Result<Ends, TapError> {
    Ok(Tap::open(cluster, COUPONS_EVENTS.name())?.ends().into_iter().collect())
}

//! Reads the log into an [`Audit`]: every inbox but the connector's and every topic of facts, from their first record to their
//! committed end, and how many dead letters there are. Blocks; not for an async worker thread.

use std::collections::BTreeMap;

use events::codec::{self, DecodeError, Message};
use events::envelope::{Envelope, header};
use events::ids::RequestId;
use events::settlement::SettlementCommand;
use events::time::Timestamp;
use events::topics::{
    COUPONS_EVENTS, COUPONS_INBOX, DEAD_LETTERS, INVENTORY_EVENTS, INVENTORY_INBOX, ORDERS_EVENTS, ORDERS_INBOX,
    PAYMENTS_EVENTS, PRICES_BEST, PRICES_INBOX, SETTLEMENT_EVENTS, SETTLEMENT_INBOX, Topic,
};
use projections::Source;
use streams::kafka::{ClusterConfig, ReadError, TopicReader};
use streams::record::Record;

use super::audit::{Audit, Whole};
use super::prices::Prices;

/// A garbage record of an inbox must be among the dead letters.
pub const SET_ASIDE: &str = "garbage_is_set_aside";

/// How the runtime marks a tick: no value, and this type.
const TICK: &[u8] = b"tick";

/// The topics of facts.
pub const FACTS: [&str; 5] = [
    COUPONS_EVENTS.name(),
    INVENTORY_EVENTS.name(),
    ORDERS_EVENTS.name(),
    PAYMENTS_EVENTS.name(),
    SETTLEMENT_EVENTS.name(),
];

/// Committed ends by partition, of each topic of facts.
pub type Ends = BTreeMap<&'static str, BTreeMap<i32, i64>>;

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
/// [`ReadError`] when the cluster cannot be read.
pub fn read(cluster: &ClusterConfig) -> Result<Log, ReadError> {
    let mut reader = Reader { cluster, audit: Audit::default(), whole: Whole::Yes, garbage: 0, ends: Ends::new() };
    reader.inbox(&COUPONS_INBOX, |command| Some(command.request()))?;
    reader.inbox(&INVENTORY_INBOX, |command| Some(command.request()))?;
    reader.inbox(&ORDERS_INBOX, |command| command.request())?;
    reader.inbox(&SETTLEMENT_INBOX, SettlementCommand::request)?;
    reader.facts(&COUPONS_EVENTS, Audit::coupon)?;
    reader.facts(&INVENTORY_EVENTS, Audit::inventory)?;
    reader.facts(&ORDERS_EVENTS, Audit::order)?;
    reader.facts(&PAYMENTS_EVENTS, Audit::payment)?;
    reader.prices()?;
    reader.facts(&SETTLEMENT_EVENTS, Audit::settlement)?;
    let Reader { mut audit, whole, garbage, ends, .. } = reader;
    audit.verdict.counts.unreadable += garbage;
    for letter in TopicReader::open(cluster, DEAD_LETTERS.name())? {
        letter?;
        audit.verdict.counts.dead_letters += 1;
    }
    audit.judge(whole);
    let letters = audit.verdict.counts.dead_letters;
    let lost =
        (letters < garbage).then(|| format!("{garbage} unreadable records in the inboxes, {letters} dead letters"));
    audit.verdict.state(SET_ASIDE, lost);
    Ok(Log { audit, events_end: ends })
}

struct Reader<'a> {
    cluster: &'a ClusterConfig,
    audit: Audit,
    whole: Whole,
    garbage: u64,
    ends: Ends,
}

impl Reader<'_> {
    fn inbox<M: Message>(
        &mut self,
        topic: &Topic<M>,
        request: impl Fn(&M) -> Option<RequestId>,
    ) -> Result<(), ReadError> {
        let inbox = TopicReader::open(self.cluster, topic.name())?;
        if inbox.positions().iter().any(|(_, first)| *first > 0) {
            self.whole = Whole::BeginningGone;
        }
        for record in inbox {
            let record = record?;
            if record.value.is_none() && record.header(header::EVENT_TYPE) == Some(TICK) {
                self.audit.verdict.counts.ticks += 1;
                continue;
            }
            match decode(&record) {
                Ok(command) => self.audit.command(request(&command)),
                Err(_) => self.garbage += 1,
            }
        }
        Ok(())
    }

    /// Prices go on while they are read, so they come to a verdict of their own, and the topic's end is not one of those that must
    /// come to rest.
    fn prices(&mut self) -> Result<(), ReadError> {
        let (mut prices, inbox) = (Prices::default(), TopicReader::open(self.cluster, PRICES_INBOX.name())?);
        let is_whole = inbox.positions().iter().all(|(_, first)| *first == 0);
        for record in inbox {
            let record = record?;
            let at = Timestamp::from_millis(record.timestamp);
            let is_tick = record.value.is_none() && record.header(header::EVENT_TYPE) == Some(TICK);
            self.audit.verdict.counts.ticks += u64::from(is_tick);
            let command = if is_tick { None } else { decode(&record).ok() };
            match &command {
                Some(_) => self.audit.command(None),
                None => self.garbage += u64::from(!is_tick),
            }
            prices.heard(record.partition, at, command);
        }
        for record in TopicReader::open(self.cluster, PRICES_BEST.name())? {
            let record = record?;
            match decode(&record) {
                Ok(best) => {
                    self.audit.price(&best, Source { partition: record.partition, offset: record.offset });
                    prices.stated(record.partition, best);
                }
                Err(_) => self.audit.verdict.counts.unreadable += 1,
            }
        }
        let inbox = if is_whole { Whole::Yes } else { Whole::BeginningGone };
        prices.judge(inbox, &mut self.audit.verdict);
        Ok(())
    }

    fn facts<M: Message>(&mut self, topic: &Topic<M>, take: impl Fn(&mut Audit, &M, Source)) -> Result<(), ReadError> {
        let facts = TopicReader::open(self.cluster, topic.name())?;
        self.ends.insert(topic.name(), facts.ends().into_iter().collect());
        for record in facts {
            let record = record?;
            match decode(&record) {
                Ok(event) => {
                    let source = Source { partition: record.partition, offset: record.offset };
                    take(&mut self.audit, &event, source);
                }
                Err(_) => self.audit.verdict.counts.unreadable += 1,
            }
        }
        Ok(())
    }
}

fn decode<M: Message>(record: &Record) -> Result<M, DecodeError> {
    codec::decode(record.value.as_deref(), &Envelope::from_headers(record.header_pairs()))
}

/// Where the topics of facts end now.
///
/// # Errors
/// [`ReadError`].
pub fn events_end(cluster: &ClusterConfig) -> Result<Ends, ReadError> {
    FACTS
        .into_iter()
        .map(|topic| Ok((topic, TopicReader::open(cluster, topic)?.ends().into_iter().collect())))
        .collect()
}

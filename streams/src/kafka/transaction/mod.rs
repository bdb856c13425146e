//! The transactional producer: of a slot, and of a writer that reads no topic.
//!
//! The order of calls that costs least: send, offsets, drain, commit (offsets before the first send when there is a choice).
//! `commit_transaction` of rdkafka 0.38 and 0.39 flushes in slices of 100 ms, so whatever is not drained before costs that much;
//! and `abort_transaction` with records in flight waits for a poll that no thread makes, so those are waited for first.
//!
//! No request of an old transaction may reach a new one: the broker takes it in, for both have the same epoch (KAFKA-14053, KIP-890). So a
//! producer goes on only when every request of its last transaction has been answered. Records in flight are never purged; and whoever loses
//! a connection in a transaction is replaced, however the transaction ended, for the library repeats requests by itself, `EndTxn` too.
//! `init_transactions` of the new one raises the epoch.

mod heard;

use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::Offset;

use self::heard::Heard;
use super::cluster::{ClusterConfig, ConfigError};
use super::errors::{self, TransactionFailure};
use super::{BATCH_BYTES, records};
use crate::broker::{BrokerError, Position};
use crate::record::Outgoing;

/// How long one call to `init_transactions` may take; the caller repeats it for as long as it takes.
const INIT: Duration = Duration::from_secs(5);
/// The least time between two checks for acknowledgements.
const CHECK_INTERVAL: Duration = Duration::from_micros(50);

/// How long an abort waits for records in flight. After that the producer is replaced, which costs less than waiting for a broker.
const ABORT_WAIT: Duration = Duration::from_secs(1);

/// The library has two names for this setting.
const COMPRESSION: [&str; 2] = ["compression.type", "compression.codec"];

/// Who writes: producers with the same id fence each other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Identity {
    /// The transactional id.
    pub(super) id: String,
    /// How long a transaction may stay open before the coordinator ends it, milliseconds.
    pub(super) timeout_ms: u32,
}

/// The transactional producer, once there is one.
pub(super) struct TransactionalProducer {
    state: State,
    heard: Heard,
    /// The coordinator's own limit, after which waiting is useless. (Without a limit the library waits for as long as a broker
    /// is away. After a time-out the loop takes a new producer.)
    timeout: Duration,
    /// For the tests that show what happens without the rule: it goes on whatever is under way.
    #[cfg(test)]
    pub(super) keeps_on: bool,
}

enum State {
    /// It has not been made.
    Absent,
    /// `init_transactions` has not come to an end yet; the same call resumes it.
    Initialising(BaseProducer<Heard>),
    Ready(BaseProducer<Heard>),
}

/// How a transaction was committed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Committed {
    /// Every request was answered at once.
    Cleanly,
    /// It is committed, and a request of it may still be under way: the producer must be replaced before the next one. Says what was lost.
    AfterLoss(String),
}

impl TransactionalProducer {
    /// Checks the settings; makes no producer yet.
    pub(super) fn new(cluster: &ClusterConfig, identity: &Identity) -> Result<Self, BrokerError> {
        cluster.check().map_err(|error| BrokerError::Fatal(error.to_string()))?;
        let timeout = Duration::from_millis(u64::from(identity.timeout_ms));
        Ok(Self {
            state: State::Absent,
            heard: Heard::default(),
            timeout,
            #[cfg(test)]
            keeps_on: false,
        })
    }

    /// As [`crate::broker::Broker::init_transactions`].
    pub(super) fn init(&mut self, cluster: &ClusterConfig, identity: &Identity) -> Result<(), BrokerError> {
        let producer = match std::mem::replace(&mut self.state, State::Absent) {
            State::Initialising(producer) => producer,
            State::Ready(dead) => {
                drop(dead);
                self.connect(cluster, identity)?
            }
            State::Absent => self.connect(cluster, identity)?,
        };
        match producer.init_transactions(INIT) {
            Ok(()) => {
                self.state = State::Ready(producer);
                Ok(())
            }
            Err(error) => {
                let failure = TransactionFailure::of(&error);
                if failure.class == errors::Class::Retriable {
                    self.state = State::Initialising(producer);
                    return Err(BrokerError::Unavailable(failure.text));
                }
                match failure.decision() {
                    BrokerError::Fatal(text) => Err(BrokerError::Fatal(text)),
                    // The next try begins with a new producer.
                    other => Err(BrokerError::Unavailable(other.to_string())),
                }
            }
        }
    }

    /// As [`crate::broker::Broker::begin`].
    pub(super) fn begin(&mut self) -> Result<(), BrokerError> {
        let producer = self.ready()?;
        // Between transactions nothing is under way: a connection that was lost meanwhile took nothing with it.
        serve(producer);
        self.heard.forget();
        producer.begin_transaction().map_err(|error| TransactionFailure::of(&error).decision())
    }

    /// Handles what the library has to say. To be called from time to time while there is nothing to write: its log and its errors wait
    /// for it.
    pub(super) fn serve(&self) {
        if let State::Ready(producer) | State::Initialising(producer) = &self.state {
            serve(producer);
        }
    }

    /// As [`crate::broker::Broker::send`].
    pub(super) fn send(&mut self, outgoing: &Outgoing) -> Result<(), BrokerError> {
        self.send_at(outgoing, None)
    }

    /// The same with the record's time, milliseconds since 1970; without one it is now.
    pub(super) fn send_at(&mut self, outgoing: &Outgoing, timestamp: Option<i64>) -> Result<(), BrokerError> {
        let producer = self.ready()?;
        let deadline = Instant::now() + self.timeout;
        loop {
            let mut record = BaseRecord::<[u8], [u8]>::to(&outgoing.topic);
            record.key = outgoing.key.as_deref();
            record.payload = outgoing.value.as_deref();
            record.partition = outgoing.partition;
            record.timestamp = timestamp;
            record.headers = records::headers_for(&outgoing.headers);
            let Err((error, _)) = producer.send(record) else {
                return Ok(());
            };
            match error.rdkafka_error_code() {
                Some(RDKafkaErrorCode::QueueFull) if Instant::now() < deadline => {
                    producer.poll(Duration::ZERO);
                    std::thread::sleep(CHECK_INTERVAL);
                }
                Some(code) if errors::is_refusal(code) => {
                    return Err(BrokerError::Fatal(format!("{}: {error}", outgoing.topic)));
                }
                _ if producer.client().fatal_error().is_some() => return Err(BrokerError::Fenced(error.to_string())),
                _ => return Err(BrokerError::Abort(error.to_string())),
            }
        }
    }

    /// As [`crate::broker::Broker::send_offsets`], for the member and generation given.
    pub(super) fn send_offsets(
        &mut self,
        source: &str,
        positions: &[(i32, Position)],
        member: &ConsumerGroupMetadata,
    ) -> Result<(), BrokerError> {
        let producer = self.ready()?;
        let mut list = TopicPartitionList::with_capacity(positions.len());
        for (partition, position) in positions {
            let mut element = list.add_partition(source, *partition);
            element.set_metadata(&position.metadata);
            element
                .set_offset(Offset::Offset(position.offset))
                .map_err(|error| BrokerError::Fatal(format!("{source} [{partition}] {}: {error}", position.offset)))?;
        }
        producer
            .send_offsets_to_transaction(&list, member, self.timeout)
            .map_err(|error| TransactionFailure::of(&error).decision())
    }

    /// As [`crate::broker::Broker::drain`].
    pub(super) fn drain(&mut self) -> Result<(), BrokerError> {
        let producer = self.ready()?;
        let began = Instant::now();
        while serve(producer) > 0 {
            let waited = began.elapsed();
            if waited >= self.timeout {
                return Err(BrokerError::Abort(format!("{} records are not acknowledged", producer.in_flight_count())));
            }
            // Acknowledgements do not wake this thread, since only failures are reported. The longer it takes, the less often it
            // checks: it waits an eighth longer than needed at most, and does not wake twenty times a millisecond.
            std::thread::sleep(CHECK_INTERVAL.max(waited / 8));
        }
        match self.heard.refusal() {
            None => Ok(()),
            Some((code, text)) if errors::is_refusal(code) || errors::is_forbidden(code) => {
                Err(BrokerError::Fatal(format!("a record is refused: {text}")))
            }
            Some((_, text)) => Err(BrokerError::Abort(format!("a record is not acknowledged: {text}"))),
        }
    }

    /// As [`crate::broker::Broker::commit`]. Drains first, because an undrained commit costs 100 ms.
    pub(super) fn commit(&mut self) -> Result<Committed, BrokerError> {
        self.drain()?;
        let producer = self.ready()?;
        producer
            .commit_transaction(self.timeout)
            .map_err(|error| TransactionFailure::of(&error).decision_of_commit())?;
        serve(producer);
        #[cfg(test)]
        if self.keeps_on {
            return Ok(Committed::Cleanly);
        }
        Ok(self.heard.loss().map_or(Committed::Cleanly, Committed::AfterLoss))
    }

    /// As [`crate::broker::Broker::abort`].
    pub(super) fn abort(&mut self) -> Result<(), BrokerError> {
        let producer = self.ready()?;
        #[cfg(test)]
        if self.keeps_on {
            producer.purge(rdkafka::producer::PurgeConfig::default().queue().inflight());
            serve(producer);
            return producer.abort_transaction(self.timeout).map_err(|error| TransactionFailure::of(&error).decision());
        }
        let deadline = Instant::now() + ABORT_WAIT.min(self.timeout);
        let mut left = serve(producer);
        while left > 0 && Instant::now() < deadline {
            std::thread::sleep(CHECK_INTERVAL);
            left = serve(producer);
        }
        if let Some((_, text)) = producer.client().fatal_error() {
            return Err(BrokerError::Fenced(text));
        }
        if left > 0 {
            return Err(BrokerError::Unavailable(format!("{left} records are under way")));
        }
        if let Some((code, text)) = self.heard.refusal()
            && errors::is_lost_answer(code)
        {
            return Err(BrokerError::Unavailable(format!("a record may be under way: {text}")));
        }
        if let Some(loss) = self.heard.loss() {
            return Err(BrokerError::Unavailable(loss));
        }
        producer.abort_transaction(self.timeout).map_err(|error| TransactionFailure::of(&error).decision())?;
        serve(producer);
        self.heard.loss().map_or(Ok(()), |loss| Err(BrokerError::Unavailable(loss)))
    }

    /// Drops the producer. A transaction that is open stays so until the next `init` under the same id, or its time-out.
    pub(super) fn close(&mut self) {
        self.state = State::Absent;
    }

    fn ready(&self) -> Result<&BaseProducer<Heard>, BrokerError> {
        match &self.state {
            State::Ready(producer) => Ok(producer),
            State::Absent | State::Initialising(_) => Err(BrokerError::Fenced("no transactional producer".to_owned())),
        }
    }

    fn connect(&self, cluster: &ClusterConfig, identity: &Identity) -> Result<BaseProducer<Heard>, BrokerError> {
        let client = settings(cluster, identity).map_err(|error| BrokerError::Fatal(error.to_string()))?;
        client.create_with_context(self.heard.clone()).map_err(|error| BrokerError::Fatal(error.to_string()))
    }
}

/// The settings of a transactional producer.
fn settings(cluster: &ClusterConfig, identity: &Identity) -> Result<ClientConfig, ConfigError> {
    let mut client = cluster.client()?;
    // The records of a commit are similar, so they compress well. A setting of the operator wins.
    if COMPRESSION.iter().all(|name| client.get(name).is_none()) {
        client.set("compression.type", "lz4");
    }
    client
        .set("transactional.id", &identity.id)
        .set("transaction.timeout.ms", identity.timeout_ms.to_string())
        .set("message.timeout.ms", identity.timeout_ms.saturating_sub(500).max(1).to_string())
        .set("partitioner", "murmur2_random")
        .set("delivery.report.only.error", "true")
        // Records of a commit come in one burst: the drain after it should not wait for more. Less than 1 ms makes the
        // library's broker thread spin on its clock while a partition is being added to the transaction.
        .set("linger.ms", "1")
        .set("batch.size", BATCH_BYTES.to_string())
        // A request to a coordinator that is away waits for this long, and is then tried again three times before the call
        // gives up: with the default, which is the transaction's time-out, the calls of one step take more than a minute.
        .set("socket.timeout.ms", (identity.timeout_ms / 4).max(10).to_string())
        .set("queue.buffering.max.messages", "100000")
        .set("queue.buffering.max.kbytes", "65536")
        // The coordinator answers "concurrent transactions" while the markers of the one before are being written; the
        // default waits 100 ms before it asks again.
        .set("retry.backoff.ms", "1")
        .set("retry.backoff.max.ms", "5");
    // Connections that are lost are told in the library's log, at this level only: as errors, repeated ones are left out.
    let debug = client.get("debug").map_or_else(|| "broker".to_owned(), |given| format!("{given},broker"));
    client.set("debug", debug).set_log_level(RDKafkaLogLevel::Debug);
    Ok(client)
}

/// Handles everything that the library has to say. Returns how many records are not acknowledged. (The library counts what it has to say
/// among them, and hands out one piece at a time.)
fn serve(producer: &BaseProducer<Heard>) -> i32 {
    let heard = producer.client().context();
    loop {
        let before = heard.times();
        producer.poll(Duration::ZERO);
        if heard.times() == before {
            return producer.in_flight_count();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ClusterConfig, Identity, settings};

    #[test]
    fn a_commit_is_compressed_unless_the_operator_says_how() {
        let identity = Identity { id: "group.0".to_owned(), timeout_ms: 10_000 };
        let compression = |given: &[(&str, &str)]| {
            let client = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let cluster = ClusterConfig { bootstrap: "127.0.0.1:1".to_owned(), client };
            let settings = settings(&cluster, &identity).unwrap();
            ["compression.type", "compression.codec"].map(|name| settings.get(name).map(str::to_owned))
        };
        let value = |value: &str| Some(value.to_owned());
        assert_eq!(compression(&[]), [value("lz4"), None]);
        assert_eq!(compression(&[("compression.type", "none")]), [value("none"), None]);
        assert_eq!(compression(&[("compression.codec", "snappy")]), [None, value("snappy")]);
    }
}

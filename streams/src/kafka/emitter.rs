//! Writes single records: idempotent, acknowledged by every in-sync replica, with a bounded queue.
//!
//! Not transactional: one record, one acknowledgement. A record whose acknowledgement did not come in time is *unknown*: the
//! library does not report whether it was written, so it must count as possibly written.
//! Relies on: the library's own queue and poll thread; deliveries are resolved there, a batch at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer, ProducerContext, ThreadedProducer};

use super::cluster::{ClusterConfig, ConfigError};
use super::errors::is_refusal;
use super::{BATCH_BYTES, logging, records};
use crate::emitter::{Acknowledger, Delivery, EmitError, Emitter, Placed, delivery};
use crate::instruments::{Histogram, IntCounter, IntGauge, Maker, MetricsError};
use crate::record::Outgoing;

/// How an emitter writes.
#[derive(Clone, PartialEq, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EmitterConfig {
    /// `linger.ms`: how long a record may wait for others in its batch, milliseconds. More makes fewer, larger batches.
    pub linger_ms: f64,
    /// Requests under way to one broker. While that many are, records gather for the next batch.
    pub requests_in_flight: u8,
    /// How long an acknowledgement may take before the outcome is unknown, milliseconds.
    pub delivery_timeout_ms: u32,
    /// Most records that may be waiting for their acknowledgement.
    pub queue_records: usize,
    /// Most bytes (keys, values, headers) that may be waiting for their acknowledgement, in KiB.
    pub queue_kbytes: usize,
}

impl Default for EmitterConfig {
    fn default() -> Self {
        Self {
            linger_ms: 5.0,
            requests_in_flight: 2,
            delivery_timeout_ms: 6_000,
            queue_records: 50_000,
            queue_kbytes: 32_768,
        }
    }
}

/// Writes single records to a Kafka cluster.
pub struct KafkaEmitter {
    cluster: ClusterConfig,
    config: EmitterConfig,
    shared: Arc<Shared>,
    /// Replaced when the library has declared it dead, which an idempotent producer may be after a loss of its sequence.
    producer: RwLock<Arc<ThreadedProducer<Context>>>,
}

/// What the callers and the poll thread both see.
struct Shared {
    records: AtomicUsize,
    bytes: AtomicUsize,
    waiting: IntGauge,
    outcomes: Outcomes,
    duration: Histogram,
}

/// Counters of what became of records.
struct Outcomes {
    acknowledged: IntCounter,
    full: IntCounter,
    refused: IntCounter,
    unknown: IntCounter,
}

/// Resolves deliveries on the poll thread.
struct Context(Arc<Shared>);

/// What belongs to a record until its outcome is known.
struct PendingDelivery {
    acknowledger: Acknowledger,
    since: Instant,
    bytes: usize,
}

impl KafkaEmitter {
    /// Makes an emitter; connects in the background. Its metrics are named `<prefix>_emitter_…`; `name` is the value of their label
    /// `emitter`, so that a registry can hold several emitters.
    ///
    /// # Errors
    /// [`ConfigError`] when the settings are refused, or when the registry already holds an emitter of this name.
    #[cfg(feature = "metrics")]
    pub fn new(
        cluster: &ClusterConfig,
        config: EmitterConfig,
        registry: &prometheus::Registry,
        (prefix, name): (&'static str, &str),
    ) -> Result<Self, ConfigError> {
        Self::made_by(cluster, config, &Maker::new(registry, prefix).labelled("emitter", name))
    }

    /// The same without metrics.
    ///
    /// # Errors
    /// [`ConfigError`] when the settings are refused.
    pub fn without_metrics(cluster: &ClusterConfig, config: EmitterConfig) -> Result<Self, ConfigError> {
        Self::made_by(cluster, config, &Maker::unregistered(""))
    }

    fn made_by(cluster: &ClusterConfig, config: EmitterConfig, make: &Maker<'_>) -> Result<Self, ConfigError> {
        let shared = Arc::new(Shared::new(make).map_err(|error| ConfigError::Refused(error.to_string()))?);
        let producer = RwLock::new(Arc::new(producer(cluster, &config, &shared)?));
        Ok(Self { cluster: cluster.clone(), config, shared, producer })
    }

    /// Waits until every record's outcome is known, `within` at most, and returns how many are still open.
    pub async fn flush(&self, within: Duration) -> usize {
        let deadline = Instant::now() + within;
        loop {
            let open = self.shared.records.load(Ordering::Acquire);
            if open == 0 || Instant::now() >= deadline {
                return open;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    fn current(&self) -> Arc<ThreadedProducer<Context>> {
        Arc::clone(&self.producer.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the producer `dead`, unless another thread has done so.
    fn replace(&self, dead: &Arc<ThreadedProducer<Context>>) -> Result<(), ConfigError> {
        let mut place = self.producer.write().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&place, dead) {
            tracing::warn!("the emitter's producer is dead and is replaced");
            *place = Arc::new(producer(&self.cluster, &self.config, &self.shared)?);
        }
        Ok(())
    }
}

impl Emitter for KafkaEmitter {
    fn emit(&self, outgoing: Outgoing) -> Result<Delivery, EmitError> {
        let bytes = size_of(&outgoing);
        self.shared.reserve(bytes, &self.config)?;
        let (acknowledger, delivery) = delivery();
        let mut pending = Box::new(PendingDelivery { acknowledger, since: Instant::now(), bytes });
        for _ in 0..2 {
            let producer = self.current();
            let mut record = BaseRecord::<[u8], [u8], Box<PendingDelivery>>::with_opaque_to(&outgoing.topic, pending);
            record.key = outgoing.key.as_deref();
            record.payload = outgoing.value.as_deref();
            record.partition = outgoing.partition;
            record.headers = records::headers_for(&outgoing.headers);
            let (error, record) = match producer.send(record) {
                Ok(()) => return Ok(delivery),
                Err(failed) => failed,
            };
            if producer.client().fatal_error().is_none() || self.replace(&producer).is_err() {
                self.shared.release(bytes);
                return Err(self.shared.count(not_enqueued(&error)));
            }
            pending = record.delivery_opaque;
        }
        self.shared.release(bytes);
        Err(self.shared.count(EmitError::Full))
    }

    #[expect(clippy::cast_precision_loss, reason = "a share of a queue, for load shedding")]
    fn pressure(&self) -> f64 {
        let records = self.shared.records.load(Ordering::Relaxed) as f64 / self.config.queue_records.max(1) as f64;
        let bytes = self.shared.bytes.load(Ordering::Relaxed) as f64 / (self.config.queue_kbytes.max(1) * 1024) as f64;
        records.max(bytes).min(1.0)
    }
}

impl Shared {
    fn new(make: &Maker<'_>) -> Result<Self, MetricsError> {
        /// 1 ms to 8.192 s.
        const BUCKETS: (f64, usize) = (0.001, 14);
        let outcomes = make.counter(
            "emitter_records_total",
            "Records given to an emitter, by outcome; unknown means that it may be in the log.",
            &["outcome"],
        )?;
        Ok(Self {
            records: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            waiting: make
                .gauge("emitter_records_waiting", "Records that wait for the broker's acknowledgement.", &[])?
                .with_label_values::<&str>(&[]),
            outcomes: Outcomes {
                acknowledged: outcomes.with_label_values(&["acknowledged"]),
                full: outcomes.with_label_values(&["full"]),
                refused: outcomes.with_label_values(&["refused"]),
                unknown: outcomes.with_label_values(&["unknown"]),
            },
            duration: make
                .histogram(
                    "emitter_duration_seconds",
                    "Time from giving a record to the emitter to its acknowledgement.",
                    &[],
                    BUCKETS,
                )?
                .with_label_values::<&str>(&[]),
        })
    }

    /// Reserves room for a record. The bound may be exceeded by at most one record for each calling thread.
    fn reserve(&self, bytes: usize, config: &EmitterConfig) -> Result<(), EmitError> {
        let records = self.records.fetch_add(1, Ordering::AcqRel);
        let waiting = self.bytes.fetch_add(bytes, Ordering::AcqRel);
        self.waiting.inc();
        if records >= config.queue_records || waiting + bytes > config.queue_kbytes * 1024 {
            self.release(bytes);
            return Err(self.count(EmitError::Full));
        }
        Ok(())
    }

    fn release(&self, bytes: usize) {
        self.records.fetch_sub(1, Ordering::AcqRel);
        self.bytes.fetch_sub(bytes, Ordering::AcqRel);
        self.waiting.dec();
    }

    fn count(&self, error: EmitError) -> EmitError {
        match error {
            EmitError::Full => self.outcomes.full.inc(),
            EmitError::Refused(_) => self.outcomes.refused.inc(),
            EmitError::Unknown(_) => self.outcomes.unknown.inc(),
        }
        error
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        logging::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(target: "librdkafka", %error, reason, "emitter");
    }
}

impl ProducerContext for Context {
    type DeliveryOpaque = Box<PendingDelivery>;

    fn delivery(&self, result: &DeliveryResult<'_>, pending: Box<PendingDelivery>) {
        let outcome = match result {
            Ok(message) => {
                self.0.duration.observe(pending.since.elapsed().as_secs_f64());
                self.0.outcomes.acknowledged.inc();
                Ok(Placed { partition: message.partition(), offset: message.offset() })
            }
            Err((error, _)) => Err(self.0.count(not_acknowledged(error))),
        };
        self.0.release(pending.bytes);
        pending.acknowledger.resolve(outcome);
    }
}

/// The record could not be queued, so nothing was or will be written.
fn not_enqueued(error: &KafkaError) -> EmitError {
    match error.rdkafka_error_code() {
        Some(RDKafkaErrorCode::QueueFull) => EmitError::Full,
        _ => EmitError::Refused(error.to_string()),
    }
}

/// A failed delivery is unknown, unless a broker has refused the record for good.
fn not_acknowledged(error: &KafkaError) -> EmitError {
    match error.rdkafka_error_code() {
        Some(code) if is_refusal(code) => EmitError::Refused(error.to_string()),
        _ => EmitError::Unknown(error.to_string()),
    }
}

fn size_of(outgoing: &Outgoing) -> usize {
    let headers: usize = outgoing.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    outgoing.key.as_ref().map_or(0, bytes::Bytes::len) + outgoing.value.as_ref().map_or(0, bytes::Bytes::len) + headers
}

fn producer(
    cluster: &ClusterConfig,
    config: &EmitterConfig,
    shared: &Arc<Shared>,
) -> Result<ThreadedProducer<Context>, ConfigError> {
    let mut client = cluster.client()?;
    client
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("partitioner", "murmur2_random")
        .set("linger.ms", config.linger_ms.to_string())
        .set("batch.size", BATCH_BYTES.to_string())
        .set("max.in.flight", config.requests_in_flight.clamp(1, 5).to_string())
        .set("message.timeout.ms", config.delivery_timeout_ms.to_string())
        // The library's own bounds stand a little behind ours, which answer without taking its lock.
        .set("queue.buffering.max.messages", (config.queue_records + 1_000).to_string())
        .set("queue.buffering.max.kbytes", (config.queue_kbytes + 1_024).to_string());
    client.create_with_context(Context(Arc::clone(shared))).map_err(|error| ConfigError::Refused(error.to_string()))
}

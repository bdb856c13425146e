//! What the client library says of a producer's transaction, in its callbacks: they come when the producer is served, on its thread.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{DeliveryResult, ProducerContext};

use crate::kafka::logging;

/// What the library says of the transaction while it is served.
#[derive(Clone, Default)]
pub(super) struct Heard(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// How many times the library has said anything.
    times: AtomicU64,
    news: Mutex<News>,
}

#[derive(Default)]
struct News {
    /// The first refusal of a record. Only failures are reported: an acknowledged record costs nothing here.
    refusal: Option<(RDKafkaErrorCode, String)>,
    /// The first connection that was lost, with whatever was under way on it.
    loss: Option<String>,
}

impl Heard {
    pub(super) fn forget(&self) {
        *self.news() = News::default();
    }

    pub(super) fn refusal(&self) -> Option<(RDKafkaErrorCode, String)> {
        self.news().refusal.clone()
    }

    pub(super) fn loss(&self) -> Option<String> {
        self.news().loss.clone()
    }

    pub(super) fn times(&self) -> u64 {
        self.0.times.load(Ordering::Relaxed)
    }

    fn count(&self) {
        self.0.times.fetch_add(1, Ordering::Relaxed);
    }

    fn news(&self) -> MutexGuard<'_, News> {
        self.0.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Heard {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.count();
        if is_loss(facility, message) {
            self.news().loss.get_or_insert_with(|| message.to_owned());
        }
        logging::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.count();
        tracing::debug!(target: "librdkafka", %error, reason, "transactional producer");
    }
}

impl ProducerContext for Heard {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        self.count();
        if let Err((error, _)) = result {
            let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Fail);
            self.news().refusal.get_or_insert((code, error.to_string()));
        }
    }
}

/// Whether a line of the library's log tells that a connection was lost that requests may have been under way on.
fn is_loss(facility: &str, message: &str) -> bool {
    facility == "FAIL" && message.contains(" in state UP")
}

#[cfg(test)]
mod tests {
    use super::is_loss;

    #[test]
    fn a_connection_is_lost_only_if_it_was_there() {
        let lost = "127.0.0.1:9092/1: 1 request(s) timed out: disconnect (average rtt 3.1ms) (after 9001ms in state UP) (_TIMED_OUT)";
        let refused =
            "127.0.0.1:9092/1: Connect to ipv4#127.0.0.1:9092 failed: Connection refused (after 0ms in state CONNECT)";
        assert!(is_loss("FAIL", lost) && !is_loss("FAIL", refused) && !is_loss("REQTMOUT", lost));
    }
}

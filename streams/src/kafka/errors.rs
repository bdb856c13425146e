//! Every error of the client library becomes a decision here and nowhere else.
//!
//! Sources: librdkafka 2.12 `INTRODUCTION.md` ("Transactional producer", error handling) and `rdkafka_txnmgr.c`.

use rdkafka::error::{KafkaError, RDKafkaError, RDKafkaErrorCode};

use crate::broker::BrokerError;

/// A failed transaction call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct TransactionFailure {
    /// What went wrong.
    pub(super) code: RDKafkaErrorCode,
    /// The library's class of it.
    pub(super) class: Class,
    /// The library's text.
    pub(super) text: String,
}

/// The library's classes of failed transaction calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Class {
    /// The same call may succeed later; any other is refused until then.
    Retriable,
    /// This transaction cannot be committed.
    Abortable,
    /// This producer is dead.
    Fatal,
    /// The library gives no class.
    None,
}

impl TransactionFailure {
    /// Reads the error of a transaction call.
    pub(super) fn of(error: &KafkaError) -> Self {
        let text = error.to_string();
        match error {
            KafkaError::Transaction(inner) => Self { code: inner.code(), class: class_of(inner), text },
            other => {
                let code = other.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Fail);
                let class = if code == RDKafkaErrorCode::OperationTimedOut { Class::Retriable } else { Class::None };
                Self { code, class, text }
            }
        }
    }

    /// What it means outside of `commit`: for `init`, `begin`, `send_offsets` and `abort`. A retriable one is the caller's.
    pub(super) fn decision(self) -> BrokerError {
        use RDKafkaErrorCode as Code;
        match (self.class, self.code) {
            // Kafka treats both as fatal, because going on can repeat work; the library would only abort.
            (_, Code::UnknownProducerId | Code::InvalidProducerIdMapping) => BrokerError::Fenced(self.text),
            (_, code) if is_forbidden(code) || is_misconfigured(code) => BrokerError::Fatal(self.text),
            (Class::Fatal, _) => BrokerError::Fenced(self.text),
            (Class::Abortable | Class::Retriable, _) => BrokerError::Abort(self.text),
            // The producer's state is not what this call needs: a new producer has a state that is known.
            (Class::None, Code::State | Code::Conflict | Code::Fenced | Code::Fatal) => BrokerError::Fenced(self.text),
            (Class::None, _) => BrokerError::Fatal(self.text),
        }
    }

    /// What it means for `commit`. Whatever may have reached the coordinator has an unknown outcome: a time-out in any class,
    /// a lost connection, and also a fence, for an earlier try of the same call may have gone through.
    pub(super) fn decision_of_commit(self) -> BrokerError {
        use RDKafkaErrorCode as Code;
        match (self.class, self.code) {
            (_, Code::UnknownProducerId | Code::InvalidProducerIdMapping) => BrokerError::Fenced(self.text),
            (_, code) if is_forbidden(code) || is_misconfigured(code) => BrokerError::Fatal(self.text),
            (Class::Fatal, code) if is_fence(code) => BrokerError::Fenced(self.text),
            (Class::Abortable, code) if !is_lost_answer(code) => BrokerError::Abort(self.text),
            _ => BrokerError::Unknown(self.text),
        }
    }
}

fn class_of(error: &RDKafkaError) -> Class {
    if error.is_fatal() {
        Class::Fatal
    } else if error.txn_requires_abort() {
        Class::Abortable
    } else if error.is_retriable() {
        Class::Retriable
    } else {
        Class::None
    }
}

/// Another producer with the same transactional id has taken over.
fn is_fence(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(code, Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch)
}

/// The request may have arrived and only its answer is missing.
pub(super) fn is_lost_answer(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::OperationTimedOut
            | Code::RequestTimedOut
            | Code::MessageTimedOut
            | Code::BrokerTransportFailure
            | Code::AllBrokersDown
            | Code::NetworkException
            | Code::UnknownBroker
            | Code::Unknown
    )
}

/// It is not allowed, and waiting does not help.
pub(super) fn is_forbidden(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::TransactionalIdAuthorizationFailed
            | Code::SaslAuthenticationFailed
            | Code::Authentication
    )
}

fn is_misconfigured(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::InvalidTransactionTimeout
            | Code::UnsupportedVersion
            | Code::UnsupportedFeature
            | Code::InvalidArgument
            | Code::NotConfigured
            | Code::OffsetMetadataTooLarge
    )
}

/// The position asked for is not in the log.
pub(super) fn is_outside_log(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(code, Code::OffsetOutOfRange | Code::AutoOffsetReset)
}

/// There is no such topic or partition (or none that we may see).
pub(super) fn is_absent(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(code, Code::UnknownTopic | Code::UnknownPartition | Code::UnknownTopicOrPartition | Code::InvalidTopic)
}

/// Bytes that do not match their checksum: going past them would lose records.
pub(super) fn is_corrupt(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(code, Code::BadMessage | Code::InvalidMessage)
}

/// Whether a broker (or the client) will never take a record like this one, however often it is sent.
pub(super) fn is_refusal(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    is_absent(code)
        || matches!(
            code,
            Code::MessageSizeTooLarge
                | Code::MessageBatchTooLarge
                | Code::InvalidRecord
                | Code::InvalidTimestamp
                | Code::TopicAuthorizationFailed
                | Code::PolicyViolation
        )
}

/// What a failed query of the cluster means: try again, unless that cannot help.
pub(super) fn of_query(error: &KafkaError) -> BrokerError {
    match error.rdkafka_error_code() {
        Some(code) if is_forbidden(code) || is_absent(code) || is_outside_log(code) => {
            BrokerError::Fatal(error.to_string())
        }
        _ => BrokerError::Unavailable(error.to_string()),
    }
}

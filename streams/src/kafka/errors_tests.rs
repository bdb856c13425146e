//! Every class of failure becomes the decision that keeps exactly-once.

use rdkafka::error::RDKafkaErrorCode as Code;

use super::errors::{Class, TransactionFailure};
use crate::broker::BrokerError;

fn failure(class: Class, code: Code) -> TransactionFailure {
    TransactionFailure { code, class, text: String::new() }
}

fn name(error: &BrokerError) -> &'static str {
    match error {
        BrokerError::Unavailable(_) => "unavailable",
        BrokerError::Abort(_) => "abort",
        BrokerError::Unknown(_) => "unknown",
        BrokerError::Fenced(_) => "fenced",
        BrokerError::Fatal(_) => "fatal",
    }
}

#[test]
fn each_class_has_its_decision_in_a_transaction_and_at_its_end() {
    let table = [
        (Class::Retriable, Code::OperationTimedOut, "abort", "unknown"),
        (Class::Abortable, Code::OperationTimedOut, "abort", "unknown"),
        (Class::Abortable, Code::BrokerTransportFailure, "abort", "unknown"),
        (Class::Abortable, Code::IllegalGeneration, "abort", "abort"),
        (Class::Abortable, Code::UnknownMemberId, "abort", "abort"),
        (Class::Abortable, Code::FencedInstanceId, "abort", "abort"),
        (Class::Abortable, Code::UnknownProducerId, "fenced", "fenced"),
        (Class::Abortable, Code::InvalidProducerIdMapping, "fenced", "fenced"),
        (Class::Fatal, Code::Fenced, "fenced", "fenced"),
        (Class::Fatal, Code::InvalidProducerEpoch, "fenced", "fenced"),
        (Class::Fatal, Code::InvalidTransactionalState, "fenced", "unknown"),
        (Class::Fatal, Code::TransactionalIdAuthorizationFailed, "fatal", "fatal"),
        (Class::None, Code::State, "fenced", "unknown"),
        (Class::None, Code::InvalidArgument, "fatal", "fatal"),
    ];
    for (class, code, within, at_the_end) in table {
        let found = (name(&failure(class, code).decision()), name(&failure(class, code).decision_of_commit()));
        assert_eq!(found, (within, at_the_end), "{class:?} {code:?}");
    }
}

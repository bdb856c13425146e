//! The real Kafka cluster: the only folder that names its client.

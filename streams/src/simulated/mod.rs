//! A simulated Kafka cluster: partitions, transactions, groups, crashes, an injected clock, a seed.

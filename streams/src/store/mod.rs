//! Key-value stores: a committed base under a transaction overlay.

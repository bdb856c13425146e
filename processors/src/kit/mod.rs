//! What all processors share: rows of a table, the memory of requests, messages in and out.

pub(crate) mod field;
pub(crate) mod invariant;
pub(crate) mod messaging;
pub(crate) mod request_store;
pub(crate) mod requests;
pub(crate) mod row;

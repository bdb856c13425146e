//! Reading a request: who it is from, which trace it belongs to, what its headers and its body say. Everything that can be
//! wrong with a request is found here and named as a problem.

pub(crate) mod accept;
pub(crate) mod body;
mod call;
pub(crate) mod idempotency;
pub(crate) mod json;
pub(crate) mod prefer;
pub(crate) mod query;
pub(crate) mod trace;

pub(crate) use call::{Call, Peer};

#[cfg(test)]
mod request_tests;

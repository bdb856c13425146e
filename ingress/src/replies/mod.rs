//! Requests under way and lately decided, and the feed of replies that decides them. It hints, it never judges: a request that
//! it does not know goes to the log, where the processor recognises a repeat.

mod follow;
mod pending;

pub(crate) use follow::{Resolved, resolve_record};
pub(crate) use pending::{Beginning, Peek, PendingRequests, Waiter, Wanted};

#[cfg(test)]
mod pending_tests;

//! Key-value stores: a committed base under a transaction overlay.
//!
//! The base holds what confirmed transactions have said and nothing else. Everything a transaction writes goes to the overlay:
//! reads look there first, a confirmed commit merges it into the base, an abort drops it. Within the overlay each record has a
//! savepoint, so that a poisonous one leaves no trace of its own while the rest of the transaction stands.

mod base;
mod page;
mod stores;

pub(crate) use base::Base;
pub(crate) use stores::{Slot, Stores};

#[cfg(test)]
mod base_tests;
#[cfg(test)]
mod stores_tests;

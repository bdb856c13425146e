//! Key-value stores: a committed base under a transaction overlay.
//!
//! The base holds what confirmed transactions wrote and nothing else. Everything a transaction writes goes to the overlay:
//! reads look there first, a confirmed commit merges it into the base, an abort drops it. Within the overlay each record has a
//! savepoint, so that the writes of a record that fails are undone while the rest of the transaction stays.

mod base;
mod digest;
mod page;
mod stores;

pub(crate) use base::Base;
#[cfg(test)]
pub(crate) use digest::Digest;
pub(crate) use digest::Digests;
pub(crate) use stores::{Slot, Stores};

#[cfg(test)]
mod base_tests;
#[cfg(test)]
pub(crate) mod mutant;
#[cfg(test)]
mod stores_tests;

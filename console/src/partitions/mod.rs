//! Partitions of processors that are parked: which, in front of which record, why, and an operator's word that lets one go on.
//!
//! Nothing here moves a position: a word is a record of `processors.control`, and the processor that owns the partition carries it out in a
//! transaction of its own. `notes` is pure.

mod list;
mod notes;
mod table;
mod word;

pub use list::{Error, List, list};
pub use notes::{Parked, Word};
pub use word::{Came, Order, say};

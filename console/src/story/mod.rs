//! Stories: everything that happened to one order, coupon, request or trace, across topics, in the order of time, with who caused what.
//!
//! What Postgres knows says where to look: which partitions, and from when on. What is told is read from the log. Without Postgres the
//! same is found by reading more. Only `hints`, `gather` and `run` ask anybody; the rest is pure.

mod entry;
mod gather;
mod hints;
mod link;
mod names;
mod places;
mod run;
mod subject;
mod windows;
mod write;

pub use entry::Entry;
pub use run::{Story, StoryCoverage, StoryError, Teller};
pub use subject::{Subject, SubjectError};
pub use write::{Shown, document, ndjson, pretty};

//! For tests of processors: what all of them need, once. A processor's `fixture` says only what is its own.
//!
//! - `driver`: a topology on the test driver; sends commands, and takes out facts, replies and messages that it has checked;
//! - `player`: plays a table of rows, with and without crashes; `crash` says when the processor crashes;
//! - `contract`: what every processor must do with records that cannot be read, headers and partitions;
//! - `rows`: what must be true of stored rows; `measure`: what a record costs; `names`: ids for tests.

pub(crate) mod contract;
pub(crate) mod crash;
pub(crate) mod driver;
pub(crate) mod measure;
pub(crate) mod names;
pub(crate) mod player;
pub(crate) mod rows;

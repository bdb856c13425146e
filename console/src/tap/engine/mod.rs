//! Records to bytes to the output: one after the other, or made by several threads and written in the order in which they were read.

mod inline;
mod latest;
mod piped;
mod sink;

pub(super) use inline::Inline;
pub(super) use latest::Latest;
pub(super) use piped::Piped;
pub(super) use sink::Sink;

//! Topic taps: any part of any topic, filtered, masked and written in a format that other tools read. A tap joins no group and commits
//! nothing; it ends by position; it says what it has read; and no personal field leaves it unasked.

pub mod audit;
mod columns;
mod copy;
mod cover;
mod during;
mod engine;
mod error;
mod filter;
pub mod frames;
#[cfg(test)]
pub(crate) mod fixture;
mod judge;
mod mask;
mod output;
mod pace;
mod pointers;
mod range;
mod read;
mod refuse;
mod resume;
mod run;
pub mod words;
mod write;

pub use copy::CopyError;
pub use cover::{Counts, Coverage, Covered, Reason};
pub use error::RunError;
pub(crate) use filter::trace_of;
pub(crate) use mask::Mask;
pub use mask::MaskKey;
pub use pace::SharedRate;
pub use resume::ResumeError;
pub use run::{Ended, Share, Tap, Target};
pub use write::Transaction;

#![doc = include_str!("../README.md")]

mod breaker;
mod breaker_metrics;
mod call_outcomes;
mod gate;
pub mod offers;
pub mod toss;
mod writer;

pub use writer::WriteError;

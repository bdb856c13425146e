#![doc = include_str!("../README.md")]

mod breaker;
mod gate;
pub mod offers;
pub mod toss;
mod prefixed_registry;
mod writer;

pub use writer::WriteError;

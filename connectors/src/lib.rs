#![doc = include_str!("../README.md")]

mod breaker;
mod gate;
pub mod offers;
mod pause;
pub mod toss;
mod within;
mod writer;

pub use writer::WriteError;

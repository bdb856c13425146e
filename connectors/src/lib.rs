#![doc = include_str!("../README.md")]

mod breaker;
mod gate;
mod http;
mod moment;
pub mod offers;
pub mod offers_stub;
mod pause;
mod reach;
mod serving;
pub mod toss;
pub mod toss_stub;
mod within;
mod writer;

pub use reach::Reach;
pub use writer::WriteError;

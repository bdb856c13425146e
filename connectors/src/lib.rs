#![doc = include_str!("../README.md")]

mod moment;
pub mod toss;
pub mod toss_stub;

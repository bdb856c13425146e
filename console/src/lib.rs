#![doc = include_str!("../README.md")]

pub mod dead_letters;
pub mod facts;
mod families;
pub mod lag;
pub mod partitions;
pub mod restate;
pub mod serve;
pub mod settle;
pub mod story;
pub mod tap;
mod terminal;
pub mod topics;
mod written;

#![doc = include_str!("../README.md")]

pub mod facts;
mod families;
pub mod lag;
pub mod restate;
pub mod serve;
pub mod settle;
pub mod tap;
pub mod topics;

#![doc = include_str!("../README.md")]

pub mod restate;
pub mod settle;
pub mod topics;

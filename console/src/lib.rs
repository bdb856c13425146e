#![doc = include_str!("../README.md")]

pub mod restate;
pub mod sale;
pub mod settle;
pub mod token;
pub mod topics;

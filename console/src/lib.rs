#![doc = include_str!("../README.md")]

pub mod journal;
mod patience;
pub mod restate;
pub mod sale;
pub mod settle;
pub mod token;
pub mod topics;
pub mod verify;
#[cfg(test)]
mod journal_tests;

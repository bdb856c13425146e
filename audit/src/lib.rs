#![doc = include_str!("../README.md")]

pub mod client_log;
#[cfg(test)]
mod client_log_tests;
pub mod ledgers;
pub mod redis_client;
pub mod verify;

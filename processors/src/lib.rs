#![doc = include_str!("../README.md")]

pub mod coupons;
pub mod inventory;
pub mod orders;
pub mod policy;
pub mod prices;
pub mod settlement;
pub(crate) mod kit;

pub use kit::DEAD_LETTER_REASONS;

#[cfg(test)]
mod recorded_tests;

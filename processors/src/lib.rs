#![doc = include_str!("../README.md")]

pub(crate) mod bytes;
pub mod coupons;
pub(crate) mod invariants;
pub mod policy;

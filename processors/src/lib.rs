#![doc = include_str!("../README.md")]

pub mod coupons;
pub(crate) mod invariants;
pub mod policy;

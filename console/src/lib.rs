#![doc = include_str!("../README.md")]

pub mod token;
pub mod topics;

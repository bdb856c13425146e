#![doc = include_str!("../README.md")]

pub mod client;
mod clock;
pub mod jwt;
pub mod kst_time;
pub mod metrics;
pub mod path;
pub mod problem;
pub mod secret_key;
pub mod server;
pub mod session;
pub mod signed;
pub mod token;

#![doc = include_str!("../README.md")]

mod config;
mod serve;
mod worker;
mod stream;
mod batch;
mod destination;
mod monitor;
mod postgres;
mod reachability;
mod redis;

pub use config::{Config, ConfigError};
pub use serve::{Deps, Error, group, serve};

#[cfg(test)]
mod test_support;

//! External price servers, each asked again and again what it offers: what they say becomes commands of `prices.inbox`.
//!
//! Not here: whose price wins, and when an offer is no longer believed (the prices processor decides both, by log time). Relies
//! on: that processor, to which every command is absolute, so that one may come twice; on nothing that a price server says: its
//! answers are bounded in time and size, and a row that cannot be an offer is none.

mod answer;
mod asking;
mod board;
mod config;
mod metrics;
mod serve;
mod shelf;
mod source;
mod telling;
mod token;

pub use config::{Config, ConfigError, SourceConfig};
pub use metrics::Metrics;
pub use serve::{Error, Surroundings, serve};
pub use token::{AccessToken, TokenError};

#[cfg(test)]
mod tests;

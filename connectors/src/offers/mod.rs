//! External price servers, each polled for what it offers: their offers become commands of `prices.inbox`.
//!
//! Not here: whose price wins, and when an offer is no longer believed (the prices processor decides both, by log time). Relies
//! on: that processor, to which every command is absolute, so that one may come twice; on nothing that a price server says: its
//! answers are bounded in time and size, and a row that cannot be an offer is none.

mod answer;
mod fetch;
mod source_health;
mod config;
mod metrics;
mod serve;
mod offer_cache;
mod source;
mod publisher;
mod token;

pub use config::{Config, ConfigError, SourceConfig};
pub use metrics::Metrics;
pub use serve::{Deps, Error, serve};
pub use token::{AccessToken, TokenError};

#[cfg(test)]
mod tests;

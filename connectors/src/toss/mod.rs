//! The payment provider Toss Payments: commands of `payments.inbox` become HTTP calls, and what they bring becomes answers.
//!
//! Not here: any decision about an order. Relies on: `orders`, which asks again for what is unknown; the provider, which carries
//! out what comes under one `Idempotency-Key` once.

mod answer;
mod codes;
mod config;
mod dispatcher;
mod metrics;
mod provider;
mod unfinished;

mod serve;

pub use config::{Config, ConfigError};
pub use dispatcher::{DispatchError, Dispatcher};
pub use metrics::Metrics;
pub use provider::{Provider, Transaction};
pub use serve::{Deps, Error, GROUP, serve};

#[cfg(test)]
mod tests;

#![doc = include_str!("../README.md")]

mod admission;
mod auth;
mod board;
mod config;
mod door;
mod follow;
mod handlers;
mod limits;
mod metrics;
mod openapi;
mod prices;
mod problem;
mod reads;
mod replies;
mod request;
mod routes;
mod serve;
mod server;
mod state;
mod timelines;

pub use auth::{Secret, SecretError, Secrets, WebhookTokenError};
pub use config::{
    AuthConfig, BoardConfig, Config, ConfigError, LimitsConfig, Loopback, OrdersConfig, PricesConfig, Rate,
    ReadsConfig, ServerConfig, TimelinesConfig, WaitingConfig, WebhooksConfig,
};
pub use limits::{Network, NetworkError};
pub use openapi::document as openapi_document;
pub use prices::{PriceRead, PriceSource};
pub use serve::{Error, Surroundings, serve};

#[cfg(test)]
mod tests;

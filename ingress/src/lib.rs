#![doc = include_str!("../README.md")]

mod admission;
mod auth;
mod campaign_cache;
mod config;
mod service;
mod follow;
mod follow_lag;
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
mod state;
mod order_streams;

pub use auth::WebhookTokenError;
pub use config::{
    CampaignCacheConfig, Config, ConfigError, LimitsConfig, Loopback, OrderStreamsConfig, OrdersConfig, PricesConfig,
    Rate, ReadsConfig, ServerConfig, TokenConfig, WaitingConfig, WebhooksConfig,
};
pub use limits::{Network, NetworkError};
pub use openapi::document as openapi_document;
pub use prices::{PriceRead, PriceSource};
pub use serve::{Deps, Error, serve};

pub use web::token::{Secret, SecretError, Secrets};

#[cfg(test)]
mod tests;

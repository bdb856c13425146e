#![doc = include_str!("../README.md")]

pub mod ids;
pub mod time;
pub mod calendar;
pub mod money;
pub mod request;
pub mod hold;
pub mod coupons;
pub mod inventory;
pub mod payments;
pub mod orders;
pub mod settlement;
pub mod prices;
pub mod audit;
pub mod envelope;
pub mod codec;
pub mod schema;
pub mod manifest;
pub mod topics;
pub mod asyncapi;

#[cfg(any(test, feature = "samples"))]
pub mod samples;

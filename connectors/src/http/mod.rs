//! HTTP/1.1 to one server: connections that are kept and used again, with a deadline for each step. Not a general client: no
//! redirects, no proxies, no cookies, no compression, bodies of bounded size.

mod address;
mod connect;
mod hook;
mod pool;

pub(crate) use address::Address;
pub(crate) use connect::Connector;
pub(crate) use hook::WebhookPool;
pub(crate) use pool::{Answer, Pool, Silence, refusal_name};

//! Webhooks of the stub go out over the same connections as calls.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;

use super::{Address, Connector, Pool};

/// Connections to where webhooks go.
pub(crate) struct WebhookPool(Pool);

impl WebhookPool {
    /// The path of the URL is the whole path.
    pub(crate) fn to(url: &str, within: Duration) -> io::Result<Self> {
        let address = Address::parse(url).map_err(io::Error::other)?;
        Ok(Self(Pool::new(Connector::new(address)?, within)))
    }

    /// Whether it was taken.
    pub(crate) async fn post(&self, request: impl Fn(&str) -> Option<Request<Full<Bytes>>>, within: Duration) -> bool {
        self.0.call(request, within).await.is_ok_and(|answer| answer.status == hyper::StatusCode::OK)
    }
}

//! What is known about a request before it is routed: its headers, where it came from, its ids. Shared by everything that
//! handles it, and never copied.

use std::net::IpAddr;
use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;
use std::time::Instant;

use warp::http::{HeaderMap, HeaderName};

use super::trace;
use crate::limits::Quota;

/// The place of a route that is none.
pub(crate) const NO_ROUTE: usize = usize::MAX;

/// The other end of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// One request on its way through ingress.
#[derive(Debug)]
pub(crate) struct Call {
    /// Its headers.
    pub(crate) headers: HeaderMap,
    /// The other end of the connection.
    pub(crate) peer: Peer,
    /// When its head had been read.
    pub(crate) started: Instant,
    /// Its id in answers and logs: the client's own, or the trace's.
    pub(crate) id: String,
    /// W3C `traceparent`: the client's own, or a new one.
    pub(crate) traceparent: String,
    /// What the caller's rate limit has left, once it was asked.
    pub(crate) quota: OnceLock<Quota>,
    /// Its route's place in the table, or [`NO_ROUTE`].
    pub(crate) route: AtomicUsize,
}

impl Call {
    pub(crate) fn new(headers: HeaderMap, peer: Peer) -> Self {
        let traceparent = trace::traceparent(&headers);
        let id = trace::request_id(&headers, &traceparent);
        Self {
            headers,
            peer,
            started: Instant::now(),
            id,
            traceparent,
            quota: OnceLock::new(),
            route: AtomicUsize::new(NO_ROUTE),
        }
    }

    /// The only header of this name; nothing when there is none or more than one.
    pub(crate) fn only(&self, name: &HeaderName) -> Option<&str> {
        only(&self.headers, name)
    }
}

pub(super) fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() { None } else { value.to_str().ok() }
}

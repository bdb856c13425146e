//! Calls over kept connections: as many at a time as calls are under way, the most recently used first.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Body;
use hyper::client::conn::http1::SendRequest;
use hyper::header::{HOST, HeaderMap};
use hyper::{Request, StatusCode};
use tokio::time::{Instant, timeout_at};

use super::address::Address;
use super::connect::Connector;

/// Largest answer that is read by default, bytes.
const LARGEST: usize = 8 * 1024 * 1024;
/// A connection unused for longer is not used again: the server may be about to close it.
const STALE: Duration = Duration::from_secs(20);
/// Most connections that are kept for later.
const KEPT: usize = 128;

type Sender = SendRequest<Full<Bytes>>;

/// The response of a server, read to its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// Why a call brought no response. The server may have carried it out all the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CallError {
    /// No connection.
    #[error("no connection")]
    Unreachable,
    /// No whole answer within the time.
    #[error("no whole answer in time")]
    TimedOut,
    /// The connection broke, or what came was no HTTP.
    #[error("the connection broke")]
    Broken,
    /// The answer was larger than what is read.
    #[error("an answer of more bytes than are read")]
    TooLarge,
}

impl CallError {
    /// Its name, for metrics and log lines.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::Broken => "broken",
            Self::TooLarge => "too_large",
        }
    }
}

/// The name of an error status, for metrics and log lines.
#[must_use]
pub fn status_outcome(status: u16) -> &'static str {
    match status {
        429 => "rate_limited",
        500.. => "server_error",
        _ => "refused",
    }
}

/// Connections to one server.
pub struct Client {
    connector: Connector,
    connect_within: Duration,
    largest: usize,
    idle: Mutex<Vec<(Sender, Instant)>>,
}

impl Client {
    /// A client of this address, with `connect_within` for a connection, TLS included. Nothing is opened yet.
    ///
    /// # Errors
    /// [`io::Error`] when the host cannot be a name in a certificate.
    pub fn new(address: Address, connect_within: Duration) -> io::Result<Self> {
        Ok(Self { connector: Connector::new(address)?, connect_within, largest: LARGEST, idle: Mutex::default() })
    }

    /// The same client, which reads answers of this many bytes at most.
    #[must_use]
    pub fn with_largest(mut self, largest: usize) -> Self {
        self.largest = largest;
        self
    }

    /// Sends a call and reads the whole answer, for which there is `within` once the connection is open. `request` is given the
    /// address' path prefix. It is called again, for another connection, only when a kept connection turned out to be closed before
    /// anything was sent on it; nothing that may have been sent is sent again.
    ///
    /// # Errors
    /// [`CallError`] names the step that failed.
    pub async fn call(
        &self,
        request: impl Fn(&str) -> Option<Request<Full<Bytes>>>,
        within: Duration,
    ) -> Result<Answer, CallError> {
        let make = || {
            let mut request = request(&self.connector.address().prefix)?;
            let host = self.connector.address().authority().parse().ok()?;
            request.headers_mut().insert(HOST, host);
            Some(request)
        };
        loop {
            let kept = self.take();
            let was_kept = kept.is_some();
            let mut sender = match kept {
                Some(sender) => sender,
                None => self.open().await?,
            };
            let request = make().ok_or(CallError::Broken)?;
            let deadline = Instant::now() + within;
            let response = match timeout_at(deadline, sender.try_send_request(request)).await {
                Err(_) => return Err(CallError::TimedOut),
                Ok(Ok(response)) => response,
                Ok(Err(mut failed)) => match failed.take_message() {
                    // It was handed back unsent: another connection may do it.
                    Some(_) if was_kept => continue,
                    _ => return Err(CallError::Broken),
                },
            };
            let (head, body) = response.into_parts();
            if body.size_hint().lower() > u64::try_from(self.largest).unwrap_or(u64::MAX) {
                return Err(CallError::TooLarge);
            }
            let body = Limited::new(body, self.largest);
            return match timeout_at(deadline, body.collect()).await {
                Err(_) => Err(CallError::TimedOut),
                Ok(Err(error)) if error.is::<LengthLimitError>() => Err(CallError::TooLarge),
                Ok(Err(_)) => Err(CallError::Broken),
                Ok(Ok(body)) => {
                    self.keep(sender);
                    Ok(Answer { status: head.status, headers: head.headers, body: body.to_bytes() })
                }
            };
        }
    }

    async fn open(&self) -> Result<Sender, CallError> {
        match tokio::time::timeout(self.connect_within, self.connector.open()).await {
            Ok(Ok(sender)) => Ok(sender),
            Ok(Err(error)) => {
                tracing::debug!(%error, "no connection");
                Err(CallError::Unreachable)
            }
            Err(_) => Err(CallError::Unreachable),
        }
    }

    fn take(&self) -> Option<Sender> {
        let mut idle = self.idle();
        while let Some((sender, since)) = idle.pop() {
            if since.elapsed() < STALE && sender.is_ready() {
                return Some(sender);
            }
        }
        None
    }

    fn keep(&self, sender: Sender) {
        let mut idle = self.idle();
        if !sender.is_closed() && idle.len() < KEPT {
            idle.push((sender, Instant::now()));
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Sender, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
